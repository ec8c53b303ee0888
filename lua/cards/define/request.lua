--- The request of an operation of a definition: parameters and the path, read into the parts that core.define takes.

local check = require "cards.util.check"
local core = require "cards.core"
local paths = require "cards.define.paths"
local place = require "cards.define.place"

local request = {}

local PARAMETER = "^[%a_][%w_]*$"
local MOST_PARTS = 64
local MOST_SIGNATURES = 4

local TYPES = { string = true, integer = true, number = true, boolean = true }
local NO_BODY = { GET = true, DELETE = true }
local KEYS = { required = true, into = true, wire = true, type = true, enum = true, default = true, sensitive = true, excludes = true, unique = true,
  value = true }
local LISTED_KEYS = { name = true }
for key in pairs(KEYS) do
  LISTED_KEYS[key] = true
end
local CONSTANT_KEYS = { name = true, into = true, wire = true, type = true, value = true }

local ENCODINGS = { json = true, form = true }

request.METHODS = { GET = true, POST = true, PUT = true, PATCH = true, DELETE = true }

--- How a body is written; nil where nothing is said, or it is wrong.
function request.encoding(at, value, method)
  if value ~= nil and NO_BODY[method] then
    return at:wrong("is of a body: %s has none", method)
  end
  return value ~= nil and at:word(value, ENCODINGS) or nil
end

--- The names in braces of a path, as keys; nil and a mistake where it is none.
function request.path(at, value)
  local path = at:text(value, "^/", "must be a path that begins with /", 1000)
  if not path then
    return nil
  end
  local names = {}
  local bare = path:gsub("{([%a_][%w_]*)}", function(name)
    names[name] = true
    return "x"
  end)
  if bare:find "[{}]" then
    return at:wrong "has a brace that is not part of a placeholder such as {card_id}"
  elseif bare:find "[^%w/%-._~:@!$&'()*+,;=%%?%[%]]" or bare:gsub("%%%x%x", ""):find "%%" or bare:find "%?.*%?" then
    return at:wrong "contains a character that a path cannot have"
  elseif (bare:gsub("%?.*", "") .. "/"):find "/%.%.?/" then
    return at:wrong "must not contain the names . and .."
  end
  return names
end

--- A value of a type as the text that is sent; nil and a mistake where it is none.
local function to_text(at, value, kind)
  if kind == "boolean" and type(value) == "boolean" then
    return tostring(value)
  end
  local number = (kind == "integer" or kind == "number") and type(value) == "number" and core.number(value, kind == "integer")
  if number then
    return number
  elseif kind == "string" then
    return at:text(value)
  end
  return at:wrong(kind == "boolean" and "must be true or false" or kind == "integer" and "must be a whole number" or "must be a number")
end

--- Where a parameter goes: into, the provider's name, and for a body the steps of its path.
local function where(at, name, param, about)
  local wire = rawget(param, "wire")
  local path = about.placeholders[wire == nil and name or wire]
  local into, named, steps = place.read(at, param, "wire", { into = path and "path" or NO_BODY[about.method] and "query" or "body", wire = name }, about.form)
  if into == "body" and NO_BODY[about.method] then
    return at:at("into"):wrong("must not be the body: %s has none", about.method)
  elseif into == "path" and not about.placeholders[named] then
    return at:wrong("goes into the path, which has no {%s}", (named:gsub("[^%w_]", "?")))
  end
  return into, named, steps
end

local function choices(at, enum, kind, default)
  local made, allowed = {}, {}
  for i, value in ipairs(at:list_of(enum, 63)) do
    made[i] = to_text(at:at(i), value, kind)
    allowed[made[i] or ""] = true
  end
  if not next(made) then
    at:wrong "must have at least one value"
  end
  return made, default == nil or allowed[default] or not next(made)
end

--- What the caller gives, or a default takes the place of.
local function argument(at, name, param, kind, about)
  local made = { name = name, source = "argument", type = kind }
  made.into, made.wire, made.steps = where(at, name, param, about)
  for _, key in ipairs { "required", "sensitive", "unique" } do
    made[key] = at:at(key):flag(rawget(param, key))
  end
  local default, enum = rawget(param, "default"), rawget(param, "enum")
  if default ~= nil and kind then
    made.default = to_text(at:at "default", default, kind)
  end
  if enum ~= nil and kind and type(enum) ~= "table" then
    at:at("enum"):wrong "must be a list"
  elseif enum ~= nil and kind then
    local allowed
    made.enum, allowed = choices(at:at "enum", enum, kind, made.default)
    if not allowed then
      at:at("default"):wrong "is none of what enum allows"
    end
  end
  if made.required and default ~= nil then
    at:at("required"):wrong "has no sense beside a default"
  elseif made.unique and (default ~= nil or kind ~= "string") then
    at:at("unique"):wrong "is for a string without a default"
  elseif made.into == "path" and made.required == false and default == nil and not made.unique then
    at:at("required"):wrong "must not be false: the path needs it"
  elseif made.into == "path" and default == nil and not made.unique then
    made.required = true
  end
  return made
end

--- What is the same in every request.
local function constant(at, name, param, kind, about)
  local made = { name = name, source = "constant", type = kind, value = kind and to_text(at:at "value", rawget(param, "value"), kind) }
  made.into, made.wire, made.steps = where(at, name, param, about)
  for _, key in ipairs(at.keys(param)) do
    if not CONSTANT_KEYS[key] and KEYS[key] then
      at:at(key):wrong "has no sense beside a value that is always the same"
    end
  end
  return made
end

--- Whether a request has the parameter even where the caller gives none.
local function always_there(made)
  return made.default ~= nil or made.unique == true
end

--- The table of parameters as a list of { at, name, param } in their order: as it is written where it is a list, whose entries have a `name`, else by names.
local function entries(at, value)
  local list, as_listed = {}, rawget(value, 1) ~= nil
  for key, param in ipairs(as_listed and at:list_of(value, MOST_PARTS) or {}) do
    local here = at:at(key)
    list[key] = { at = here, name = type(param) == "table" and rawget(param, "name"), param = param }
  end
  for _, name in ipairs(as_listed and {} or at.keys(value)) do
    table.insert(list, { at = at:at(name), name = name, param = rawget(value, name) })
  end
  return list, as_listed
end

--- Checks what parameters say of each other.
local function exclude(made)
  for _, part in ipairs(made.parts) do
    local here = made.at[part.name]:at "excludes"
    local other = rawget(made.given[part.name], "excludes")
    part.excludes = other ~= nil and part.source == "argument" and here:word(other, made.arguments) or nil
    if part.excludes == part.name then
      here:wrong "must be another parameter"
    elseif part.excludes and (always_there(part) or always_there(made.arguments[other])) then
      here:wrong "has no sense where one of the two is always there"
    end
  end
end

--- Reads one parameter into what request.params returns.
local function read(made, here, name, param, about)
  if type(name) ~= "string" or not name:find(PARAMETER) or #name > 64 then
    here:wrong ": the name of a parameter has letters, digits and _"
  elseif made.given[name] then
    here:at("name"):wrong "is the name of another parameter"
  else
    local kind = rawget(param, "type")
    kind = kind == nil and "string" or here:at("type"):word(kind, TYPES)
    local part = (rawget(param, "value") ~= nil and constant or argument)(here, name, param, kind, about)
    made.at[name], made.given[name] = here, param
    made.arguments[name] = part.source == "argument" and part or nil
    table.insert(made.parts, part)
  end
end

--- Reads `params` of an operation.
-- @param about { method, form, placeholders }
-- @return { parts = a list, as_listed = whether their order counts, arguments = those that a caller gives, by name; at, given = where each stands, and its
-- table, by name }
function request.params(at, value, about)
  local made, list = { parts = {}, arguments = {}, at = {}, given = {} }
  if value == nil or not at:table(value) then
    return made
  end
  list, made.as_listed = entries(at, value)
  for _, entry in ipairs(list) do
    if entry.at:table(entry.param, made.as_listed and LISTED_KEYS or KEYS) then
      read(made, entry.at, entry.name, entry.param, about)
    end
  end
  exclude(made)
  return made
end

--- What two parts cannot share.
local function key_of(made)
  if made.into == "header" then
    return "header " .. made.wire:lower()
  end
  return made.into .. " " .. made.wire
end

--- Sorts the parts as they are written: by the names of their places, or in the order of the list, where what an object of the body has stands together.
local function sort(parts, as_listed)
  local first, places = {}, {}
  for i, made in ipairs(parts) do
    local steps, path = as_listed and {} or { "body" }, ""
    for _, step in ipairs(made.steps or {}) do
      path = path .. "." .. step
      first[path] = first[path] or i
      table.insert(steps, as_listed and first[path] or step)
    end
    places[made] = made.steps and steps or as_listed and { i } or { "", made.into, made.wire or "", made.name }
  end
  table.sort(parts, function(a, b) return paths.before(places[a], places[b]) end)
end

--- Whether a part stands in that object of the body; in "body" all of them stand.
local function is_within(made, name)
  local path = name:sub(#"body." + 1) .. "."
  return made.steps ~= nil and (name == "body" or made.wire:sub(1, #path) == path)
end

--- Checks that what a signature of the body is over has no signature in it, and that there is such a thing.
local function check_signed(at, made, parts, about)
  for name in made.over:gmatch "{(body[^}]*)}" do
    local found = name == "body"
    for _, part in ipairs(parts) do
      found = found or is_within(part, name)
      if made.steps and part.source == "signature" and is_within(part, name) then
        at:wrong(": the signature '%s' is part of what is signed", check.shown(part.wire))
      end
    end
    if not found or (about.form and name ~= "body") then
      at:wrong(": there is no object {%s} in the body to be signed", check.shown(name))
    end
  end
end

--- Adds one part to the others. @return what it is at odds with, or nil
local function add(made, known, body)
  if not made.into or made.into == "nothing" or not made.wire or not made.name then
    return nil
  end
  local key = key_of(made)
  local clash = (known[key] and made.into ~= "query") or made.steps and body(made.steps, made.wire)
  known[key] = true
  return clash and ("%s '%s'"):format(made.into, (made.wire:gsub("[^%w%-._]", "?")))
end

--- All parts of an operation, in the order in which they are written.
-- @param at of the operation
-- @param params what request.params returned
-- @param shared a list of what goes with every call: credentials and settings
-- @param about { method, form, placeholders }
-- @return the list
function request.join(at, params, shared, about)
  local parts, known, names, body, signatures = {}, {}, {}, paths.set(), {}
  for _, made in ipairs(shared) do
    names[made.name or ""] = true
    if made.into == "body" and NO_BODY[about.method] then
      at:at("method"):wrong("must not be %s: a credential goes into the body", about.method)
    end
    if made.source == "signature" and made.over then
      table.insert(signatures, made)
    end
  end
  for _, list in ipairs(params.as_listed and { params.parts, shared } or { shared, params.parts }) do
    for _, made in ipairs(list) do
      local here = list == shared and at or params.at[made.name]
      if list == params.parts and names[made.name] then
        here:wrong "has the name of a credential or setting"
      end
      local clash = add(made, known, body)
      if clash then
        here:wrong(": the %s is written twice", clash)
      end
      table.insert(parts, made)
    end
  end
  for _, name in ipairs(at.keys(about.placeholders)) do
    if not known["path " .. name] then
      at:at("path"):wrong("has {%s}, which no parameter fills", name)
    end
  end
  if #parts > MOST_PARTS then
    at:at("params"):wrong("are too many: a request has at most %d values, credentials included", MOST_PARTS)
  elseif #signatures > MOST_SIGNATURES then
    at:wrong(": a request has at most %d signatures", MOST_SIGNATURES)
  end
  if #at.list == 0 then
    for _, made in ipairs(signatures) do
      check_signed(at, made, parts, about)
    end
    sort(parts, params.as_listed)
  end
  return parts
end

return request
