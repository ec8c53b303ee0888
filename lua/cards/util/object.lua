--- What a record and a card can do besides being tables: they print and concatenate as one line, and close the secrets in them.
--
-- The line is for logs and terminals: it shows what cards.mask shows, and no id, has no control character, and its fields come in a fixed order. What is long
-- is cut. None of it calls a metamethod of anybody else's.

local check = require "cards.util.check"
local core = require "cards.core"
local mask = require "cards.mask"

local object = {}

local LONGEST_LINE = 1000 -- bytes, and what the last field has
local LONGEST_TEXT = 80 -- bytes of one text
local MOST_PLACES = 10 -- of a list
local DEEPEST = 6 -- tables in tables

--- An id is a parameter of the call, which no log of the library's shows.
local policy = mask.policies.support:extend { id = mask.hide }

--- A text, cut between two letters, and in quotes unless it is a word.
local function text_of(value)
  local text, last = check.line(value), LONGEST_TEXT
  if #text > LONGEST_TEXT then
    while text:find("^[\128-\191]", last + 1) do
      last = last - 1
    end
    text = text:sub(1, last) .. "..."
  end
  return text:find "^[%w%*%._@%+-]+$" and text or '"' .. text:gsub('"', "'") .. '"'
end

local fields -- below

--- @param value what a policy leaves: a table, text, number or boolean
-- @param state { left = bytes that the line may still have }
local function shown(value, depth, state)
  if type(value) == "table" then
    return fields(value, depth + 1, state)
  end
  local text = text_of(value)
  state.left = state.left - #text
  return text
end

--- The fields of a table between braces.
function fields(value, depth, state)
  local parts, keys = {}, depth <= DEEPEST and check.keys(value) or {}
  if keys[1] == nil then
    return next(value) == nil and "{}" or "{ ... }"
  end
  for i, key in ipairs(keys) do
    local is_place = key == i
    if state.left <= 0 or (is_place and i > MOST_PLACES) then
      parts[i] = ("... %d more"):format(#keys - i + 1)
      break
    end
    local name = is_place and "" or check.shown(key) .. " = "
    state.left = state.left - #name - 2
    parts[i] = name .. shown(value[key], depth, state)
  end
  return "{ " .. table.concat(parts, ", ") .. " }"
end

local function to_string(self)
  return ("%s %s"):format(check.shown(getmetatable(self)), fields(policy(self), 1, { left = LONGEST_LINE }))
end

--- Closes the secrets in a table, and in the tables in it.
local function close_in(value, seen)
  seen[value] = true
  for _, content in next, value do
    if check.is_secret(content) then
      content:close()
    elseif type(content) == "table" and not seen[content] then
      close_in(content, seen)
    end
  end
end

local function close(value)
  if check.is_secret(value) then
    value:close()
  elseif type(value) == "table" then
    close_in(value, {})
  else
    error(("cards.close: a record, a card or a secret is expected, not %s: record:close(), with a colon, or cards.close(record)"):format(type(value)), 3)
  end
end

--- The method `close` of records and cards, and what Lua 5.4 calls at the end of a block, with the error that ends it.
local function method(value)
  close(value)
end

--- cards.close(value): closes every secret in a record or card, in the tables in it too. The secrets of a card that are its record's are closed there as well.
-- What is closed already stays so.
-- @param value a record, a card, any other table, or a secret
-- An error at the caller's line for anything else, and where a table or secret stands behind it, as in cards:close(record): that would stay open.
function object.close(value, other)
  if type(other) == "table" or check.is_secret(other) then
    error("cards.close: one record, card or secret is expected: cards.close(record), with a dot", 2)
  end
  close(value)
end

--- A metatable of tables with secrets. They have the method `close`, unless a field has that name, and are closed at the end of their block where they are
-- to-be-closed variables of Lua 5.4.
-- @param name what getmetatable says of them, and how the line begins
function object.metatable(name)
  return { __metatable = name, __tostring = to_string, __concat = core.concat, __close = method, __index = { close = method } }
end

for key, value in pairs(object.metatable()) do
  core.records[key] = value
end

return object
