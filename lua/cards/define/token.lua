--- Entries of `auth` that fetch a token: from an operation of the definition, or by OAuth 2 client credentials, which become a hidden operation.

local check = require "cards.util.check"
local client = require "cards.client.config"
local fetched = require "cards.define.fetched"
local mistakes = require "cards.util.mistakes"
local place = require "cards.define.place"

local token = {}

local any, one_of, optional, optional_text = mistakes.any, mistakes.one_of, mistakes.optional, mistakes.optional_text

--- Where a token goes, in the request. A header is Authorization with "Bearer " unless the entry says otherwise.
local function token_part(at, entry, name, operation)
  local is_header = entry.into == nil or entry.into == "header"
  local header = is_header and (entry.name == nil and "Authorization" or entry.name) or entry.name
  local part = { source = "credential", required = true, name = name, operation = operation, prefix = entry.prefix }
  part.into, part.wire, part.steps = place.read(at, { into = entry.into, name = header }, "name", { into = "header" })
  if part.prefix == nil and type(header) == "string" and header:lower() == "authorization" then
    part.prefix = "Bearer "
  elseif part.prefix == "" then
    part.prefix = nil
  end
  return part
end

local function any_text(at, value)
  return value ~= nil and value ~= "" and at:text(value) or value
end

local ttl = mistakes.checked(check.number(0.001, 1e8))

local TOKEN = { operation = any, value = fetched.path, expires = optional(fetched.path), ttl = ttl, with = any, name = any, prefix = any_text, into = any }

local check_url = mistakes.checked(function(value, key)
  local base, query = value, ""
  if type(value) == "string" then
    base, query = value:match "^([^?]*)(.*)$"
  end
  local wrong = client.check_url(base, key)
  return wrong or (query:find "[%c%s\"#<>\\^`{|}\127-\255]" and ("%s contains a character that a URL cannot have"):format(key)) or nil
end)

local function token_url(at, value)
  return value == nil and at:wrong "must be the URL where tokens are given" or check_url(at, value)
end

local OAUTH2 = { url = token_url, credential = function(at, value) return at:list_of(value, 2) end, scope = optional_text, audience = optional_text,
  client_auth = optional(one_of("basic", "body")), ttl = ttl, name = any, prefix = any_text, into = any }

--- The operation that fetches a token by RFC 6749, 4.4, as a definition writes it.
local function client_credentials(entry, id, secret)
  local made = { method = "POST", path = "/", encoding = "form", safe = true, params = { grant_type = { value = "client_credentials" } },
    response = { fields = { access_token = "token", expires_in = "timestamp", token_type = "string" } },
    error = { code = "error", message = "error_description" } }
  made.params.scope = entry.scope and { value = entry.scope }
  made.params.audience = entry.audience and { value = entry.audience }
  made.auth = { type = "basic", credential = { id, secret } }
  if entry.client_auth == "body" then
    made.auth = { { type = "body", path = "client_id", credential = id }, { type = "body", path = "client_secret", credential = secret } }
  end
  return made
end

--- A name for it that no operation has. Entries that say the same share it.
local function oauth2_name(into, entry, id, secret)
  local key = table.concat({ entry.url, id, secret, entry.scope or "", entry.audience or "", entry.client_auth or "" }, "\n")
  for _, known in ipairs(into.hidden) do
    if known.key == key then
      return known.name
    end
  end
  local name, count = "oauth2", 1
  while into.operations[name] do
    count = count + 1
    name = ("oauth2_%d"):format(count)
  end
  into.operations[name] = true
  table.insert(into.hidden, { name = name, key = key, url = entry.url })
  return name, into.hidden[#into.hidden]
end

--- Adds the two types of entries to those of cards.define.auth.
-- @param credential function(at, value, into) that notes a credential and returns its name
-- @param ours function(into) that returns a reader of the name of a credential or setting, for fetched.with
function token.add_to(schemas, add, credential, ours)
  schemas.token, schemas.oauth2 = TOKEN, OAUTH2

  function add.token(at, entry, into)
    local operation = at:at("operation"):word(entry.operation, into.operations)
    local with = fetched.with(at:at "with", entry.with, ours(into))
    if operation and entry.value then
      local name = fetched.note(at, into, {
        what = "token", operation = operation, take = entry.value, expires = entry.expires, ttl = entry.ttl, with = with,
      })
      table.insert(into.parts, token_part(at, entry, name, operation))
    end
  end

  function add.oauth2(at, entry, into)
    local id, secret = credential(at:at "credential", entry.credential[1], into), credential(at:at "credential", entry.credential[2], into)
    if not id or not secret or not entry.url then
      return nil
    elseif id == secret then
      return at:at("credential"):wrong "has the same credential twice"
    end
    local name, hidden = oauth2_name(into, entry, id, secret)
    if hidden then
      hidden.at, hidden.value = at, client_credentials(entry, id, secret)
    end
    local value = fetched.note(at, into, { what = "token", operation = name, take = "access_token", expires = "expires_in", ttl = entry.ttl, with = {} })
    table.insert(into.parts, token_part(at, entry, value, name))
  end
end

return token
