-- What support staff may see of a card. A field without a rule is masked.

---@type cards.Rules
return {
  number = pan { last = 4 },
  last4 = keep,
  status = keep,
  exp_month = keep,
  exp_year = keep,
  holder_name = initials,
}
