--- Nayax: get_token { token_id, merchant_request_id?, machine_id?, validation_key?, card_holder_id? }. Credential: token.
-- The wire is described in src/provider/builtin/nayax.c.
--
-- Its neutral record: The token id is no secret there: it is the id.
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
