--- How PayEngine's records become neutral ones. `country` is where the card was issued, so it is no billing country;
-- card_updater.status is not the card's.

--- "+14155056227" from the country code and the subscriber's number; without a country code, the number as it is.
local function phone(record)
  local given = record.phone_number
  if type(given) ~= "table" or type(given.subscriber) ~= "string" then
    return nil
  end
  local country = type(given.cc) == "string" and given.cc:match "^%+?(%d+)$"
  return country and ("+%s%s"):format(country, given.subscriber) or given.subscriber
end

return {
  ["payengine.retrieve_token"] = {
    id = "id",
    last4 = "last_4",
    brand = "brand",
    type = "type",
    exp_month = "exp_month",
    exp_year = "exp_year",
    holder_name = "name",
    token = "token",
    billing = {
      line1 = "address_line1",
      line2 = "address_line2",
      city = "address_city",
      region = "address_state",
      postal_code = "address_zip",
      country = "address_country",
    },
    email = "email",
    phone = phone,
    created_at = "created_at",
  },
}
