--- Whop: retrieve { card_id, account_id? or user_id? }. Credentials: token; api_version_date is a setting.
-- src/provider/builtin/whop.c describes the wire.
--
-- Neutral record: `name` is the card's label ("Travel"); the person is secrets.name_on_card.

local provider = require "cards.provider"
local to = require("cards.card.transforms").values

return provider.module("whop", {
  retrieve = {
    id = "id",
    number = "secrets.card_number",
    cvv = "secrets.cvc",
    last4 = "last4",
    type = "type",
    status = "status",
    exp_month = { "expiration_month", to.month },
    exp_year = { "expiration_year", to.year },
    holder_name = "secrets.name_on_card",
    billing = {
      line1 = "billing.line1",
      line2 = "billing.line2",
      city = "billing.city",
      region = "billing.region",
      postal_code = "billing.postal_code",
      country = { "billing.country_code", to.country },
    },
    created_at = { "created_at", to.date },
    canceled_at = { "canceled_at", to.date },
  },
})
