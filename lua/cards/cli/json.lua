--- Plain Lua values as one line of JSON. Names are sorted, and a secret shows its mask.
--
-- lua-cjson writes only the strings: its version 2.1 keeps 14 digits of a number, and writes names in no fixed order.

local check = require "cards.util.check"
local cjson = require "cjson"
local core = require "cards.core"

local MAX_DEPTH = 64

local LIST = {} -- the metatable of what is a list, also where it is empty

local encode, find = cjson.encode, string.find

local function escape(byte)
  return ("\\u%04x"):format(byte:byte())
end

--- A string as JSON; nil where readers may refuse it, because lua-cjson also writes bytes that are no UTF-8, and NUL.
local function quote(text)
  local json = encode(text)
  if not find(text, "[^\1-\127]") then
    return json
  end
  return core.json_decode(json) ~= nil and json:gsub("\194([\128-\159])", escape) or nil -- C1 controls a terminal, as C0 does
end

--- The sorted keys of a table.
-- @return the keys, and whether they are indexes; nil and what is wrong where some are neither names nor indexes
local function keys_of(value)
  local keys, kind = {}, type(next(value))
  for key in next, value do
    if type(key) ~= kind or kind ~= "string" and kind ~= "number" then
      return nil, kind == "boolean" and "has a key that is no name" or "has places and names"
    end
    keys[#keys + 1] = key
  end
  table.sort(keys)
  return keys, kind == "number"
end

local to_json -- below

local function table_to_json(value, depth)
  local list, is_list = keys_of(value)
  if not list or depth > MAX_DEPTH then
    return nil, list and "is nested too deeply" or is_list
  end
  for i, key in ipairs(list) do
    local name = is_list and key == i or not is_list and quote(key)
    if not name then
      return nil, is_list and "has places with holes" or "has a name that is no UTF-8, or has a NUL"
    end
    local json, wrong, path = to_json(value[key], depth + 1)
    if not json then
      return nil, wrong, check.shown(key) .. (path and "." .. path or "")
    end
    list[i] = is_list and json or name .. ":" .. json
  end
  local json = table.concat(list, ",")
  return (is_list or getmetatable(value) == LIST) and "[" .. json .. "]" or "{" .. json .. "}"
end

--- @return a string; or nil, what is wrong, and its path within a table
function to_json(value, depth)
  local kind = type(value)
  if kind == "table" then
    return table_to_json(value, depth)
  elseif kind == "string" then
    local json = quote(value)
    return json, not json and "is no UTF-8, or has a NUL" or nil
  elseif kind == "number" then
    local json = core.number(value)
    return json, not json and "is no number that JSON has" or nil
  elseif kind == "boolean" then
    return tostring(value)
  elseif kind == "nil" then
    return "null"
  elseif check.is_secret(value) then
    return quote(tostring(value))
  end
  return nil, "is a function, a coroutine or userdata"
end

return setmetatable({
  --- Marks a table as a list, which it is in JSON even where it is empty.
  list = function(value) return setmetatable(value, LIST) end,
}, {
  --- A value as one line of JSON. An empty table that is not marked becomes {}.
  -- @return a string; or nil and what JSON cannot represent, with its path: a function, userdata, text that is no UTF-8, a table with indexes and names
  __call = function(_, value)
    local json, wrong, path = to_json(value, 1)
    if not json then
      return nil, (path or "it") .. " " .. wrong
    end
    return json
  end,
})
