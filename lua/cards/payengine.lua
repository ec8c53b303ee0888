--- PayEngine: retrieve_token { card_id }. Credential: secret. base_url is required.
-- src/provider/builtin/payengine.c describes the wire.
--
-- Neutral record: `country` is where the card was issued, so it is no billing country;
-- card_updater.status is not the card's.

local provider = require "cards.provider"
local to = require("cards.card.transforms").values

return provider.module("payengine", {
  retrieve_token = {
    id = "id",
    last4 = "last_4",
    brand = "brand",
    type = "type",
    exp_month = { "exp_month", to.month },
    exp_year = { "exp_year", to.year },
    holder_name = "name",
    token = "token",
    billing = {
      line1 = "address_line1",
      line2 = "address_line2",
      city = "address_city",
      region = "address_state",
      postal_code = "address_zip",
      country = { "address_country", to.country },
    },
    email = "email",
    phone = { "phone_number", to.phone },
    created_at = { "created_at", to.date },
  },
})
