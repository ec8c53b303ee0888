--- How PayEngine's records become neutral ones. `country` is where the card was issued, so it is no billing country;
-- card_updater.status is not the card's.

return {
  ["payengine.retrieve_token"] = {
    id = "id",
    last4 = "last_4",
    brand = "brand",
    type = "type",
    exp_month = { "exp_month", month },
    exp_year = { "exp_year", year },
    holder_name = "name",
    token = "token",
    billing = {
      line1 = "address_line1",
      line2 = "address_line2",
      city = "address_city",
      region = "address_state",
      postal_code = "address_zip",
      country = { "address_country", country },
    },
    email = "email",
    phone = { "phone_number", phone },
    created_at = { "created_at", date },
  },
}
