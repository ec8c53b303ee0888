--- The answer's side of an operation of a definition: what is a success, the record's fields, errors, echoes and pages.

local core = require "cards.core"
local paths = require "cards.define.paths"

local answer = {}

local TYPES = { string = true, integer = true, number = true, boolean = true, timestamp = true, pan = true, cvv = true, token = true, secret = true }
local PADDED = { string = true, pan = true, cvv = true, token = true, secret = true }

local RULE_KEYS = { path = true, equals = true, absent = true, shape = true }
local RESPONSE_KEYS = { root = true, fields = true }
local FIELD_KEYS = { type = true, digits = true }
local ERROR_KEYS = { code = true, message = true, details = true }
local ECHO_KEYS = { param = true, required = true }
local PAGES_KEYS = { items = true, cursor = true, more = true, last = true, into = true }

local EQUALS = { boolean = true, number = true, string = true }

--- A path of plain names, as text; nil where it is none.
local function path(at, value)
  return paths.read(at, value) and value or nil
end

--- Reads `success`: one rule or a list of them.
function answer.rules(at, value)
  local rules = {}
  local list, single = at:list_of(value, 16)
  for i, rule in ipairs(list) do
    local here = single and at or at:at(i)
    if here:table(rule, RULE_KEYS) then
      local equals, absent = rawget(rule, "equals"), here:at("absent"):flag(rawget(rule, "absent"))
      if equals ~= nil and not EQUALS[type(equals)] then
        here:at("equals"):wrong "must be a string, a number, true or false"
      elseif type(equals) == "number" and equals - equals ~= 0 then
        here:at("equals"):wrong "must be a number that an answer can have"
      elseif (equals ~= nil) == (absent == true) then
        here:wrong "must have either equals or absent = true"
      elseif type(equals) == "string" then
        here:at("equals"):text(equals)
      end
      table.insert(rules, { path = path(here:at "path", rawget(rule, "path")), equals = equals, shape = here:at("shape"):flag(rawget(rule, "shape")) })
    end
  end
  return rules
end

local function field(at, name, value)
  local made = { path = name }
  if type(value) == "table" then
    at:table(value, FIELD_KEYS)
    made.type = at:at("type"):word(rawget(value, "type"), TYPES)
    made.digits = at:at("digits"):whole(rawget(value, "digits"), 1, 19)
    if made.digits and made.type and not PADDED[made.type] then
      at:at("digits"):wrong("is not for the type %s", made.type)
    end
  else
    made.type = at:word(value, TYPES)
  end
  return made
end

--- Reads `response`. @return the root and the list of fields
function answer.response(at, value)
  local root, fields = "", {}
  if value == nil or not at:table(value, RESPONSE_KEYS) then
    return root, fields
  end
  local given = rawget(value, "root")
  if given ~= nil and given ~= "" then
    root = path(at:at "root", given)
  end
  local declared = rawget(value, "fields")
  if declared == nil or not at:at("fields"):table(declared) then
    return root, fields
  end
  local add = paths.set()
  for _, name in ipairs(at.keys(declared)) do
    local here = at:at("fields"):at(name)
    local steps = paths.read(here, name, { arrays = true })
    local other = steps and add(steps, name)
    if other then
      here:wrong("goes through another field, '%s'", core.redact(other))
    end
    table.insert(fields, field(here, name, rawget(declared, name)))
  end
  if #fields > 256 then
    at:at("fields"):wrong "are more than 256"
  end
  return root, fields
end

--- One path or a list of them.
local function path_list(at, value)
  local found = {}
  local list, single = at:list_of(value, 3)
  for i, one in ipairs(list) do
    table.insert(found, path(single and at or at:at(i), one))
  end
  return found
end

--- Reads `error`. @return the paths of codes and messages, and of details
function answer.errors(at, value)
  if value == nil or not at:table(value, ERROR_KEYS) then
    return {}, {}
  end
  local details = rawget(value, "details")
  return path_list(at:at "code", rawget(value, "code")), path_list(at:at "message", rawget(value, "message")),
    details ~= nil and path(at:at "details", details) or nil
end

--- Reads `echo`: paths of the answer, and the parameters that stand there again.
-- @param params names of the operation's parameters, as keys: those too that are always the same
function answer.echoes(at, value, params)
  local echoes = {}
  if value == nil or not at:table(value) then
    return echoes
  end
  for _, name in ipairs(at.keys(value)) do
    local here, given, required = at:at(name), rawget(value, name), nil
    local param, place = given, here
    if type(given) == "table" then
      here:table(given, ECHO_KEYS)
      required = here:at("required"):flag(rawget(given, "required"))
      param, place = rawget(given, "param"), here:at "param"
    end
    table.insert(echoes, { path = path(here, name), part = place:word(param, params), required = required })
  end
  if #echoes > 4 then
    at:wrong "has more than 4 entries"
  end
  return echoes
end

--- Reads `pages` of an operation that lists things.
-- @param params names of the operation's parameters, as keys
-- @return { items, cursor, more, last, into }, the paths as text, `last` below an item; or nil
function answer.pages(at, value, params)
  if value == nil or not at:table(value, PAGES_KEYS) then
    return nil
  end
  local made = { items = path(at:at "items", rawget(value, "items")), into = at:at("into"):word(rawget(value, "into"), params) }
  local cursor, more, last = rawget(value, "cursor"), rawget(value, "more"), rawget(value, "last")
  if (cursor == nil) == (last == nil) then
    at:wrong "must have either cursor or last"
  elseif last ~= nil and more == nil then
    at:at("more"):wrong "is required where there is last"
  end
  made.cursor = cursor ~= nil and path(at:at "cursor", cursor) or nil
  made.more = more ~= nil and path(at:at "more", more) or nil
  if type(last) == "string" and made.items then
    local whole = made.items .. "[]."
    last = last:sub(1, #whole) == whole and last:sub(#whole + 1) or last
  end
  made.last = last ~= nil and path(at:at "last", last) or nil
  return made
end

return answer
