--- The fields of the neutral record, and of what kind each is: the same type for every provider. A table is a table in the record.
--
-- What a kind takes is in src/lua/map.c. Of `text` that is a string or a whole number, of `pan`, `cvv` and `token` a secret or what one can be
-- made of, of `pan` 8 to 19 digits, of `last4` and `bin` digits, of `month`, `year` and `date` what the transform of that name makes of it.
return {
  provider = "text",
  id = "text",
  number = "pan",
  cvv = "cvv",
  last4 = "last4",
  bin = "bin",
  brand = "text",
  type = "text",
  status = "text",
  exp_month = "month",
  exp_year = "year",
  holder_name = "text",
  token = "token",
  billing = { line1 = "text", line2 = "text", city = "text", region = "text", postal_code = "text", country = "text" },
  email = "text",
  phone = "text",
  created_at = "date",
  canceled_at = "date",
}
