--- cards.mask: what of a card may be logged, encoded and shown.
--
-- A policy is an allow-list: a table from fields to rules (cards.mask_rules says what each shows), and a field without
-- a rule is masked. It is compiled once, when it is made. Every secret anywhere becomes its mask, so that what comes
-- out is plain Lua.

local rules = require "cards.mask_rules"

local mask = {
  keep = rules.keep, drop = rules.drop, hide = rules.hide, year_only = rules.year_only,
  initials = rules.initials, email = rules.email, phone = rules.phone,
  pan = rules.pan, last = rules.last, truncate = rules.truncate, hash = rules.hash, fn = rules.fn,
}

local DEEPEST = 64 -- tables in tables, in a card and in a policy

--- How long these may be whatever the rule: a provider that writes more there has written a card number.
local longest = { last4 = 4, bin = 8 }

local NO_RULES = {}

local apply

--- Encoders refuse or blow up a list with holes: then its places become names.
local function close_holes(shown, places)
  for i = 1, places do
    if shown[i] == nil then
      local named = {}
      for name, value in next, shown do
        named[tostring(name)] = value
      end
      return named
    end
  end
  return shown
end

--- @param policy compiled, or an empty one
-- @param above the tables that this one stands in, from the inner to the outer: { card, above, depth }, or nil
local function apply_all(policy, card, above)
  local shown, places = {}, 0
  for key, value in next, card do
    local name = rules.key(key)
    if name ~= nil then
      shown[name] = apply(policy[key], value, card, above)
      places = places + (type(name) == "number" and 1 or 0)
    end
  end
  return close_holes(shown, places)
end

--- True for a table that contains itself, and below the depth that encoders take.
local function is_endless(value, within)
  local depth = within.depth
  while within do
    if rawequal(within.card, value) then
      return true
    end
    within = within.above
  end
  return depth == DEEPEST
end

function apply(entry, value, card, above)
  if type(entry) == "function" then
    return entry(value)
  elseif type(value) ~= "table" then
    return rules.conceal(value)
  end
  local within = { card = card, above = above, depth = above and above.depth + 1 or 1 }
  if is_endless(value, within) then
    return rules.conceal(nil)
  end
  return apply_all(entry or NO_RULES, value, within)
end

--- A rule's function, with the limit of its field.
local function limit(show, most)
  return function(value)
    local shown = show(value)
    if shown == nil or #tostring(shown) <= most then
      return shown
    end
    return rules.conceal(nil)
  end
end

--- { field = function(value) or, for a table in the card, such a table }; or nil and what is wrong with the policy.
local function compile(policy, prefix, depth)
  if depth == 0 then
    return nil, "the policy is nested too deeply"
  end
  local compiled = {}
  for field, rule in pairs(policy) do
    if type(field) ~= "string" then
      return nil, ("%s: a field is named by a string"):format(prefix .. tostring(field))
    end
    local name = prefix .. field
    local definition = rules.definition(rule)
    if not definition and type(rule) ~= "table" then
      return nil, ("%s must be a rule such as cards.mask.keep or cards.mask.last(4), not a %s"):format(name, type(rule))
    end
    local wrong = rules.objection(definition or { name = "a table of rules" }, field)
    if wrong then
      return nil, ("%s: %s"):format(name, wrong)
    elseif definition then
      compiled[field] = longest[field] and limit(definition.apply, longest[field]) or definition.apply
    else
      compiled[field], wrong = compile(rule, name .. ".", depth - 1)
      if wrong then
        return nil, wrong
      end
    end
  end
  return compiled
end

--- A policy.
-- @param policy a table from fields (neutral or a provider's) to rules; for a field that is a table, a table of its
-- fields' rules. Rules that take nothing are values (keep, drop, hide, initials, email, phone, year_only), the others
-- are calls (pan { first, last }, last(n), truncate(n), hash(key), fn(f)).
-- @return a function of a card or record that returns a new plain table; it raises, at the caller's line, where its
-- argument is no table. An error at the caller's line where something is no rule, or would show more of a number than
-- its first eight and last four digits, or anything of a cvv.
function mask.policy(policy)
  if type(policy) ~= "table" or rules.definition(policy) then
    error("cards.mask.policy: a table from fields to rules is expected", 2)
  end
  local compiled, wrong = compile(policy, "", DEEPEST)
  if not compiled then
    error("cards.mask.policy: " .. wrong, 2)
  end
  return function(card)
    if type(card) ~= "table" then
      error(("a masking policy takes a card or a record, not a %s"):format(type(card)), 2)
    end
    return apply_all(compiled, card)
  end
end

--- What support staff may see, and no more.
local default = mask.policy {
  provider = mask.keep,
  id = mask.keep,
  number = mask.pan { last = 4 },
  cvv = mask.hide,
  last4 = mask.keep,
  bin = mask.keep,
  brand = mask.keep,
  type = mask.keep,
  status = mask.keep,
  exp_month = mask.keep,
  exp_year = mask.keep,
  holder_name = mask.initials,
  token = mask.hide,
  billing = { country = mask.keep },
  email = mask.email,
  phone = mask.phone,
}

--- cards.mask(card): a card or a provider's record by the policy above: a new plain table, safe to log and to encode.
-- An error at the caller's line where the argument is no table.
return setmetatable(mask, {
  __call = function(_, card)
    if type(card) ~= "table" then
      error(("cards.mask: the argument must be a card or a record, not a %s"):format(type(card)), 2)
    end
    return default(card)
  end,
})
