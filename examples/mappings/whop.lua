-- A mapping of one's own for Whop: other words for the status, and a holder's name even where the card is not active.
-- The transforms are there by their names; lua/cards/whop.lua has the built-in one.

---@type cards.Mappings
return {
  ["whop.retrieve"] = {
    id = "id",
    number = { "secrets.card_number", digits },
    cvv = "secrets.cvc",
    last4 = "last4",
    type = "type",
    status = { "status", map { active = "open", frozen = "blocked", canceled = "closed" }, default "unknown" },
    exp_month = { "expiration_month", month },
    exp_year = { "expiration_year", year },
    holder_name = { "secrets.name_on_card", "name", trim, upper },
    billing = {
      city = "billing.city",
      postal_code = "billing.postal_code",
      country = { "billing.country_code", country },
    },
    created_at = { "created_at", date },
  },
}
