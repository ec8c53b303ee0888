--- cards.mask: what of a card may be logged, encoded and shown.
--
-- A policy is an allow-list: a table from fields to rules (cards.mask.rules says what each shows), and a field without
-- a rule is masked. It is checked and compiled once, when it is made (cards.mask.policy). Every secret anywhere becomes
-- its mask, so that what comes out is plain Lua.

local check = require "cards.util.check"
local core = require "cards.core"
local explain = require "cards.mask.explain"
local fields = require "cards.mask.fields"
local policies = require "cards.mask.policy"
local rules = require "cards.mask.rules"

local mask = {
  keep = rules.keep, drop = rules.drop, hide = rules.hide, year_only = rules.year_only,
  initials = rules.initials, email = rules.email, phone = rules.phone,
  pan = rules.pan, last = rules.last, truncate = rules.truncate, hash = rules.hash, fn = rules.fn,
  explain = explain,
}

--- Adds a mistake for each field that is neither in the neutral record nor in any provider's descriptor.
local function check_names(tree, known, paths, at)
  for field, entry in pairs(tree) do
    if known[field] then
      check_names(entry.fields or {}, known[field], paths, at:at(field))
    else
      local hint = paths[field] and (" (it is %s)"):format(paths[field]) or check.meant(field, next(known) ~= nil and known or paths)
      at:at(field):wrong((": no provider has such a field%s"):format(hint))
    end
  end
end

--- What is a mistake where no field may be unknown: see policies.check.
local function strict(tree, top)
  local known, paths = fields.tree()
  check_names(tree, known, paths, top)
end

local options_known = { strict = check.boolean }

--- A policy.
-- @param policy a table from fields (neutral or a provider's) to rules; for a field that is a table, a table of its
-- fields' rules, which for one that is a list of tables are those of each. Rules that take nothing are values (keep, drop, hide, initials, email, phone,
-- year_only), the others are calls (pan { first, last }, last(n), truncate(n), hash(key), fn(f)).
-- @param options { strict = true }: a field that neither the neutral record nor any provider has is an error, as in a file. Definitions come first then
-- @return what is called with a card or record and returns a new plain table; it raises, at the caller's line, where its
-- argument is no table. Its method `extend` makes another policy: policy:extend { field = rule }. An error at the
-- caller's line where something is no rule, or would show more of a number than its first eight and last four digits,
-- or anything of a cvv; and for a wrong option.
function mask.policy(policy, options)
  check.argument("cards.mask.policy", policy == mask and check.COLON or options ~= nil and check.options(options, options_known))
  local made, wrong = policies.make(policy, options and options.strict and strict or nil)
  if not made then
    error("cards.mask.policy: " .. wrong, 2)
  end
  return made
end

--- All mistakes in a policy: what cards.mask.policy with strict = true raises for.
-- @param policy a table from fields to rules, or a policy
-- @return a list of { path = { "billing", "city" }, message = "billing.city: …" }; empty where all is well
function mask.check(policy)
  return (select(2, policies.check(policy, strict)))
end

--- Policies to begin with, by name: support, cardholder and audit. cards.mask.policies is where they are written.
mask.policies = {}
for name, policy in pairs(require "cards.mask.policies") do
  mask.policies[name] = mask.policy(policy)
end

--- cards.mask(card): a card or a provider's record by the policy `support`: a new plain table, safe to log and to encode.
-- An error at the caller's line where the argument is no table.
return setmetatable(mask, {
  __call = core.masker(policies.tree(mask.policies.support), "cards.mask: the argument must be a card or a record"),
  __index = function(_, name)
    error(("cards.mask: %s"):format(check.unknown(name, mask, "name")), 2)
  end,
})
