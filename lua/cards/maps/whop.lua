--- How Whop's records become neutral ones. `name` is the card's label ("Travel"); the person is secrets.name_on_card.

return {
  ["whop.retrieve"] = {
    id = "id",
    number = "secrets.card_number",
    cvv = "secrets.cvc",
    last4 = "last4",
    type = "type",
    status = "status",
    exp_month = { "expiration_month", month },
    exp_year = { "expiration_year", year },
    holder_name = "secrets.name_on_card",
    billing = {
      line1 = "billing.line1",
      line2 = "billing.line2",
      city = "billing.city",
      region = "billing.region",
      postal_code = "billing.postal_code",
      country = { "billing.country_code", country },
    },
    created_at = { "created_at", date },
    canceled_at = { "canceled_at", date },
  },
}
