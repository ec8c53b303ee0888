--- The claims and the header of a JWT, a table in a definition, as a template of JSON.

local core = require "cards.core"
local templates = require "cards.define.templates"

local claims = {}

local MOST_DEPTH = 4
local MOST = 10000 -- bytes

--- A text as it stands in a JSON string; "" and a mistake where it has no place in one.
local function escape(at, literal)
  local list, wrong = core.tree({ literal }, true)
  return list and list:sub(3, -3) or at:wrong("%s", wrong) or ""
end

--- A text as a JSON string, in which values are escaped.
local function text(at, value)
  if not templates.read(at, value, { lines = true }) then
    return nil
  elseif value:find "^{now[^{}]*}$" then
    return value -- a number
  end
  local made, from = {}, 1
  for first, name, behind in value:gmatch "(){([%a_][^{}]*)}()" do
    table.insert(made, escape(at, value:sub(from, first - 1)) .. "{" .. name .. "|escaped}")
    from = behind
  end
  return '"' .. table.concat(made) .. escape(at, value:sub(from)) .. '"'
end

local write -- a function that returns the text, or nil and a mistake

local function members(at, value, depth)
  local list = {}
  for key, given, here in at:entries(value) do
    if type(key) ~= "string" then
      here:wrong ": a name must be a text"
    else
      table.insert(list, '"' .. escape(here, key) .. '":' .. (write(here, given, depth) or "null"))
    end
  end
  return "{" .. table.concat(list, ",") .. "}"
end

local function elements(at, value, depth)
  local list = {}
  for i, given in ipairs(at:list_of(value, 64)) do
    list[i] = write(at:at(i), given, depth) or "null"
  end
  return "[" .. table.concat(list, ",") .. "]"
end

function write(at, value, depth)
  if type(value) == "string" then
    return text(at, value)
  elseif type(value) == "number" then
    return core.number(value, false) or at:wrong "must be a number"
  elseif type(value) == "boolean" then
    return tostring(value)
  elseif type(value) ~= "table" then
    return at:wrong "must be a text, a number, true, false or a table of them"
  elseif depth == MOST_DEPTH then
    return at:wrong "is nested too deeply"
  end
  return (rawget(value, 1) ~= nil and elements or members)(at, value, depth + 1)
end

--- Reads a table of claims.
-- @return the template of a JSON object; mistakes where the table is none
function claims.template(at, value)
  if not at:table(value) then
    return nil
  end
  local made = members(at, value, 1)
  return #made <= MOST and made or at:wrong("is longer than %d bytes", MOST)
end

return claims
