--- Authentication and settings of a definition: what `new` takes, and where it goes in every request.

local client = require "cards.client.config"
local paths = require "cards.define.paths"

local auth = {}

local NAME = "^[a-z][a-z0-9_]*$"
local TOKEN = "^[%w!#$%%&'*+.^_`|~-]+$"

local RESERVED_HEADERS = { host = true, ["content-length"] = true, ["content-type"] = true, ["transfer-encoding"] = true, connection = true, expect = true,
  te = true, upgrade = true, ["user-agent"] = true, ["accept-encoding"] = true, ["keep-alive"] = true, trailer = true, ["proxy-authorization"] = true }

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
  basic = set("type", "credential"),
  body = set("type", "credential", "path"),
  signer = set("type", "credential", "name", "sign"),
}
local KEYS = set("type", "credential", "name", "prefix", "path", "sign")
local SETTING_KEYS = set("into", "wire", "default", "required")

--- The name of a header, which nobody else sets.
function auth.header(at, value)
  local name = at:text(value, TOKEN, "must be the name of a header")
  if name and RESERVED_HEADERS[name:lower()] then
    return at:wrong "is a header that the library sets"
  end
  return name
end

local function among(list, name)
  for _, entry in ipairs(list) do
    if entry.name == name then
      return true
    end
  end
end

--- Notes a credential that `new` takes; the same one may be used more than once.
local function credential(at, value, into, kind, optional)
  local name = at:text(value, NAME, "must be a name such as \"token\": small letters, digits and _", 64)
  if not name then
    return nil
  elseif client.takes(name) then
    return at:wrong "is the name of a setting that every client has"
  elseif among(into.signers, name) then
    return at:wrong "is the name of a header that a function signs"
  end
  for _, known in ipairs(into.credentials) do
    if known.name == name then
      if known.kind ~= kind or kind == "setting" then
        return at:wrong "is the name of another credential or setting"
      end
      return name
    end
  end
  table.insert(into.credentials, { name = name, kind = kind, optional = optional })
  return name
end

local function part(into, made)
  made.source = made.source or "credential"
  table.insert(into.parts, made)
end

local readers = {}

function readers.bearer(at, entry, into)
  local given = rawget(entry, "credential")
  local name = credential(at:at "credential", given == nil and "token" or given, into, "value")
  part(into, { name = name, wire = "Authorization", into = "header", prefix = "Bearer ", required = true })
end

function readers.header(at, entry, into)
  local name = credential(at:at "credential", rawget(entry, "credential"), into, "value")
  local prefix = at:at("prefix"):optional_text(rawget(entry, "prefix"))
  part(into, { name = name, wire = auth.header(at:at "name", rawget(entry, "name")), into = "header", prefix = prefix, required = true })
end

function readers.basic(at, entry, into)
  local list = at:at("credential"):list_of(rawget(entry, "credential"), 2)
  local user = credential(at:at "credential", list[1], into, "value")
  local password = list[2] ~= nil and credential(at:at "credential", list[2], into, "value") or nil
  if user and user == password then
    at:at("credential"):wrong "has the same credential twice"
  end
  part(into, { name = user, wire = "Authorization", into = "header", prefix = "Basic ", basic = true, password = password, required = true })
  if password then
    part(into, { name = password, into = "nothing", required = true })
  end
end

function readers.body(at, entry, into)
  local name = credential(at:at "credential", rawget(entry, "credential"), into, "value")
  local path = rawget(entry, "path")
  local steps = paths.read(at:at "path", path, { most = 8 })
  part(into, { name = name, wire = steps and path, steps = steps, into = "body", required = true })
end

function readers.signer(at, entry, into)
  local name, given = auth.header(at:at "name", rawget(entry, "name")), rawget(entry, "credential")
  local key = given ~= nil and credential(at:at "credential", given, into, "value") or nil
  local sign = rawget(entry, "sign")
  if type(sign) ~= "function" then
    at:at("sign"):wrong "must be a function of the request"
  end
  if name and among(into.credentials, name) then
    at:at("name"):wrong "is the name of a credential, too: write one of the two otherwise" -- a call finds both by their names
  end
  if key then
    part(into, { name = key, into = "nothing", required = true })
  end
  part(into, { name = name, wire = name, into = "header", source = "signature", required = true })
  table.insert(into.signers, { name = name, credential = key, sign = sign })
end

--- Reads `auth`, one table or a list of them, into { credentials, parts, signers }.
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

--- Reads `settings`: what is no secret, and goes with every call.
function auth.settings(at, value, into)
  if value == nil or not at:table(value) then
    return
  end
  for _, key in ipairs(at.keys(value)) do
    local here, setting = at:at(key), rawget(value, key)
    if here:table(setting, SETTING_KEYS) then
      local place = here:at("into"):word(rawget(setting, "into") or "header", { header = true, query = true })
      local wire = rawget(setting, "wire")
      wire = place == "header" and auth.header(here:at "wire", wire) or place == "query" and here:at("wire"):text(wire)
      local required = here:at("required"):flag(rawget(setting, "required"))
      local default = here:at("default"):optional_text(rawget(setting, "default"))
      if required and default then
        here:at("required"):wrong "has no sense beside a default"
      end
      local name = credential(here, key, into, "setting", not required)
      part(into, { name = name, wire = wire, into = place, required = required, default = default })
    end
  end
end

return auth
