-- A whole policy: what a table of statistics needs, and nothing that leads back to a card or a person.
-- A field that is not named is masked; `drop` leaves it out.

---@type cards.Rules
return {
  provider = keep,
  id = drop,
  number = drop,
  cvv = drop,
  last4 = drop,
  bin = keep,
  brand = keep,
  type = keep,
  status = keep,
  exp_month = drop,
  exp_year = keep,
  holder_name = drop,
  token = drop,
  billing = { line1 = drop, line2 = drop, city = drop, region = drop, postal_code = drop, country = keep },
  email = drop,
  phone = drop,
  created_at = year_only,
  canceled_at = year_only,
}
