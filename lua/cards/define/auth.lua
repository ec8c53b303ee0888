--- Authentication and settings of a definition: what `new` takes, and where it goes in every request.

local client = require "cards.client.config"
local mistakes = require "cards.util.mistakes"
local place = require "cards.define.place"

local auth = {}

local NAME = "^[a-z][a-z0-9_]*$"
local any, flag, one_of, optional, optional_text, set =
  mistakes.any, mistakes.flag, mistakes.one_of, mistakes.optional, mistakes.optional_text, mistakes.set

local function name_of(at, value)
  return at:text(value, NAME, "must be a name such as \"token\": small letters, digits and _", 64)
end

local function among(list, name)
  for _, entry in ipairs(list) do
    if entry.name == name then
      return entry
    end
  end
end

local CREDENTIAL = { type = optional(one_of("pem", "function")), optional = flag, one_of = optional(name_of) }

--- Reads `credentials`, what a definition adds about those that entries of `auth` name.
function auth.credentials(at, value, into)
  for name, given, here in at:entries(value) do
    local made = here:read(given, CREDENTIAL)
    into.declared[name] = made
    if made and made.one_of and made.optional then
      here:at("optional"):wrong "has no sense beside one_of"
    end
  end
end

--- Notes a credential that `new` takes. Several entries may use the same one.
-- @param kind "setting", "pem", "function", or nil
-- @return its name, and whether it is always there; nil and a mistake where the value is no such name
local function credential(at, value, into, kind, is_optional)
  local name = name_of(at, value)
  if not name then
    return nil
  elseif client.takes(name) then
    return at:wrong "is the name of a setting that every client has"
  elseif into.made[name] then
    return at:wrong "is the name of a header that a function signs"
  end
  local declared, known = into.declared[name] or {}, among(into.credentials, name)
  if declared.type and declared.type ~= kind then
    return at:wrong("is a credential of the type %s", declared.type)
  elseif known and (known.type ~= kind or kind == "setting") then
    return at:wrong "is the name of another credential or setting"
  elseif not known then
    known = {
      name = name, type = kind, kind = kind == "pem" and "value" or kind or "value", optional = is_optional or declared.optional, one_of = declared.one_of,
    }
    table.insert(into.credentials, known)
  end
  return name, not known.optional and not known.one_of
end

--- Adds a part of the request that is the value of the entry's credential.
local function add_part(at, entry, into, made)
  made.source = "credential"
  made.name, made.required = credential(at:at "credential", entry.credential, into)
  table.insert(into.parts, made)
  return made
end

--- Adds a credential that is not sent itself. @return its name
local function hidden_part(at, value, into, kind)
  if value == nil then
    return nil
  end
  local name, required = credential(at, value, into, kind)
  table.insert(into.parts, { source = "credential", name = name, into = "nothing", required = required, type = kind })
  return name
end

--- Notes the name by which a call finds a value that is made again for each attempt.
local function make(at, name, into)
  if name and among(into.credentials, name) then
    return at:wrong "is the name of a credential, too: write one of the two otherwise"
  end
  into.made[name or ""] = true
  return name
end

-- By type of an entry of `auth`: the schema of its other keys, and a function(at, entry, into) that adds its parts.
local schemas, add = {}, {}

schemas.bearer = { credential = any }

function add.bearer(at, entry, into)
  entry.credential = entry.credential == nil and "token" or entry.credential
  add_part(at, entry, into, { wire = "Authorization", into = "header", prefix = "Bearer " })
end

schemas.header = { credential = any, name = place.header, prefix = optional_text }

function add.header(at, entry, into)
  add_part(at, entry, into, { wire = entry.name, into = "header", prefix = entry.prefix })
end

schemas.query = { credential = any, name = mistakes.text }

function add.query(at, entry, into)
  add_part(at, entry, into, { wire = entry.name, into = "query" })
end

schemas.basic = { credential = function(at, value) return at:list_of(value, 2) end }

function add.basic(at, entry, into)
  local user, password = entry.credential[1], entry.credential[2]
  if user ~= nil and rawequal(user, password) then
    at:at("credential"):wrong "has the same credential twice"
  end
  local made = add_part(at, { credential = user }, into, { wire = "Authorization", into = "header", prefix = "Basic ", basic = true })
  made.password = hidden_part(at:at "credential", password, into)
end

schemas.body = { credential = any, path = any, prefix = optional_text }

function add.body(at, entry, into)
  local steps = place.steps(at:at "path", entry.path)
  add_part(at, entry, into, { wire = steps and entry.path, steps = steps, into = "body", prefix = entry.prefix })
end

schemas.signer = { credential = any, name = place.header, sign = any }

function add.signer(at, entry, into)
  if not into.signers then
    return at:at("type"):wrong "is for all operations, not for one"
  elseif type(entry.sign) ~= "function" then
    at:at("sign"):wrong "must be a function of the request"
  end
  local key = hidden_part(at:at "credential", entry.credential, into)
  make(at:at "name", entry.name, into)
  table.insert(into.parts, { name = entry.name, wire = entry.name, into = "header", source = "signature", required = true })
  table.insert(into.signers, { name = entry.name, credential = key, sign = entry.sign })
end

--- The reader of a template: a text with {names}, which values replace.
-- @param is_known function(name)
-- @param such_as names for the message: "such as {body}"
-- @param is_line whether it must have no control character
local function template(is_known, such_as, is_line)
  return function(at, value)
    if type(value) ~= "string" or value == "" or #value > 1000 or value:find "%z" then
      return at:wrong "must be a string of 1 to 1000 bytes"
    elseif is_line and value:find "%c" then
      return at:wrong "contains a line break, a NUL or another control character"
    end
    local right = true
    local bare = value:gsub("{([^{}]*)}", function(name)
      right = right and is_known(name)
      return ""
    end)
    if not right or bare:find "[{}]" then
      return at:wrong("has a brace that is not part of a name %s", such_as)
    end
    return value
  end
end

local function is_signed(name)
  return name == "body" or (name:find "^body%.[^.]" ~= nil and not name:find("..", 1, true) and name:sub(-1) ~= ".")
end

local ALGORITHMS = set "ecdsa-sha256"

schemas.signature = {
  credential = any, name = any, into = any, key = any, sign = any, algorithm = any, encoding = optional(one_of "base64"),
  over = template(is_signed, "such as {body} or {body.data}"),
  value = optional(template(function(name) return name == "signature" end, "{signature}", true)),
}

function add.signature(at, entry, into)
  local made = { source = "signature", required = true, over = entry.over, value = entry.value }
  made.into, made.wire, made.steps = place.read(at, entry, "name", { into = "header" })
  if entry.key == nil and entry.credential == nil and entry.sign == nil then
    at:wrong "must have a key, sign or a credential"
  elseif entry.key ~= nil then
    made.algorithm = at:at("algorithm"):word(entry.algorithm, ALGORITHMS)
  elseif entry.algorithm ~= nil then
    at:at("algorithm"):wrong "has no sense without a key"
  end
  made.name = entry.credential ~= nil and credential(at:at "credential", entry.credential, into) or nil
  made.key = hidden_part(at:at "key", entry.key, into, "pem")
  made.sign = entry.sign ~= nil and credential(at:at "sign", entry.sign, into, "function") or nil
  made.name = made.name or make(at, made.wire, into)
  table.insert(into.parts, made)
end

local KEYS = { type = true }
for _, schema in pairs(schemas) do
  schema.type = any
  for key in pairs(schema) do
    KEYS[key] = true
  end
end

--- Reads `auth`, an entry or a list of them.
-- @param into what is filled in: { credentials, declared, parts, signers, made }; without signers where it is of one operation
function auth.read(at, value, into)
  at:each(value, 8, function(here, entry)
    local kind = here:table(entry, KEYS) and here:at("type"):word(rawget(entry, "type"), schemas)
    if not kind then
      return
    end
    local own = {}
    for key, given, there in here:entries(entry) do
      if schemas[kind][key] then
        own[key] = given
      elseif KEYS[key] then
        there:wrong("is not for \"%s\"", kind)
      end
    end
    add[kind](here, here:read(own, schemas[kind]), into)
  end)
end

local SETTING = { into = any, wire = any, default = optional_text, required = flag, operations = any }

--- Reads `settings`: what is no secret, and goes with every call, or with those of some operations.
-- @param into { credentials, declared, settings, made }: its settings are parts; `operations` has the names as keys where they are limited
-- @param names of operations, as keys
function auth.settings(at, value, into, names)
  for key, given, here in at:entries(value) do
    local made = here:read(given, SETTING)
    if made then
      if made.required and made.default then
        here:at("required"):wrong "has no sense beside a default"
      end
      local part = { source = "credential", required = made.required, default = made.default }
      part.name = credential(here, key, into, "setting", not made.required)
      part.into, part.wire, part.steps = place.read(here, made, "wire", { into = "header", wire = part.name })
      here:at("operations"):each(made.operations, 64, function(there, operation)
        part.operations = part.operations or {}
        part.operations[there:word(operation, names) or ""] = true
      end)
      table.insert(into.settings, part)
    end
  end
end

--- Adds a mistake for each declared credential that nothing uses.
function auth.unused(at, into)
  for name, _, here in at:entries(into.declared) do
    if not among(into.credentials, name) then
      here:wrong ": no entry of auth names it"
    end
  end
end

return auth
