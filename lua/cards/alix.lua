--- Alix: private_info { card_id }. Credential: access_token. base_url has to be configured.
-- The wire is described in src/provider/builtin/alix.c.
--
-- Its neutral record: The answer names neither the card's id nor its brand.

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
