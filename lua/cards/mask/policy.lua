--- Masking policies: checked and compiled when they are made, callable, and the beginning of others.
--
-- A checked policy is a tree: { field = { rule, definition, shows = function(class), most } } and, for a table in the card,
-- { field = { fields = such a tree } }. core.masker makes of it what shows a card.

local check = require "cards.util.check"
local core = require "cards.core"
local mistakes = require "cards.util.mistakes"
local names = require "cards.mask.names"
local rules = require "cards.mask.rules"

local policy = {}

local DEEPEST = 64 -- tables in tables, in a policy
local MOST_RULES = 10000

--- What a rule shows in words, where its field is limited to so many characters.
local function limited(definition, most)
  return function(class)
    local words = definition.shows(class)
    if words == "hidden" or words == "left out" then
      return words
    elseif class == "pan" or definition.name == "hash" then -- which are always longer
      return "hidden"
    end
    return ("%s; hidden where that has more than %d characters"):format(words, most)
  end
end

local trees = setmetatable({}, { __mode = "k" }) -- by policy
local stricts = setmetatable({}, { __mode = "k" }) -- by policy that was made with it, what policy.check takes

--- The tree of a policy, or nil where the value is none.
function policy.tree(value)
  return type(value) == "table" and trees[value] or nil
end

--- A tree's table from fields to rules: a new one.
local function source(tree)
  local made = {}
  for field, entry in pairs(tree) do
    made[field] = entry.rule or source(entry.fields)
  end
  return made
end

--- A table from fields to rules, also where it is written as a policy; nil for a rule and for everything else.
local function rules_in(value)
  if policy.tree(value) then
    return source(trees[value])
  end
  return type(value) == "table" and not rules.definition(value) and value or nil
end

local check_fields

--- @param at where that is, a collector: see cards.util.mistakes
-- @param above { within = what the table that it stands in holds, depth }
-- @return what the tree has for the field, or nil where there is a mistake
local function check_field(field, rule, at, above, state)
  local definition, inner = rules.definition(rule), rules_in(rule)
  if type(field) ~= "string" then
    return at:wrong ": a field is named by a string"
  elseif not definition and not inner then
    return at:wrong((": it must be a rule such as cards.mask.keep or cards.mask.last(4), not a %s"):format(type(rule)))
  elseif check.has_card_number(field) then
    return at:wrong ": a card number cannot be the name of a field"
  end
  local most = definition and names.longest(field) or nil -- "last4" beside the number
  local holds = names.holds(field) or (not most and above.within or nil)
  local wrong = names.objection(definition, holds)
  if wrong then
    return at:wrong(": " .. wrong)
  elseif definition then
    return { rule = rule, definition = definition, most = most, shows = most and limited(definition, most) or definition.shows }
  elseif above.depth == DEEPEST then
    return at:wrong ": the policy is nested too deeply"
  end
  return { fields = check_fields(inner, at, { within = holds, depth = above.depth + 1 }, state) }
end

function check_fields(given, at, above, state)
  local fields = {}
  for field, rule in next, given do
    state.left = state.left - 1
    if state.left < 0 then
      return fields
    end
    fields[field] = check_field(field, rule, at:at(field), above, state)
  end
  return fields
end

--- The tree of a table from fields to rules.
-- @param strict function(tree, top) that adds to the collector what else is a mistake, or nil
-- @return the tree, and a list of all mistakes in it: { path = { "billing", "city" }, message }
function policy.check(given, strict)
  local top, state = mistakes.new(), { left = MOST_RULES }
  given = rules_in(given)
  if not given then
    return {}, mistakes.listed { mistakes.mistake({}, "a table from fields to rules is expected") }
  end
  local tree = check_fields(given, top, { depth = 1 }, state)
  if state.left < 0 then
    return {}, mistakes.listed { mistakes.mistake({}, ("the policy has more than %d rules"):format(MOST_RULES)) }
  end
  if strict then
    strict(tree, top)
  end
  table.sort(top.list, function(a, b) return a.message < b.message end)
  return tree, top.list
end

--- `more` over `given`: tables of rules merge, everything else takes the place of what was there.
local function merge(given, more, depth)
  for field, rule in next, more do
    local below, above = rules_in(given[field]), rules_in(rule)
    given[field] = below and above and depth < DEEPEST and merge(below, above, depth + 1) or rule
  end
  return given
end

local methods = {}

local function make(tree, strict)
  local made = setmetatable({}, {
    __call = core.masker(tree, "a masking policy takes a card or a record"),
    __index = methods,
    __newindex = function() error("a policy cannot be changed: policy:extend { … } makes another one", 2) end,
    __tostring = function() return "cards.mask.policy" end,
    __metatable = "cards.mask.policy",
  })
  trees[made], stricts[made] = tree, strict
  return made
end

--- A policy of a table from fields to rules, or nil and the first mistake's message.
-- @param strict as for policy.check
function policy.make(given, strict)
  local tree, list = policy.check(given, strict)
  if list[1] then
    return nil, list[1].message
  end
  return make(tree, strict)
end

--- Another policy: this one's rules, and over them others. Tables of rules merge; a rule takes the place of the rule
-- or table that was there, whether it shows less or more. What comes out is checked as a whole, as strictly as this one was.
-- @param more a table from fields to rules, or a policy
-- @return a new policy; this one stays as it is. An error at the caller's line where the result would be none.
function methods:extend(more)
  local tree, over = policy.tree(self), rules_in(more)
  if not tree then
    error("policy:extend: it is a method of a policy", 2)
  elseif not over then
    error("policy:extend: a table from fields to rules is expected", 2)
  end
  local made, wrong = policy.make(merge(source(tree), over, 1), stricts[self])
  if not made then
    error("policy:extend: " .. wrong, 2)
  end
  return made
end

return policy
