--- Alix: private_info { card_id }. Credential: access_token. base_url is required.
-- src/provider/builtin/alix.c describes the wire.
--
-- Neutral record: the answer names neither the card's id nor its brand.

local provider = require "cards.provider"
local to = require("cards.card.transforms").values

return provider.module("alix", {
  private_info = {
    number = "cardNo",
    cvv = "cvv",
    exp_month = { "expMonth", to.month },
    exp_year = { "expYear", to.year },
  },
})
