--- The request of an operation of a definition: parameters and the path, read into the parts that core.define takes.

local auth = require "cards.define.auth"
local core = require "cards.core"
local paths = require "cards.define.paths"

local request = {}

local PARAMETER = "^[%a_][%w_]*$"
local MOST_PARTS = 64

local INTO = { path = true, query = true, header = true, body = true }
local TYPES = { string = true, integer = true, number = true, boolean = true }
local NO_BODY = { GET = true, DELETE = true }
local KEYS = { required = true, into = true, wire = true, type = true, enum = true, default = true, sensitive = true, excludes = true, unique = true }

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

--- Where a parameter goes: into, the wire name, and for a body the steps of its path.
local function place(at, name, param, about)
  local into, wire = rawget(param, "into"), rawget(param, "wire")
  local named = wire ~= nil and at:at("wire"):text(wire) or name
  if into == nil then
    into = about.placeholders[named] and "path" or NO_BODY[about.method] and "query" or "body"
  elseif type(into) == "string" and into:find(".", 1, true) then
    if wire ~= nil then
      at:at("wire"):wrong "is not for a body path: that has the name"
    end
    named = into:match "^body%.(.*)$" or into
    into = "body"
  else
    into = at:at("into"):word(into, INTO)
  end
  if into == "body" and NO_BODY[about.method] then
    return at:at("into"):wrong("must not be the body: %s has none", about.method)
  elseif into == "body" then
    local steps = paths.read(at:at(rawget(param, "into") ~= nil and "into" or "wire"), named, { most = 8, arrays = about.form })
    return steps and into, named, steps
  elseif into == "header" and wire == nil then
    return at:at("wire"):wrong "is required: the header's name"
  elseif into == "header" and not auth.header(at:at "wire", named) then
    return nil
  elseif into == "path" and not about.placeholders[named] then
    return at:wrong("goes into the path, which has no {%s}", (named:gsub("[^%w_]", "?")))
  end
  return into, named
end

local function parameter(at, name, param, about)
  local kind = rawget(param, "type")
  kind = kind == nil and "string" or at:at("type"):word(kind, TYPES)
  local made = { name = name, source = "argument", type = kind }
  made.into, made.wire, made.steps = place(at, name, param, about)
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
    local allowed = {}
    made.enum = {}
    for i, value in ipairs(at:at("enum"):list_of(enum, 63)) do
      made.enum[i] = to_text(at:at("enum"):at(i), value, kind)
      allowed[made.enum[i] or ""] = true
    end
    if not next(made.enum) then
      at:at("enum"):wrong "must have at least one value"
    elseif made.default and not allowed[made.default] then
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

--- Whether a request has the parameter even where the caller gives none.
local function always_there(param)
  return rawget(param, "default") ~= nil or rawget(param, "unique") == true
end

--- Reads `params` of an operation.
-- @param about { method, form, placeholders }
-- @return a list of parts, and the names as keys
function request.params(at, value, about)
  local parts, names = {}, {}
  if value ~= nil and not at:table(value) then
    return parts, names
  end
  for _, name in ipairs(at.keys(value)) do
    local here, param = at:at(name), rawget(value, name)
    if type(name) ~= "string" or not name:find(PARAMETER) or #name > 64 then
      here:wrong ": the name of a parameter has letters, digits and _"
    elseif here:table(param, KEYS) then
      names[name] = true
      table.insert(parts, parameter(here, name, param, about))
    end
  end
  for _, made in ipairs(parts) do
    local other = rawget(rawget(value, made.name), "excludes")
    if other ~= nil then
      made.excludes = at:at(made.name):at("excludes"):word(other, names)
      if made.excludes == made.name then
        at:at(made.name):at("excludes"):wrong "must be another parameter"
      elseif made.excludes and (always_there(rawget(value, made.name)) or always_there(rawget(value, other))) then
        at:at(made.name):at("excludes"):wrong "has no sense where one of the two is always there"
      end
    end
  end
  return parts, names
end

--- What two parts cannot share.
local function key_of(made)
  if made.into == "header" then
    return "header " .. made.wire:lower()
  end
  return made.into .. " " .. made.wire
end

local function before(a, b)
  if a.steps and b.steps then
    return paths.before(a.steps, b.steps)
  elseif a.steps or b.steps then
    return b.steps ~= nil
  end
  local first, second = { a.into, a.wire or "", a.name }, { b.into, b.wire or "", b.name }
  return paths.before(first, second)
end

--- All parts of an operation, in the order in which they are written.
-- @param at of the operation
-- @param own its parameters
-- @param shared what goes with every call: credentials and settings
-- @param about { method, placeholders }
function request.join(at, own, shared, about)
  local parts, known, names, body = {}, {}, {}, paths.set()
  for _, list in ipairs { shared, own } do
    for _, made in ipairs(list) do
      local here = list == own and at:at("params"):at(made.name) or at
      if made.source == "credential" and made.name then
        names[made.name] = true
      elseif names[made.name] then
        here:wrong "has the name of a credential or setting"
      end
      if made.into == "body" and made.source == "credential" and NO_BODY[about.method] then
        at:at("method"):wrong("must not be %s: a credential goes into the body", about.method)
      end
      if made.into and made.into ~= "nothing" and made.wire and made.name then
        local key = key_of(made)
        local clash = (known[key] and made.into ~= "query") or made.steps and body(made.steps, made.wire)
        if clash then
          here:wrong(": the %s '%s' is written twice", made.into, (made.wire:gsub("[^%w%-._]", "?")))
        end
        known[key] = true
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
  end
  if #at.list == 0 then
    table.sort(parts, before)
  end
  return parts
end

return request
