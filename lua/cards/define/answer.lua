--- The answer's side of an operation of a definition: successes, the fields of the record, errors, echoes and pages.

local check = require "cards.util.check"
local core = require "cards.core"
local encryption = require "cards.define.encryption"
local mistakes = require "cards.util.mistakes"
local paths = require "cards.define.paths"

local answer = {}

local any, flag, one_of, optional = mistakes.any, mistakes.flag, mistakes.one_of, mistakes.optional

local MOST_LISTS = 4 -- that a field is in, see src/provider/record.c

--- The text of a path.
local function path(at, value)
  return paths.read(at, value) and value or nil
end
local optional_path = optional(path)

local function equals(at, value)
  local kind = type(value)
  if kind == "number" and value - value ~= 0 then
    at:wrong "must be a number that an answer can have"
  elseif kind == "string" then
    at:text(value)
  elseif kind ~= "nil" and kind ~= "boolean" and kind ~= "number" then
    at:wrong "must be a string, a number, true or false"
  end
  return value
end

local RULE = { path = path, equals = equals, absent = flag, shape = flag }

--- Reads `success`: a rule or a list of them.
function answer.rules(at, value)
  return at:each(value, 16, function(here, rule)
    local made = here:read(rule, RULE)
    if made and (made.equals ~= nil) == (made.absent == true) then
      here:wrong "must have either equals or absent = true"
    end
    return made
  end)
end

local field_type = one_of("string", "integer", "number", "boolean", "timestamp", "pan", "cvv", "token", "secret")
local PADDED = mistakes.set("string", "pan", "cvv", "token", "secret")
--- How the value of a field is encrypted.
local function field_decrypt(at, value, into)
  local made, given = encryption.of_answer(at, value, into)
  for _, key in ipairs { "at", "json" } do
    if given and given[key] ~= nil then
      at:at(key):wrong "is for what is decrypted before the fields are read"
    end
  end
  return made
end

local FIELD = { type = field_type, digits = mistakes.checked(check.number(1, 19, true)), decrypt = mistakes.any }

local function field(at, name, value, into)
  local made = type(value) == "table" and at:read(value, FIELD) or { type = field_type(at, value) }
  if made.decrypt ~= nil then
    made.decrypt = field_decrypt(at:at "decrypt", made.decrypt, into)
    if made.type and not PADDED[made.type] then
      at:at("decrypt"):wrong("is not for the type %s", made.type)
    end
  end
  if made.digits and made.type and not PADDED[made.type] then
    at:at("digits"):wrong("is not for the type %s", made.type)
  end
  made.path = name
  return made
end

local function count_lists(steps)
  local count = 0
  for _, step in ipairs(steps) do
    count = count + ((step == paths.EACH or type(step) == "number") and 1 or 0)
  end
  return count
end

local function fields(at, value, into)
  local made, add = {}, paths.set()
  for name, given, here in at:entries(value) do
    local steps = paths.read(here, name)
    local other = steps and add(steps, name)
    if other then
      here:wrong("goes through another field, '%s'", core.redact(other))
    elseif steps and count_lists(steps) > MOST_LISTS then
      here:wrong("is in more than %d lists", MOST_LISTS)
    end
    made[#made + 1] = field(here, name, given, into)
  end
  if #made > 256 then
    at:wrong "are more than 256"
  end
  return made
end

local RESPONSE = { format = optional(one_of("json", "xml", "form", "text")), fields = any, outer = any, decrypt = any,
  root = function(at, value) return value == "" and "" or optional_path(at, value) end }

--- Lets the field at a path be decrypted.
local function decrypt_field(at, given, made, list)
  for _, one in ipairs(list) do
    if one.path == given.at and not one.decrypt then
      one.decrypt, made.at = made, nil
      return
    end
  end
  at:at("at"):wrong ": no field is declared there; with json = true the text is JSON that has the fields"
end

--- Reads `decrypt`: texts that are JSON, in which root and fields go on, or the values of fields. @return the one that is JSON, or nil
local function decrypts(at, value, list, into)
  local whole
  at:each(value, 8, function(here, spec)
    local made, given = encryption.of_answer(here, spec, into)
    if not made then
      return
    elseif given.json and whole then
      here:at("json"):wrong "is for one text of an answer"
    elseif given.json then
      whole = made
    elseif given.at == nil then
      here:at("json"):wrong "must be true where the whole answer is encrypted"
    else
      decrypt_field(here, given, made, list)
    end
  end)
  return whole
end

--- Reads `response`.
-- @param into the parts of the operation, to which keys are added
-- @return the root, the list of fields, how a text with the fields is encrypted or nil, the paths of fields that stand beside it,
--   and the format
function answer.response(at, value, into)
  local given = value ~= nil and at:read(value, RESPONSE) or {}
  local list, outer = fields(at:at "fields", given.fields, into), {}
  local whole = decrypts(at:at "decrypt", given.decrypt, list, into)
  for _, one in ipairs(fields(at:at "outer", given.outer, into)) do
    table.insert(outer, one.path)
    table.insert(list, one)
  end
  if outer[1] and not (whole and whole.at) then
    at:at("outer"):wrong "is for what stands beside a text that is decrypted"
  end
  return given.root or "", list, whole, outer, given.format or "json"
end

--- Rules for a format in which all values are texts: 0 becomes "0", and true "true".
function answer.text_rules(rules)
  for _, rule in ipairs(rules or {}) do
    if rule.equals ~= nil then
      rule.equals = type(rule.equals) == "number" and core.number(rule.equals, false) or tostring(rule.equals)
    end
  end
end

local function path_list(at, value)
  return at:each(value, 3, path)
end

local ERROR = { code = path_list, message = path_list, details = optional_path }

--- Reads `error`. @return the paths of codes, those of messages, and that of details
function answer.errors(at, value)
  local made = value ~= nil and at:read(value, ERROR) or {}
  return made.code or {}, made.message or {}, made.details
end

--- Reads `echo`: paths of the answer, and the parameters that stand there again.
-- @param params the operation's parameters by name, constants included
function answer.echoes(at, value, params)
  local function param(here, name) return here:word(name, params) end
  local schema, echoes = { param = param, required = flag }, {}
  for name, given, here in at:entries(value) do
    local made = type(given) == "table" and here:read(given, schema) or { param = param(here, given) }
    echoes[#echoes + 1] = { path = path(here, name), part = made.param, required = made.required }
  end
  if #echoes > 4 then
    at:wrong "has more than 4 entries"
  end
  return echoes
end

--- Reads `pages` of an operation that lists things.
-- @param params the caller's parameters by name
-- @return { items, cursor, more, last, into }, the paths as text, `last` below an item; or nil
function answer.pages(at, value, params)
  local list = type(value) == "table" and paths.list(rawget(value, "items"))
  local function last(here, given)
    local steps = given ~= nil and paths.read(here, given)
    return steps and paths.text(list and paths.below(steps, list) or steps) or nil
  end
  local function into(here, name) return here:word(name, params) end
  local made = value ~= nil and at:read(value, { items = path, cursor = optional_path, more = optional_path, last = last, into = into })
  if not made then
    return nil
  elseif (rawget(value, "cursor") == nil) == (rawget(value, "last") == nil) then
    at:wrong "must have either cursor or last"
  elseif rawget(value, "last") ~= nil and rawget(value, "more") == nil then
    at:at("more"):wrong "is required where there is last"
  end
  return made
end

return answer
