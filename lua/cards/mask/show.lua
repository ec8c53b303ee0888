--- What a policy's tree shows of a card: C walks over it (core.shower) and shows what is usual, and what is left comes here.
--
-- quick of a field names what C may do for it: "keep", "drop", "hide", "pan", "initials", "email" and "phone" show there what the rules
-- of these names show, or leave it to the field's function; "fields" is a table. Both ways come to the same.

local core = require "cards.core"
local plain = require "cards.mask.plain"

local DEEPEST = 64 -- tables in tables
local MOST_TABLES = 10000 -- in a card: one that is shared often is shown as often
local NO_FIELDS = {}
local ELEMENT = {} -- the key of what shows the elements of a list: its own fields' rules are theirs

local HIDDEN = plain.HIDDEN
local next, type = next, type -- as locals: they are called for every field

local show_inner

--- What is shown of a field without a rule.
local function show_unnamed(value, card, outer, within)
  if type(value) == "table" then
    return show_inner(NO_FIELDS, value, card, outer, within)
  end
  return plain.conceal(value)
end

--- What is shown of a table.
-- @param fields field -> function(value, card, outer, within)
-- @param outer the table that this one stands in, or nil
-- @param within the tables that they both stand in, see show_inner; nil where there are no others
local function show_all(fields, card, outer, within)
  local shown, places, altered = {}, 0, 0
  for key, value in next, card do
    local show = fields[key]
    local name = show and key or plain.key(key)
    if not show and type(key) == "number" then
      show = fields[ELEMENT]
    end
    if name ~= nil then
      if name ~= key then
        altered = altered + 1
        name = plain.distinct(name, altered, card, shown)
      elseif type(name) == "number" then
        places = places + 1
      end
      shown[name] = (show or show_unnamed)(value, card, outer, within)
    end
  end
  return places > 0 and plain.close_holes(shown, places) or shown
end

--- True for a table that contains itself, below the depth that encoders take, and where there are far too many.
local function is_endless(value, within)
  within.left = within.left - 1
  if within.left < 0 or #within >= DEEPEST then
    return true
  end
  for i = 1, #within do
    if rawequal(within[i], value) then
      return true
    end
  end
  return false
end

--- What is shown of a table in a table.
-- @param within all the tables that it stands in, from the outer to the inner, and how many may follow (`left`); it is
-- made for the third one, as most cards have two
function show_inner(fields, value, card, outer, within)
  if not outer and not within then
    return rawequal(value, card) and HIDDEN or show_all(fields, value, card)
  end
  within = within or { outer, card, left = MOST_TABLES }
  if is_endless(value, within) then
    return HIDDEN
  end
  local depth = #within + 1
  within[depth] = value
  local shown = show_all(fields, value, card, within)
  within[depth] = nil
  return shown
end

--- field -> function(value, card, outer, within) of a tree, and the same as core.shower takes it, which looks into tables in the
-- card and leaves those in them.
local function compile(tree, depth)
  local fields, quick = {}, {}
  for field, entry in pairs(tree) do
    local show, inner = entry.show, nil
    if entry.fields then
      local below
      below, inner = compile(entry.fields, depth + 1)
      function show(value, card, outer, within)
        if type(value) ~= "table" then
          return plain.conceal(value)
        end
        return show_inner(below, value, card, outer, within)
      end
      below[ELEMENT] = show
    end
    fields[field] = show
    quick[field] = {
      show = show, quick = inner and "fields" or entry.quick, first = entry.first, last = entry.last, most = entry.most, fields = depth == 1 and inner or nil,
    }
  end
  return fields, quick
end

--- @param tree of a checked policy, see cards.mask.policy
-- @return a function of a table that returns what is shown of it, a new table
return function(tree)
  local fields, quick = compile(tree, 1)
  return core.shower(quick, function(card) return show_all(fields, card) end, show_unnamed)
end
