--- Masking policies: checked and compiled when they are made, callable, and the beginning of others.
--
-- A checked policy is a tree: { field = { rule, show = function(value), shows = function(class), quick, first, last, most } } and,
-- for a table in the card, { field = { fields = such a tree } }. What is quick is said in cards.mask_show.

local check = require "cards.util.check"
local names = require "cards.mask.names"
local plain = require "cards.mask.plain"
local rules = require "cards.mask.rules"
local shower = require "cards.mask.show"

local policy = {}

local DEEPEST = 64 -- tables in tables, in a policy
local MOST_RULES = 10000

local HIDDEN = plain.HIDDEN

--- A rule's definition, with the limit of its field.
local function limited(definition, most)
  local apply, shows = definition.apply, definition.shows
  local function show(value)
    local shown = apply(value)
    if shown == nil or #tostring(shown) <= most then
      return shown
    end
    return HIDDEN
  end
  local is_quick = definition.hides or definition.quick == "keep" and most < plain.SHORTEST_NUMBER
  return {
    show = show, quick = is_quick and definition.quick or nil, most = most,
    shows = function(class)
      local words = shows(class)
      if words == "hidden" or words == "left out" then
        return words
      elseif class == "pan" or definition.name == "hash" then -- which are always longer
        return "hidden"
      end
      return ("%s; hidden where that has more than %d characters"):format(words, most)
    end,
  }
end

local function checked_rule(rule, definition, field)
  local most = names.longest(field)
  local made = most and limited(definition, most) or {
    show = definition.apply, shows = definition.shows, quick = definition.quick, first = definition.first, last = definition.last,
  }
  made.rule = rule
  return made
end

local trees = setmetatable({}, { __mode = "k" }) -- by policy
local functions = setmetatable({}, { __mode = "k" }) -- by policy: what it is when it is called

--- The tree of a policy, or nil where the value is none.
function policy.tree(value)
  return type(value) == "table" and trees[value] or nil
end

--- What a policy does, as a function of a table.
function policy.shower(of)
  return functions[of]
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

--- @param place { path, name = the same with dots, within = what the table that it stands in holds, depth }
-- @return what the tree has for the field, or nil where there is a mistake
local function check_field(field, rule, place, state)
  local function mistake(message)
    table.insert(state.mistakes, { path = place.path, message = ("%s: %s"):format(place.name, message) })
  end
  local definition, inner = rules.definition(rule), rules_in(rule)
  if type(field) ~= "string" then
    return mistake "a field is named by a string"
  elseif not definition and not inner then
    return mistake(("it must be a rule such as cards.mask.keep or cards.mask.last(4), not a %s"):format(type(rule)))
  elseif plain.key(field) ~= field then
    return mistake "a card number cannot be the name of a field"
  end
  local short = definition and names.longest(field) -- "last4" beside the number
  local holds = names.holds(field) or (not short and place.within or nil)
  local wrong = names.objection(definition, holds)
  if wrong then
    return mistake(wrong)
  elseif definition then
    return checked_rule(rule, definition, field)
  elseif place.depth == DEEPEST then
    return mistake "the policy is nested too deeply"
  end
  return { fields = check_fields(inner, { path = place.path, name = place.name .. ".", within = holds, depth = place.depth + 1 }, state) }
end

function check_fields(given, above, state)
  local fields = {}
  for field, rule in next, given do
    state.left = state.left - 1
    if state.left < 0 then
      state.too_many = true
      return fields
    end
    local path = {}
    for i = 1, #above.path do
      path[i] = above.path[i]
    end
    path[#path + 1] = field
    local place = { path = path, name = above.name .. check.shown(field), within = above.within, depth = above.depth }
    fields[field] = check_field(field, rule, place, state)
  end
  return fields
end

--- The tree of a table from fields to rules.
-- @return the tree, and a list of all mistakes in it: { path = { "billing", "city" }, message }
function policy.check(given)
  local state = { mistakes = {}, left = MOST_RULES }
  given = rules_in(given)
  if not given then
    return {}, { { path = {}, message = "a table from fields to rules is expected" } }
  end
  local tree = check_fields(given, { path = {}, name = "", depth = 1 }, state)
  if state.too_many then
    return {}, { { path = {}, message = ("the policy has more than %d rules"):format(MOST_RULES) } }
  end
  table.sort(state.mistakes, function(a, b) return a.message < b.message end)
  return tree, state.mistakes
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

local function make(tree)
  local show = shower(tree)
  local made = setmetatable({}, {
    __call = function(_, card)
      if type(card) ~= "table" then
        error(("a masking policy takes a card or a record, not a %s"):format(type(card)), 2)
      end
      return show(card)
    end,
    __index = methods,
    __newindex = function() error("a policy cannot be changed: policy:extend { … } makes another one", 2) end,
    __tostring = function() return "cards.mask.policy" end,
    __metatable = "cards.mask.policy",
  })
  trees[made], functions[made] = tree, show
  return made
end

--- A policy of a table from fields to rules, or nil and the first mistake's message.
function policy.make(given)
  local tree, mistakes = policy.check(given)
  if mistakes[1] then
    return nil, mistakes[1].message
  end
  return make(tree)
end

--- Another policy: this one's rules, and over them others. Tables of rules merge; a rule takes the place of the rule
-- or table that was there, whether it shows less or more. What comes out is checked as a whole.
-- @param more a table from fields to rules, or a policy
-- @return a new policy; this one stays as it is. An error at the caller's line where the result would be none.
function methods:extend(more)
  local tree, over = policy.tree(self), rules_in(more)
  if not tree then
    error("policy:extend: it is a method of a policy", 2)
  elseif not over then
    error("policy:extend: a table from fields to rules is expected", 2)
  end
  local made, wrong = policy.make(merge(source(tree), over, 1))
  if not made then
    error("policy:extend: " .. wrong, 2)
  end
  return made
end

return policy
