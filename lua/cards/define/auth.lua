--- Authentication and settings of a definition: what `new` takes, and where it goes in every request.

local check = require "cards.util.check"
local claims = require "cards.define.claims"
local client = require "cards.client.config"
local core = require "cards.core"
local fetched = require "cards.define.fetched"
local mistakes = require "cards.util.mistakes"
local paths = require "cards.define.paths"
local place = require "cards.define.place"
local request = require "cards.define.request"
local templates = require "cards.define.templates"
local token = require "cards.define.token"

local auth = {}

local NAME = "^[a-z][a-z0-9_]*$"
local any, flag, one_of, optional, optional_text = mistakes.any, mistakes.flag, mistakes.one_of, mistakes.optional, mistakes.optional_text

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

local CREDENTIAL = {
  type = optional(one_of("pem", "bytes", "function")), optional = flag, one_of = optional(name_of), password = optional(name_of),
  encoding = optional(one_of("base64", "base64url", "hex")), from = optional(templates.read), length = mistakes.checked(check.number(1, 65536, true)),
}

--- Reads `credentials`, what a definition adds about those that entries of `auth` name, and those that only templates and keys name.
function auth.credentials(at, value, into)
  for name, given, here in at:entries(value) do
    local made = here:read(given, CREDENTIAL)
    into.declared[name_of(here, name) or ""] = made
    if made and made.one_of and made.optional then
      here:at("optional"):wrong "has no sense beside one_of"
    elseif made and made.password and made.type ~= "pem" then
      here:at("password"):wrong "is for the type pem"
    elseif made and made.length and not made.from then
      here:at("length"):wrong "is for one that is made of others (from)"
    elseif made and made.from and (made.optional or made.one_of or made.password) then
      here:wrong "is made of others: new does not take it"
    end
  end
  for _, name in ipairs(at.keys(into.declared)) do
    local made = into.declared[name]
    local password = made.password and into.declared[made.password]
    if password and password.password then
      at:at(name):at("password"):wrong "is a key with a password of its own"
      made.password = nil -- which may go in a circle
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
  if declared.type == "bytes" or (kind == nil and declared.type ~= "function") then
    kind = declared.type
  end
  if declared.from then
    return at:wrong "is made of others, and only a key or a part of a template"
  elseif declared.type and declared.type ~= kind then
    return at:wrong("is a credential of the type %s", declared.type)
  elseif known and (known.type ~= kind or kind == "setting") then
    return at:wrong "is the name of another credential or setting"
  elseif not known then
    known = { name = name, type = kind, optional = is_optional or declared.optional, one_of = declared.one_of }
    known.kind = (kind == "setting" or kind == "function") and kind or "value"
    table.insert(into.credentials, known)
  end
  return name, not known.optional and not known.one_of
end

--- Adds a part of the request that is the value of the entry's credential.
local function add_part(at, entry, into, made)
  local declared = into.declared[entry.credential]
  made.source = "credential"
  if declared and (declared.type == "pem" or declared.type == "bytes") then
    at:at("credential"):wrong("is a credential of the type %s, which is never sent", declared.type)
  end
  made.name, made.required = credential(at:at "credential", entry.credential, into)
  table.insert(into.parts, made)
  return made
end

local hidden_part

--- The part of a credential that is not sent itself: it is made of others, or a value of `new`.
local function new_hidden(at, value, into, kind)
  local declared = into.declared[value]
  if declared and declared.from then
    into.used[value] = true
    return { source = "made", kind = "text", name = value, value = declared.from, length = declared.length, into = "nothing",
      type = declared.type == "bytes" and "bytes" or kind, encoding = declared.encoding, here = at }
  end
  local name, required = credential(at, value, into, kind)
  declared = into.declared[name] or {}
  local part = { source = "credential", name = name, into = "nothing", required = required, encoding = declared.encoding }
  part.type = declared.type ~= "function" and declared.type or kind
  if declared.password then
    part.key_password = hidden_part(at, declared.password, into)
  end
  return part
end

--- Adds a credential that is not sent itself, once. @return its name
function hidden_part(at, value, into, kind)
  if value == nil then
    return nil
  end
  local known = among(into.parts, value)
  if known and known.into == "nothing" then
    return value
  end
  local part = new_hidden(at, value, into, kind)
  table.insert(into.parts, part)
  return part.name
end

--- Adds the credentials that the templates of parts name, or that of a body, where they are declared and nothing of that name is there.
-- @param body the template, or nil
function auth.add_named(at, body, into)
  local i = 0
  local function add_of(text, here)
    for _, name in ipairs(templates.names(text)) do
      local known = into.declared[name] or among(into.credentials, name)
      if known and known.type ~= "function" and known.kind ~= "setting" and not among(into.parts, name) then
        hidden_part(here, name, into)
      end
    end
  end
  while i < #into.parts do -- one that is added may name others
    i = i + 1
    for _, text in ipairs(templates.of(into.parts[i])) do
      add_of(text, into.parts[i].here or at)
    end
  end
  if body then
    add_of(body, at)
    auth.add_named(at, nil, into)
  end
end

--- The reader of the name of a credential or setting, for fetched.with. Whether an entry of `auth` names such a credential shows later.
function auth.ours(into)
  return function(at, value)
    local name = name_of(at, value)
    if name and into.declared[name] then
      name = credential(at, value, into)
    end
    return name and { credential = true } or nil
  end
end

--- Adds the key that a signature or cipher names: a credential, or { from = operation, take = path } for one that an operation gives. @return its name
-- @param kind "pem", or nil for bytes
function auth.key(at, value, into, kind)
  if type(value) == "table" then
    return fetched.key(at, value, into, kind, auth.ours(into))
  end
  local declared = into.declared[value]
  return hidden_part(at, value, into, declared and declared.type or kind)
end

--- Notes the name by which a call finds a value that is made again for each attempt.
local function make(at, name, into)
  if name and among(into.credentials, name) then
    return at:wrong "is the name of a credential, too: write one of the two otherwise"
  end
  into.made[name or ""] = true
  return name
end

local ALGORITHMS = core.algorithms().signature -- what the key of each is: "pem", "bytes" or "none"

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
  local steps = paths.body(at:at "path", entry.path)
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
  table.insert(into.parts, { name = entry.name, wire = entry.name, into = "header", source = "made", kind = "signature", required = true })
  table.insert(into.signers, { name = entry.name, credential = key, sign = entry.sign })
end

local ENCODINGS = mistakes.set("base64", "base64url", "hex", "none")

--- Adds what a template of the entry may name besides all else: { timestamp = { now = "unix", into = "header", wire = "X-Time" } }.
local function add_parts(at, value, into)
  for name, given, here in at:entries(value) do
    into.parts[#into.parts + 1] = request.made(here, name, given, { into = "nothing" }) -- none where there is a mistake
  end
end

schemas.signature = {
  credential = any, name = any, into = any, prefix = optional_text, key = any, sign = any, algorithm = any,
  encoding = function(at, value) return value == nil and "base64" or at:word(value, ENCODINGS) end,
  over = function(at, value) return templates.read(at, value, { lines = true, most = 10000 }) end,
  value = templates.read, parts = any,
}

function add.signature(at, entry, into)
  local made = { source = "made", kind = "signature", required = true, over = entry.over, value = entry.value, prefix = entry.prefix, here = at }
  made.into, made.wire, made.steps = place.read(at, entry, "name", { into = "header" })
  made.encoding = entry.encoding ~= "none" and entry.encoding or nil
  made.algorithm = entry.algorithm ~= nil and at:at("algorithm"):word(entry.algorithm, ALGORITHMS) or nil
  local key_kind = ALGORITHMS[made.algorithm]
  if entry.key == nil and entry.credential == nil and entry.sign == nil and key_kind ~= "none" then
    at:wrong "must have a key, sign or a credential"
  elseif entry.key ~= nil and entry.algorithm == nil then
    at:at("algorithm"):word(nil, ALGORITHMS)
  elseif entry.key == nil and entry.algorithm ~= nil and key_kind ~= "none" then
    at:at("algorithm"):wrong "has no sense without a key"
  elseif entry.key ~= nil and key_kind == "none" then
    at:at("key"):wrong "has no sense beside a digest, which has none"
  end
  for _, name in ipairs(templates.names(entry.over or "")) do
    if name == "signature" then
      at:at("over"):wrong "names {signature}, which is made of it"
    end
  end
  if entry.value ~= nil and not entry.value:find "{signature[|}]" then
    at:at("value"):wrong "does not name {signature}"
  end
  if entry.over == nil then
    at:at("over"):wrong "is required: the template of what is signed"
  end
  made.name = entry.credential ~= nil and credential(at:at "credential", entry.credential, into) or nil
  made.key = entry.key ~= nil and auth.key(at:at "key", entry.key, into, key_kind == "pem" and "pem" or nil) or nil
  made.sign = entry.sign ~= nil and credential(at:at "sign", entry.sign, into, "function") or nil
  made.name = made.name or make(at, made.wire, into)
  add_parts(at:at "parts", entry.parts, into)
  table.insert(into.parts, made)
end

local JWT_ALGORITHMS = mistakes.set("RS256", "RS512", "PS256", "PS512", "ES256", "ES384", "HS256", "HS384", "HS512", "EdDSA")

schemas.jwt = { key = any, algorithm = any, header = any, claims = any, name = any, into = any, prefix = any, parts = any }

--- Where a value of an entry goes: by default into the header Authorization, with "Bearer " in front.
local function bearer_place(at, entry, made)
  made.into, made.wire, made.steps = place.read(at, entry, "name", { into = "header", wire = "Authorization", header = true })
  local is_usual = made.into == "header" and made.wire == "Authorization"
  made.prefix = entry.prefix == nil and is_usual and "Bearer " or entry.prefix ~= "" and optional_text(at:at "prefix", entry.prefix) or nil
end

function add.jwt(at, entry, into)
  local made = { source = "made", kind = "jwt", required = true, here = at }
  bearer_place(at, entry, made)
  made.algorithm = at:at("algorithm"):word(entry.algorithm, JWT_ALGORITHMS)
  made.over = claims.template(at:at "claims", entry.claims)
  made.header = entry.header ~= nil and claims.template(at:at "header", entry.header) or nil
  if entry.key == nil then
    at:at("key"):wrong "is required: the name of a credential"
  end
  made.key = auth.key(at:at "key", entry.key, into, made.algorithm and not made.algorithm:find "^HS" and "pem" or nil)
  made.name = make(at, "jwt " .. tostring(made.wire), into)
  add_parts(at:at "parts", entry.parts, into)
  table.insert(into.parts, made)
end

schemas.oauth1 = { consumer_key = any, key = any }

function add.oauth1(at, entry, into)
  local made = { source = "made", kind = "oauth1", required = true, here = at, into = "header", wire = "Authorization" }
  for _, key in ipairs { "consumer_key", "key" } do
    if entry[key] == nil then
      at:at(key):wrong "is required: the name of a credential"
    end
  end
  made.consumer = hidden_part(at:at "consumer_key", entry.consumer_key, into)
  made.key = auth.key(at:at "key", entry.key, into, "pem")
  made.name = make(at, "oauth1", into)
  table.insert(into.parts, made)
end

token.add_to(schemas, add, credential, auth.ours)

local KEYS = { type = true }
for _, schema in pairs(schemas) do
  schema.type = any
  for key in pairs(schema) do
    KEYS[key] = true
  end
end

--- Reads `auth`, an entry or a list of them.
-- @param into what is filled in: { credentials, declared, parts, signers, made, fetched, hidden }, and { operations, setting_names }, names as keys; without
--   signers where it is of one operation
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

local SETTING = { into = any, wire = any, default = optional_text, required = flag, operations = any, allow_pan = flag }

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
      local part = { source = "credential", required = made.required, default = made.default, allow_pan = made.allow_pan }
      part.name = credential(here, key, into, "setting", not made.required)
      part.into, part.wire, part.steps = place.read(here, made, "wire", { into = "header", wire = part.name })
      place.refuse_pan(here:at "default", part)
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
    if name ~= "" and not among(into.credentials, name) and not into.used[name] then
      here:wrong ": nothing names it: no entry of auth, no template and no key"
    end
  end
end

return auth
