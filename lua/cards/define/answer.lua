--- The answer's side of an operation of a definition: successes, the fields of the record, errors, echoes and pages.

local check = require "cards.util.check"
local core = require "cards.core"
local encryption = require "cards.define.encryption"
local mistakes = require "cards.util.mistakes"
local paths = require "cards.define.paths"

local answer = {}

local any, flag, one_of, optional = mistakes.any, mistakes.flag, mistakes.one_of, mistakes.optional

local MOST_VALUES = 16
local TOKEN = "^[%w!#$%%&'*+.^_`|~-]+$"
local MOST_LISTS = 4 -- that a field is in, see src/provider/record.c

--- The text of a path.
local function path(at, value)
  return paths.read(at, value) and value or nil
end
local optional_path = optional(path)

local COMPARED = "must be a string, a number, true or false, or a list of those"

local function compared(at, value)
  local kind = type(value)
  if kind == "number" and value - value ~= 0 then
    at:wrong "must be a number that an answer can have"
  elseif kind == "number" and value ~= value + 0.0 then
    at:wrong "is too large to be compared as a number"
  elseif kind == "string" then
    at:text(value)
  elseif kind ~= "boolean" and kind ~= "number" then
    at:wrong(COMPARED)
  end
  return value
end

local function equals(at, value)
  local made = at:each(value, MOST_VALUES, compared)
  if value ~= nil and made[1] == nil then
    at:wrong(COMPARED)
  end
  return value ~= nil and made or nil
end

--- The reader of a status or of several, or nil.
local function statuses(least, most)
  local one = mistakes.checked(check.number(least, most, true))
  return function(at, value)
    local made = at:each(value, MOST_VALUES, one)
    if value ~= nil and not made[1] then
      at:wrong "must have at least one status"
    end
    return value ~= nil and made or nil
  end
end

local RULE = { path = optional_path, equals = equals, absent = flag, shape = flag, status = statuses(200, 299) }

local function rule(at, value)
  local made = at:read(value, RULE)
  if not made then
    return nil
  elseif rawget(value, "status") ~= nil then
    if rawget(value, "path") ~= nil or made.equals or made.absent then
      at:wrong "must have either a path or status"
    end
    return { values = made.status, shape = made.shape }
  elseif rawget(value, "path") == nil then
    at:at("path"):wrong "must be a string that is not empty"
  elseif (made.equals ~= nil) == (made.absent == true) then
    at:wrong "must have either equals or absent = true"
  end
  return { path = made.path, values = made.equals, shape = made.shape }
end

--- Reads `success`: a rule or a list of them.
function answer.rules(at, value)
  return at:each(value, 16, rule)
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

local RESPONSE = { format = optional(one_of("json", "xml", "form", "text")), fields = any, outer = any, decrypt = any, required = any,
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

--- Reads `response.required`: paths of fields, or of objects and lists of those.
local function required(at, value, declared)
  local tree, names = paths.tree(), {}
  for _, made in ipairs(declared) do
    local steps = type(made.path) == "string" and paths.parse(made.path)
    if steps then
      tree.add(steps, true)
      names[made.path] = true
    end
  end
  return at:each(value, MOST_VALUES, function(here, name)
    local steps = paths.read(here, name)
    if steps and not tree.find(steps)[1] then
      return here:wrong("is no field%s", (check.meant(name, names)))
    end
    return steps and { path = name }
  end)
end

--- Reads `response`.
-- @param into the parts of the operation, to which keys are added
-- @return the root, the list of fields, how a text with the fields is encrypted or nil, the paths of fields that stand beside it,
--   the format, and the paths where a success has a value
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
  return given.root or "", list, whole, outer, given.format or "json", required(at:at "required", given.required, list)
end

--- Rules for a format in which all values are texts: 0 becomes "0", and true "true".
function answer.text_rules(rules)
  for _, one in ipairs(rules or {}) do
    for i, value in ipairs(one.path and one.values or {}) do
      one.values[i] = type(value) == "number" and core.number(value, false) or tostring(value)
    end
  end
end

local function path_list(at, value)
  return at:each(value, 8, path) -- ERROR_PATHS in src/provider/provider.h
end

local ERROR = { code = path_list, message = path_list, details = optional_path }

--- Reads `error`. @return the paths of codes, those of messages, and that of details
function answer.errors(at, value)
  local made = value ~= nil and at:read(value, ERROR) or {}
  return made.code or {}, made.message or {}, made.details
end

local kind = one_of("auth", "not_found", "rate_limited", "declined", "invalid_request", "provider", "protocol")

--- Reads a table of kinds of errors by what has them.
-- @param key of the entries that core.define takes
-- @param read the reader of a key of the table
local function meanings(at, value, most, key, read)
  local list = {}
  for name, given, here in at:entries(value) do
    local made = { kind = kind(here, given) }
    made[key] = read(here, name)
    table.insert(list, made)
  end
  if #list > most then
    at:wrong("has more than %d entries", most)
  end
  return list
end

local function code(at, value)
  return at:text(type(value) == "number" and check.digits(value) or value)
end

--- Reads `null`, `code` and `status`: what an answer means that has a null at a path, a code, or a status.
function answer.nulls(at, value)
  return meanings(at, value, 16, "text", path)
end

--- Reads `code`: the kind of error that a code of the provider is.
function answer.code_kinds(at, value)
  return meanings(at, value, 256, "text", code)
end

local status = mistakes.checked(check.number(200, 599, true))

--- Reads `status`: the kind of error that an HTTP status is.
function answer.status_kinds(at, value)
  return meanings(at, value, 64, "status", status)
end

--- The name of a header of an answer, or nil.
local header = optional(function(at, value) return at:text(value, TOKEN, "must be the name of a header") end)

local RETRY = { header = header, after = header, status = statuses(400, 599) }

--- Reads `retry`: what says that the same call may be sent again, and when.
function answer.retry(at, value)
  local made = value ~= nil and at:read(value, RETRY)
  if not made then
    return nil
  end
  local retried = {}
  for i, one in ipairs(made.status or {}) do
    retried[i] = { status = one }
  end
  return { header = made.header, after = made.after, statuses = retried }
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
