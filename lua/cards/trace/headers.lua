--- The headers of W3C Trace Context (https://www.w3.org/TR/trace-context/): reads and writes `traceparent`, checks `tracestate`.

local core = require "cards.core"

local headers = {}

local ZEROS = "^0+$"
local MEMBERS, LENGTH = 32, 512 -- of a tracestate, as the recommendation bounds them

--- Reads a traceparent. Of a version behind 00 the fields of 00 count.
-- @param text the value of one header
-- @return the trace's id, the parent's id, both in hexadecimal, and whether it is sampled; or nil where it is none
function headers.read(text)
  local version, trace, parent, flags, rest = text:match "^([%da-f][%da-f])%-([%da-f]+)%-([%da-f]+)%-([%da-f][%da-f])(.*)$"
  if not version or version == "ff" or #trace ~= 32 or #parent ~= 16 or trace:find(ZEROS) or parent:find(ZEROS) then
    return nil
  elseif rest ~= "" and (version == "00" or rest:sub(1, 1) ~= "-") then
    return nil
  end
  return trace, parent, tonumber(flags, 16) % 2 == 1
end

--- Writes a traceparent, of version 00.
function headers.write(trace, parent, sampled)
  return ("00-%s-%s-%s"):format(trace, parent, sampled and "01" or "00")
end

local function is_key(key)
  local tenant, system = key:match "^([%da-z][%da-z_*/-]*)@([a-z][%da-z_*/-]*)$"
  if tenant then
    return #tenant <= 241 and #system <= 14
  end
  return #key <= 256 and key:find "^[a-z][%da-z_*/-]*$" ~= nil
end

local function is_value(value)
  return value ~= "" and #value <= 256 and not value:find "[^\32-\43\45-\60\62-\126]" and value:sub(-1) ~= " "
end

--- A text without spaces and tabs around it. One pattern for both ends would take the square of the length of spaces in the text, which comes from a stranger.
local function trim(text)
  local first = text:find "[^ \t]"
  return first and text:match("^.*[^ \t]", first) or ""
end

--- The members of a tracestate; nil where it is none.
local function members_of(text)
  local list, keys = {}, {}
  for member in (text .. ","):gmatch "([^,]*)," do
    member = trim(member)
    if member ~= "" then
      local key, value = member:match "^([^=]*)=(.*)$"
      if not key or not is_key(key) or not is_value(value) or keys[key] then
        return nil
      end
      keys[key] = true
      table.insert(list, member)
    end
  end
  return #list <= MEMBERS and list or nil
end

--- A tracestate as it is passed on: what is longer than 512 bytes loses members from its end. nil where it is none, is empty, or has a card's number in it.
function headers.state(text)
  local list = members_of(text)
  if not list then
    return nil
  end
  local length = -1
  for i, member in ipairs(list) do
    length = length + #member + 1
    if length > LENGTH then
      for j = #list, i, -1 do
        list[j] = nil
      end
      break
    end
  end
  local passed = table.concat(list, ",")
  return passed ~= "" and not core.has_pan(passed) and passed or nil
end

return headers
