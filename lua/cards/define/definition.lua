--- Reads a definition, a provider as a Lua table: finds all mistakes, and makes the form that core.define takes. A definition has
--
--     name        of the provider: small letters, digits and _
--     base_url    the default of `new`
--     hosts       a list of names, with or without a port, where a URL out of an answer may lead besides
--     rate        { 600, per = 60 }: so many calls in so many seconds, for all calls with the same credentials
--     page        the URL of its documentation; an operation may have one of its own
--     credentials by name, those that only templates and keys name, and more about those that `auth` names: { type = "pem" (a key: PEM, JWK or
--                 base64 of DER; password = another one), "bytes" (encoding = base64, base64url or hex) or "function", optional,
--                 one_of = name of a group of which `new` takes exactly one }; or { from = template, length }, which is made of others
--     auth        one of these or a list of them; `credential` is its name in `new`
--                   { type = "bearer", credential = "token" }                   Authorization: Bearer …
--                   { type = "header", name = "X-Api-Key", credential = "key", prefix = "…" }
--                   { type = "query", name = "apikey", credential = "key" }
--                   { type = "basic", credential = { "user", "password" } }     or one credential, without a password
--                   { type = "body", path = "auth.key", credential = "key", prefix = "…" }
--                   { type = "signature", name = "X-Signature", algorithm = "hmac-sha256", key = "secret", over = template, value = template,
--                     encoding = "base64", parts = { name = { now or unique, into, wire } }, into = "query" or "body.auth.signature" }
--                   { type = "jwt", key, algorithm = "RS256", header = { … }, claims = { … }, name, prefix, into }
--                   { type = "oauth1", consumer_key, key }
--                 made for each attempt, see docs/guide/signatures.md. Of a signature beside or instead of a key: credential, the name by which
--                 `new` takes a ready one; sign, the name by which it takes a function of the signed text
--                   { type = "signer", name = "X-Signature", credential = "secret", sign = function(request, hmac) … end }
--                 sign is called before every attempt, with { method, url, path, body, credential } and hmac(encoding, …). path has its
--                 query; a text with a secret in it is a secret. hmac is HMAC-SHA-256 of texts and secrets under the credential, as
--                 "hex" or "base64". sign returns the header's value, or nil and the reason
--                   { type = "token", operation = "login", value = "access_token", expires = path, ttl = seconds, with, name, prefix, into }
--                   { type = "oauth2", url, credential = { "client_id", "client_secret" }, scope, audience, client_auth = "basic" or "body", ttl, … }
--                 a token of an operation, and its short form for client credentials, see docs/guide/tokens.md
--     settings    by name, values in `new` that are no secrets: { wire = "X-Version", into = "header" or as of params, default, required,
--                 operations = a list of the operations that send it, allow_pan as of params }
--     operations  by name:
--       method      GET (default), POST, PUT, PATCH, DELETE
--       encoding    of the body: "json" (default); "form", in which the body path card.id becomes the name card[id]; "raw", which is the one
--                     parameter that goes into it, or `template`; "xml", a template in which values are escaped
--       content_type, accept   the headers of that name
--       path        below base_url, with {placeholders}; it may have a query
--       base_url    of this operation. At another host than the definition's it has only what its own auth says
--       before      a list of steps { operation, with = { its parameter = ours }, take = { ours = path in its record }, url = path in its record
--                     of where this operation is sent }, see docs/guide/steps.md
--       rate        in the place of the definition's
--       auth        replaces the definition's for this operation; {} for none
--       params      by name, or a list of those, each with its `name`, where the order in the body matters:
--                     { required, into, wire, prefix, type, enum, default, sensitive, excludes, unique, allow_pan }. into: "path" (default where
--                     the path has it), "query" (default of GET and DELETE), "header", "body" (default of others), a path in the body,
--                     "body.cards[0].id", or "none"; wire: the provider's name for it; type: string, integer, number, boolean, list, object
--                     (tables); unique: "uuid", "hex" or "digits" (length), where the caller gives none; allow_pan: whether a card's number
--                     may stand in path, query or header, where it raises otherwise
--                   { value } is a constant; { now = "unix" } and { unique, fresh = true } are made for each attempt;
--                   { session = 32, wrap = … } is a key of the call and { public_of = credential } our public key, see docs/guide/encryption.md
--       encrypt     how the body, or what is at a path of it, is encrypted, or a list of those: { type, at, key, … }
--       success     { path, equals = a value or a list of them }, { path, absent = true } or { status = a status of 2xx or a list of
--                   them }, or a list of those, which all hold in a success; an answer that breaks one is `declined`, with
--                   shape = true `protocol`
--       empty       whether an answer without a body is a success; its record is empty
--       response    { format = "json" (default), "xml", "form" or "text", decrypt = how a text is encrypted, or a list of those, outer = fields
--                   from beside that text, root = path of the record, fields = { path = type or { type, digits, decrypt } },
--                   required = paths of fields }; types: string, integer,
--                   number, boolean, timestamp, and the secrets pan, cvv, token, secret; "items[].pan" in arrays, see
--                   cards.define.paths; digits: the length to which zeros are put in front of a number; an answer without a value at
--                   a required path is `protocol`
--       error       { code, message = a path or a list of up to eight, details = path of an object whose keys name the wrong parameters }
--       null, code, status
--                   { [path] = kind }: of an answer that has a null there, in a parent that is there; { [code] = kind }: of one with that
--                   code at a path of error.code; { [status] = kind }. They come first, in this order. Kinds: auth, not_found,
--                   rate_limited, declined, invalid_request, provider, protocol
--       retry       { header = one whose value is true or false, after = one with seconds or a time, status = one or a list }: what
--                   says that the same call may be sent again. It is, where it is safe to send twice or the provider refused with 4xx
--       echo        { [path in the answer] = parameter, or { param, required } }: an answer with another value is about another card
--       safe        whether it only reads, and may be sent twice; true by default for GET
--       pages       of a list: { items, cursor, into } or { items, more, last, into }, for client:pages. items, cursor, more (true or
--                   false) and last (of an item) are paths of the record, into is the parameter for the next page
--       card        the mapping to the neutral record, see cards.map
--     examples    a list of { operation, status = 200, answer = body, card or error = the expected result, plain = whether what is encrypted stands there
--                 in plain text }, see cards.define.try
--
-- docs/guide/definition-limits.md lists how long and how many all of it may be.

local answer = require "cards.define.answer"
local auth = require "cards.define.auth"
local check = require "cards.util.check"
local client = require "cards.client.config"
local core = require "cards.core"
local encryption = require "cards.define.encryption"
local fetched = require "cards.define.fetched"
local mistakes = require "cards.util.mistakes"
local request = require "cards.define.request"
local steps = require "cards.define.steps"
local urls = require "cards.client.urls"

local definition = {}

local NAME = "^[a-z][a-z0-9_]*$"

local any, flag, optional, optional_text = mistakes.any, mistakes.flag, mistakes.optional, mistakes.optional_text

--- What stands beside the operations in a provider's module.
local TAKEN = mistakes.set("new", "from_env", "start", "provider", "pages")

local function name_of(at, value)
  local name = at:text(value, NAME, "must be a name such as \"acme\": small letters, digits and _", 32)
  for _, built_in in ipairs(core.providers()) do
    if name == built_in then
      return at:wrong "is the name of a built-in provider"
    end
  end
  return name
end

--- The credentials and settings of one operation, as parts. Another host than that of the definition's base_url gets no credential that is not the operation's
-- own.
local function shared_parts(at, name, given, shared)
  local own, url = given.auth, given.base_url
  local is_own = own ~= nil or url ~= nil and not (shared.base_url and urls.is_same_origin(url, shared.base_url))
  local into = { parts = {} }
  for _, key in ipairs { "credentials", "declared", "used", "made", "fetched", "hidden", "operations", "setting_names" } do
    into[key] = shared[key]
  end
  auth.read(at:at "auth", own, into)
  for _, part in ipairs(is_own and {} or shared.parts) do
    if part.operation ~= name then -- what gives a token has none yet
      part.shared = part.into ~= "nothing"
      table.insert(into.parts, part)
    end
  end
  for _, part in ipairs(shared.settings) do
    local has_place = part.into ~= "body" or request.has_body(given.method or "GET")
    if has_place and (not part.operations or part.operations[name]) then
      table.insert(into.parts, part)
    end
  end
  return into
end

local function media_type(at, value)
  return at:text(value, "^[%w!#$&^_.+-]+/[%w!#$&^_.+*-]+", "must be a media type such as \"application/json\"")
end

local base_url = mistakes.checked(client.check_url)

local OPERATION = { path = any, base_url = base_url, encoding = any, template = any, content_type = optional(media_type), accept = optional(media_type),
  page = optional_text, safe = flag, auth = any, params = any, before = any, encrypt = any, rate = fetched.rate, success = answer.rules, response = any,
  empty = flag, error = any, null = answer.nulls, code = answer.code_kinds, status = answer.status_kinds, retry = answer.retry, echo = any, pages = any }

function OPERATION.method(at, value)
  return at:word(value == nil and "GET" or value, request.METHODS)
end

function OPERATION.card(at, value) -- cards.map checks what is in it
  if value ~= nil and type(value) ~= "table" then
    return at:wrong "must be a table of fields of the neutral record"
  end
  return value
end

local function operation(at, name, value, shared)
  local given = at:read(value, OPERATION)
  if not given then
    return nil
  end
  local made = { name = name, method = given.method, path = given.path or "", page = given.page or shared.page, safe = given.safe, rules = given.success,
    empty = given.empty, nulls = given.null, code_kinds = given.code, status_kinds = given.status, retry = given.retry, card = given.card }
  local before = steps.read(at:at "before", given.before, shared.operations)
  local has_path = given.path ~= nil or not before.url
  local placeholders = has_path and request.path(at:at "path", given.path) or nil
  made.encoding = request.encoding(at:at "encoding", given.encoding, made.method)
  made.template = request.template(at:at "template", given.template, made.encoding)
  made.content_type, made.accept = given.content_type, given.accept
  local about = { method = made.method, form = made.encoding == "form", raw = made.encoding == "raw", placeholders = placeholders or {},
    template = made.template, into = made.template and "none" or nil }
  local own = shared_parts(at, name, given, shared)
  about.keys = encryption.params(own)
  local params = request.params(at:at "params", steps.declare(before, given.params), about)
  steps.bind(before, params, auth.ours(shared))
  made.arguments, made.before, made.rate = params.arguments, before, given.rate
  made.base_url = given.base_url
  made.root, made.fields, made.decrypt, made.outer, made.format, made.required = answer.response(at:at "response", given.response, own)
  if made.format ~= "json" then
    answer.text_rules(made.rules)
  end
  encryption.seal(at:at "encrypt", given.encrypt, params.parts, own, made.template ~= nil)
  auth.add_named(at, made.template, own)
  made.parts = request.join(at, params, own.parts, about)
  made.body = made.method ~= "GET" and made.method ~= "DELETE" -- even an empty one, as some servers refuse such methods without a body
  if made.safe == nil then
    made.safe = made.method == "GET"
  end
  made.codes, made.messages, made.details = answer.errors(at:at "error", given.error)
  if made.code_kinds[1] and not made.codes[1] then
    at:at("code"):wrong "has no sense without error.code, the path of the code"
  end
  made.echoes = answer.echoes(at:at "echo", given.echo, params.given)
  made.pages = answer.pages(at:at "pages", given.pages, params.arguments)
  return made
end

local function operations(at, value, shared)
  local list = {}
  if value == nil then
    at:wrong "must be a table"
  end
  for name, given, here in at:entries(value) do
    if type(name) ~= "string" or not name:find(NAME) or #name > 32 then
      here:wrong ": the name of an operation has small letters, digits and _, 32 at most"
    elseif TAKEN[name] then
      here:wrong ": every provider has something of that name"
    else
      list[#list + 1] = operation(here, name, given, shared)
    end
  end
  if type(value) == "table" and next(value) == nil then
    at:wrong "must have at least one operation"
  elseif #list > 64 then
    at:wrong "has more than 64 entries"
  end
  for _, hidden in ipairs(shared.hidden) do
    local made = operation(hidden.at, hidden.name, hidden.value, shared)
    made.hidden = true
    made.base_url, made.path = hidden.url:match "^([^?]*)(.*)$"
    list[#list + 1] = made
  end
  return list
end

local ERROR = mistakes.set("kind", "code", "status")

local status = mistakes.checked(check.number(100, 599, true))

--- The schema of an example, for operations of these names.
local function example_schema(names)
  return {
    operation = function(at, value) return at:word(value, names) end,
    status = function(at, value) return status(at, value) or 200 end,
    answer = function(at, value)
      return type(value) == "string" and #value <= 1024 * 1024 and value or at:wrong "must be a string, the answer's body, of at most 1 MiB"
    end,
    plain = flag,
    card = optional(function(at, value) return at:table(value) and value or nil end),
    error = optional(function(at, value) return at:table(value, ERROR) and value or nil end),
  }
end

local function examples(at, value, names)
  local list, single = at:list_of(value, 64)
  if single then
    at:wrong "must be a list"
    return {}
  end
  local schema = example_schema(names)
  return at:each(list, 64, function(here, given)
    local one = here:read(given, schema)
    if one and one.card and one.error then
      here:wrong "must not have both card and error"
    end
    return one
  end)
end

--- The names of operations as keys.
local function names_of(at, value)
  local names = {}
  for _, key in ipairs(at.keys(value)) do
    names[type(key) == "string" and key or ""] = true
  end
  return names
end

local HOST = "^[%w][%w.-]*$"

--- A name of a host, with or without a port, in small letters.
local function host(at, value)
  local name = at:text(value, nil, nil, 300)
  if not name then
    return nil
  end
  local bare, port = urls.cut_host(name)
  if not bare and port then
    return at:wrong(port)
  elseif not bare or not (bare:find "^%[" or bare:find(HOST)) or not (port == "" or port:find "^:%d%d?%d?%d?%d?$") then
    return at:wrong "must be the name of a host, \"pan.acme.example\", or with its port"
  end
  return name:lower()
end

local function hosts(at, value)
  return at:each(value, 16, host)
end

local DEFINITION = { name = name_of, base_url = base_url, hosts = hosts, rate = fetched.rate, page = optional_text, credentials = any, auth = any,
  settings = any, operations = any, examples = any }

--- Reads a definition, without any effect.
-- @param value what a script gave
-- @return the normal form, complete where there are no mistakes; and the list of mistakes
function definition.read(value)
  local at = mistakes.new()
  if type(value) ~= "table" then
    at:wrong "a definition must be a table"
    return nil, at.list
  end
  local given = at:read(value, DEFINITION)
  local names = names_of(at, given.operations)
  local shared = { page = given.page, base_url = given.base_url, hosts = given.hosts, rate = given.rate, operations = names_of(at, given.operations),
    setting_names = names_of(at, given.settings) }
  for _, key in ipairs { "credentials", "declared", "parts", "settings", "signers", "made", "used", "fetched", "hidden" } do
    shared[key] = {}
  end
  auth.credentials(at:at "credentials", given.credentials, shared)
  auth.read(at:at "auth", given.auth, shared)
  auth.settings(at:at "settings", given.settings, shared, names)
  local made = { name = given.name, base_url = given.base_url, credentials = shared.credentials, signers = shared.signers }
  made.operations = operations(at:at "operations", given.operations, shared)
  made.flow = fetched.finish(made.operations, shared)
  auth.unused(at:at "credentials", shared)
  made.examples = examples(at:at "examples", given.examples, names)
  return made, at.list
end

return definition
