--- What may stand in a masked table: strings, numbers and booleans without card numbers in them.

local check = require "cards.util.check"
local core = require "cards.core"
local whole = require "cards.util.whole"

local type, tostring = type, tostring -- as locals: they are called for every field

local plain = {}

local HIDDEN = "***"
local SHORTEST_NUMBER = 13 -- digits that a card number has at least
local LEAST_NUMBER = 1e12 -- the least whole number with that many

plain.HIDDEN, plain.SHORTEST_NUMBER, plain.LEAST_NUMBER = HIDDEN, SHORTEST_NUMBER, LEAST_NUMBER

--- What is shown of a value that nothing allows: a secret's own mask, else three stars.
function plain.conceal(value)
  return check.is_secret(value) and tostring(value) or HIDDEN
end
local conceal = plain.conceal

--- A text without card numbers in it.
local function redact(text)
  return #text < SHORTEST_NUMBER and text or core.redact(text)
end
plain.redact = redact

--- A plain value as it may be logged: card numbers masked, and nothing that an encoder refuses.
function plain.value(value)
  local kind = type(value)
  if kind == "string" then
    return redact(value)
  elseif kind == "number" then
    if value > -LEAST_NUMBER and value < LEAST_NUMBER then
      return value
    elseif value - value ~= 0 then -- infinite or NaN
      return HIDDEN
    end
    local digits = whole(value) or ("%.0f"):format(value)
    local shown = redact(digits)
    return shown == digits and value or shown
  elseif kind == "boolean" then
    return value
  end
  return conceal(value)
end

--- What may stand as a key in a masked table, or nil.
function plain.key(key)
  if type(key) == "string" or type(key) == "number" then
    return plain.value(key)
  end
end

--- A name that no key of the two tables has: what two card numbers show is often the same.
-- @param n which of the masked names of the table it is: what is tried behind it, from 2 on
function plain.distinct(name, n, one, other)
  local made = name
  n = n < 2 and 2 or n
  while rawget(one, made) ~= nil or rawget(other, made) ~= nil do
    made, n = ("%s#%d"):format(name, n), n + 1
  end
  return made
end

--- Encoders refuse or blow up a list with holes or with names beside: then its places become names.
-- @param shown a table whose keys are texts and numbers
-- @param places how many of them are numbers
function plain.close_holes(shown, places)
  local count, is_list = 0, true
  for _ in next, shown do
    count = count + 1
  end
  for i = 1, count do
    is_list = is_list and shown[i] ~= nil
  end
  if places == 0 or is_list then
    return shown
  end
  local named = {}
  for name, value in next, shown do
    named[type(name) == "number" and plain.distinct(tostring(name), 2, shown, named) or name] = value
  end
  return named
end

local MOST_COPIED = 10000 -- values: a table that is shared often is copied as often

local function copy(value, depth, state)
  state.left = state.left - 1
  if state.left < 0 then
    return nil, false
  elseif type(value) ~= "table" then
    return plain.value(value), type(value) == "string" or type(value) == "number" or type(value) == "boolean"
  elseif depth == 0 then
    return nil, false
  end
  local made, places, altered = {}, 0, 0
  for key, content in next, value do
    local name = plain.key(key)
    local shown, ok = copy(content, depth - 1, state)
    if name == nil or not ok then
      return nil, false
    elseif name ~= key then
      altered = altered + 1
      name = plain.distinct(name, altered, value, made)
    end
    made[name] = shown
    places = places + (type(name) == "number" and 1 or 0)
  end
  return plain.close_holes(made, places), true
end

--- A copy of a plain value or a table of such, or nil and false where a secret or another thing that cannot be shown is in it.
function plain.copy(value)
  return copy(value, 16, { left = MOST_COPIED })
end

--- The texts and numbers in a copy, keys included, in the order of the list or of the names.
function plain.pieces(value, list)
  list = list or {}
  if type(value) ~= "table" then
    if type(value) ~= "boolean" then
      list[#list + 1] = tostring(value)
    end
    return list
  end
  local names = {}
  for name in next, value do
    names[#names + 1] = name
  end
  if type(names[1]) ~= "number" then
    table.sort(names)
  end
  for place, name in ipairs(names) do
    if type(name) == "number" then
      plain.pieces(value[place], list)
    else
      list[#list + 1] = name
      plain.pieces(value[name], list)
    end
  end
  return list
end

return plain
