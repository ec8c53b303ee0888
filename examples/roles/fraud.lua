-- What those may see who look into fraud: the issuer too, and as much of the number as PCI DSS 3.4.1 lets anybody see.

---@type cards.Rules
return {
  provider = keep,
  number = pan { first = 6, last = 4 },
  last4 = keep,
  bin = keep,
  status = keep,
  exp_month = keep,
  exp_year = keep,
}
