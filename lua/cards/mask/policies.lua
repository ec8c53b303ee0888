--- The named policies, to use and to copy. In a policy file the rules are there by their names, and it returns one table.

local rules = require "cards.mask.rules"

local drop, email, hide, initials, keep, pan, phone = rules.drop, rules.email, rules.hide, rules.initials, rules.keep, rules.pan, rules.phone

return {
  --- What support staff may see: which card it is, and whom to ask for. cards.mask(card) is this one.
  support = {
    provider = keep,
    id = keep,
    number = pan { last = 4 },
    cvv = hide,
    last4 = keep,
    bin = keep,
    brand = keep,
    type = keep,
    status = keep,
    exp_month = keep,
    exp_year = keep,
    holder_name = initials,
    token = hide,
    billing = { country = keep },
    email = email,
    phone = phone,
  },

  --- What holders may see of their own card in an app: all of it but what it can be paid with.
  cardholder = {
    provider = drop,
    id = keep,
    number = pan { last = 4 },
    cvv = drop,
    last4 = keep,
    bin = drop,
    brand = keep,
    type = keep,
    status = keep,
    exp_month = keep,
    exp_year = keep,
    holder_name = keep,
    token = drop,
    billing = { line1 = keep, line2 = keep, city = keep, region = keep, postal_code = keep, country = keep },
    email = keep,
    phone = keep,
    created_at = keep,
    canceled_at = keep,
  },

  --- What a log for auditors keeps for years: the card and its dates, and nothing of the person. To join its lines by the
  -- number, extend it with your key: policies.audit:extend { number = hash(key) }.
  audit = {
    provider = keep,
    id = keep,
    number = pan { first = 6, last = 4 },
    cvv = drop,
    last4 = keep,
    bin = keep,
    brand = keep,
    type = keep,
    status = keep,
    exp_month = drop,
    exp_year = drop,
    holder_name = drop,
    token = drop,
    billing = drop,
    email = drop,
    phone = drop,
    created_at = keep,
    canceled_at = keep,
  },
}
