--- Where a value goes in a request: into the path, the query, a header or the body.

local check = require "cards.util.check"
local core = require "cards.core"
local paths = require "cards.define.paths"

local place = {}

local INTO = { path = true, query = true, header = true, body = true, none = true }
local TOKEN = "^[%w!#$%%&'*+.^_`|~-]+$"

--- Reads the name of a header that a definition may set.
function place.header(at, value)
  local name = at:text(value, TOKEN, "must be the name of a header")
  if name and (check.reserved_headers[name:lower()] or name:lower() == "user-agent") then
    return at:wrong "is a header that the library sets"
  end
  return name
end

--- Reads where a value goes, and its name there.
-- @param at the collector at the table that says so
-- @param key of the name in that table, "wire" or "name"
-- @param otherwise the defaults { into, wire, header = whether wire is one of a header, too }; wire may be nil
-- @return into, the name, and for the body the names of its path; nil and a mistake where something is wrong
function place.read(at, value, key, otherwise)
  local into, wire = rawget(value, "into"), rawget(value, key)
  local named = wire ~= nil and at:at(key):text(wire) or otherwise.wire
  local where = at:at(into ~= nil and "into" or key)
  if type(into) == "string" and into:find "[.%[]" then
    if wire ~= nil then
      at:at(key):wrong "is not for a body path: that has the name"
    end
    local first = into:match "^%a+"
    if first ~= "body" and INTO[first] then
      return where:wrong("must be \"%s\", with the name in %s", first, key)
    end
    named = into:match "^body%.(.*)$" or into:match "^body(%[.*)$" or into
    into = "body"
  else
    into = into == nil and otherwise.into or at:at("into"):word(into, INTO)
  end
  if into == "header" and wire == nil and not otherwise.header then
    return at:at(key):wrong "is required: the header's name"
  elseif into == "header" and not place.header(at:at(key), named) then
    return nil
  elseif into and not named then
    return at:at(key):wrong "is required: the provider's name for it"
  end
  if into == "none" then
    return "nothing", named
  end
  local steps = into == "body" and paths.body(where, named) or nil
  return (into ~= "body" or steps) and into or nil, named, steps
end

--- Adds a mistake where a card's number that the part does not allow would be written into the logs of servers.
-- @param at the collector at the value
-- @param part { into, allow_pan, value or default = the text that the definition gives it, or nil }
function place.refuse_pan(at, part)
  local text = part.value or part.default
  if text and check.SEEN[part.into] and not part.allow_pan and core.has_pan(text) then
    at:wrong("has a card's number in it, and would stand in the %s of the request: allow_pan = true allows it", part.into)
  end
end

return place
