--- Nayax: get_token { token_id, merchant_request_id?, machine_id?, validation_key?, card_holder_id? }. Credential: token.
-- src/provider/builtin/nayax.c describes the wire.
--
-- Neutral record: the token id is the id there, and no secret.
-- What tokenStatus says besides 0 is not documented, so there is no status.

local provider = require "cards.provider"
local to = require("cards.card.transforms").values

return provider.module("nayax", {
  get_token = {
    id = "tokenInfo.nayaxTokenId",
    last4 = "tokenInfo.cardFinalDigits",
    bin = "tokenInfo.cardBin",
    brand = "tokenInfo.brand",
    exp_month = { "tokenInfo.expiryDate", to.month_year },
    exp_year = { "tokenInfo.expiryDate", to.month_year },
  },
})
