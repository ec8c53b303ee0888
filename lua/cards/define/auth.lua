--- Authentication and settings of a definition: what `new` takes, and where it goes in every request.

local client = require "cards.client.config"
local place = require "cards.define.place"
local template = require "cards.define.template"

local auth = {}

local NAME = "^[a-z][a-z0-9_]*$"
local NAMED = "must be a name such as \"token\": small letters, digits and _"

local function set(...)
  local made = {}
  for i = 1, select("#", ...) do
    made[(select(i, ...))] = true
  end
  return made
end

local KINDS = {
  bearer = set("type", "credential"),
  header = set("type", "credential", "name", "prefix"),
  query = set("type", "credential", "name"),
  basic = set("type", "credential"),
  body = set("type", "credential", "path", "prefix"),
  signer = set("type", "credential", "name", "sign"),
  signature = set("type", "credential", "name", "into", "over", "algorithm", "encoding", "key", "sign", "value"),
}
local KEYS = {}
for _, keys in pairs(KINDS) do
  for key in pairs(keys) do
    KEYS[key] = true
  end
end

local CREDENTIAL_KEYS = set("type", "optional", "one_of")
local CREDENTIAL_TYPES = set("pem", "function")
local SETTING_KEYS = set("into", "wire", "default", "required", "operations")
local ALGORITHMS = set("ecdsa-sha256")
local ENCODINGS = set("base64")

local function among(list, name)
  for _, entry in ipairs(list) do
    if entry.name == name then
      return entry
    end
  end
end

--- Reads `credentials`: what is to be said of those that entries of `auth` name.
function auth.credentials(at, value, into)
  if value == nil or not at:table(value) then
    return
  end
  for _, name in ipairs(at.keys(value)) do
    local here, given = at:at(name), rawget(value, name)
    if here:table(given, CREDENTIAL_KEYS) then
      local kind, one_of = rawget(given, "type"), rawget(given, "one_of")
      into.declared[name] = {
        type = kind ~= nil and here:at("type"):word(kind, CREDENTIAL_TYPES) or nil,
        optional = here:at("optional"):flag(rawget(given, "optional")),
        one_of = here:at("one_of"):optional_text(one_of, NAME, NAMED, 64),
      }
      if one_of ~= nil and rawget(given, "optional") then
        here:at("optional"):wrong "has no sense beside one_of"
      end
    end
  end
end

--- Notes a credential that `new` takes; the same one may be used more than once.
-- @param kind "setting", "pem", "function", or nil
-- @return its name, and whether it is always there; nil and a mistake where it is none
local function credential(at, value, into, kind, optional)
  local name = at:text(value, NAME, NAMED, 64)
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
      name = name, type = kind, kind = kind == "pem" and "value" or kind or "value", optional = optional or declared.optional, one_of = declared.one_of,
    }
    table.insert(into.credentials, known)
  end
  return name, not known.optional and not known.one_of
end

local function part(into, made)
  made.source = made.source or "credential"
  table.insert(into.parts, made)
end

local readers = {}

function readers.bearer(at, entry, into)
  local given = rawget(entry, "credential")
  local name, required = credential(at:at "credential", given == nil and "token" or given, into)
  part(into, { name = name, wire = "Authorization", into = "header", prefix = "Bearer ", required = required })
end

function readers.header(at, entry, into)
  local name, required = credential(at:at "credential", rawget(entry, "credential"), into)
  local prefix = at:at("prefix"):optional_text(rawget(entry, "prefix"))
  part(into, { name = name, wire = place.header(at:at "name", rawget(entry, "name")), into = "header", prefix = prefix, required = required })
end

function readers.query(at, entry, into)
  local name, required = credential(at:at "credential", rawget(entry, "credential"), into)
  part(into, { name = name, wire = at:at("name"):text(rawget(entry, "name")), into = "query", required = required })
end

function readers.basic(at, entry, into)
  local list = at:at("credential"):list_of(rawget(entry, "credential"), 2)
  local user, required = credential(at:at "credential", list[1], into)
  local password, password_required
  if list[2] ~= nil then
    password, password_required = credential(at:at "credential", list[2], into)
  end
  if user and user == password then
    at:at("credential"):wrong "has the same credential twice"
  end
  part(into, { name = user, wire = "Authorization", into = "header", prefix = "Basic ", basic = true, password = password, required = required })
  if password then
    part(into, { name = password, into = "nothing", required = password_required })
  end
end

function readers.body(at, entry, into)
  local name, required = credential(at:at "credential", rawget(entry, "credential"), into)
  local path = rawget(entry, "path")
  local steps, prefix = place.steps(at:at "path", path), at:at("prefix"):optional_text(rawget(entry, "prefix"))
  part(into, { name = name, wire = steps and path, steps = steps, into = "body", prefix = prefix, required = required })
end

--- The key of a signature, which is not sent itself.
local function key_part(at, value, into, kind)
  if value == nil then
    return nil
  end
  local name, required = credential(at, value, into, kind)
  part(into, { name = name, into = "nothing", required = required, type = kind })
  return name
end

--- Notes the name that a call brings a value by which something makes anew for each try.
local function make(at, name, into)
  if name and among(into.credentials, name) then
    return at:wrong "is the name of a credential, too: write one of the two otherwise" -- a call finds both by their names
  end
  into.made[name or ""] = true
  return name
end

function readers.signer(at, entry, into)
  if not into.signers then
    return at:at("type"):wrong "is for all operations, not for one"
  end
  local name, sign = place.header(at:at "name", rawget(entry, "name")), rawget(entry, "sign")
  local key = key_part(at:at "credential", rawget(entry, "credential"), into)
  if type(sign) ~= "function" then
    at:at("sign"):wrong "must be a function of the request"
  end
  make(at:at "name", name, into)
  part(into, { name = name, wire = name, into = "header", source = "signature", required = true })
  table.insert(into.signers, { name = name, credential = key, sign = sign })
end

local function is_signed(name)
  return name == "body" or (name:find "^body%.[^.]" ~= nil and not name:find("..", 1, true) and name:sub(-1) ~= ".")
end

function readers.signature(at, entry, into)
  local given, sign, key, algorithm = rawget(entry, "credential"), rawget(entry, "sign"), rawget(entry, "key"), rawget(entry, "algorithm")
  local made = { source = "signature", required = true }
  made.into, made.wire, made.steps = place.read(at, entry, "name", { into = "header" })
  made.over = template.read(at:at "over", rawget(entry, "over"), is_signed, "such as {body} or {body.data}")
  if rawget(entry, "value") ~= nil then
    made.value = template.read(at:at "value", rawget(entry, "value"), function(name) return name == "signature" end, "{signature}", true)
  end
  if key == nil and given == nil and sign == nil then
    at:wrong "must have a key, sign or a credential"
  elseif key ~= nil then
    made.algorithm = at:at("algorithm"):word(algorithm, ALGORITHMS)
  elseif algorithm ~= nil then
    at:at("algorithm"):wrong "has no sense without a key"
  end
  if rawget(entry, "encoding") ~= nil then
    at:at("encoding"):word(rawget(entry, "encoding"), ENCODINGS)
  end
  made.name = given ~= nil and credential(at:at "credential", given, into) or nil
  made.key = key_part(at:at "key", key, into, "pem")
  made.sign = sign ~= nil and credential(at:at "sign", sign, into, "function") or nil
  made.name = made.name or make(at, made.wire, into)
  part(into, made)
end

--- Reads `auth`, one table or a list of them.
-- @param into what is filled in: { credentials, declared, parts, signers, made }; without signers where it is of one operation
function auth.read(at, value, into)
  local list, single = at:list_of(value, 8)
  for i, entry in ipairs(list) do
    local here = single and at or at:at(i)
    if here:table(entry, KEYS) then
      local kind = here:at("type"):word(rawget(entry, "type"), KINDS)
      if kind then
        for _, key in ipairs(here.keys(entry)) do
          if KEYS[key] and not KINDS[kind][key] then
            here:at(key):wrong("is not for \"%s\"", kind)
          end
        end
        readers[kind](here, entry, into)
      end
    end
  end
end

--- Reads `settings`: what is no secret, and goes with every call, or with those of some operations.
-- @param into { credentials, declared, settings, made }: its settings are parts, of which `operations` has the names as keys where they are limited
-- @param names of operations, as keys
function auth.settings(at, value, into, names)
  if value == nil or not at:table(value) then
    return
  end
  for _, key in ipairs(at.keys(value)) do
    local here, setting = at:at(key), rawget(value, key)
    if here:table(setting, SETTING_KEYS) then
      local made = { required = here:at("required"):flag(rawget(setting, "required")), default = here:at("default"):optional_text(rawget(setting, "default")) }
      if made.required and made.default then
        here:at("required"):wrong "has no sense beside a default"
      end
      made.name = credential(here, key, into, "setting", not made.required)
      made.into, made.wire, made.steps = place.read(here, setting, "wire", { into = "header", wire = made.name })
      for i, operation in ipairs(here:at("operations"):list_of(rawget(setting, "operations"), 64)) do
        made.operations = made.operations or {}
        made.operations[here:at("operations"):at(i):word(operation, names) or ""] = true
      end
      made.source = "credential"
      table.insert(into.settings, made)
    end
  end
end

--- Adds what is declared and used nowhere.
function auth.unused(at, into)
  for _, name in ipairs(at.keys(into.declared)) do
    if not among(into.credentials, name) then
      at:at(name):wrong ": no entry of auth names it"
    end
  end
end

return auth
