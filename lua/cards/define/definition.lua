--- A provider as a Lua table: every mistake in it, and the form that core.define takes.
--
--     name        of the provider: small letters, digits and _
--     base_url    where `new` may leave it out
--     page        the address of its documentation; an operation may have one of its own
--     credentials by name, what is to be said of those that `auth` names: { type = "pem" (a key, in lines) or "function", optional,
--                 one_of = name of a group of which `new` takes exactly one }
--     auth        one of these or a list of them; `credential` is the name that `new` takes it by
--                   { type = "bearer", credential = "token" }                   Authorization: Bearer …
--                   { type = "header", name = "X-Api-Key", credential = "key", prefix = "…" }
--                   { type = "query", name = "apikey", credential = "key" }
--                   { type = "basic", credential = { "user", "password" } }     or one credential, without a password
--                   { type = "body", path = "auth.key", credential = "key", prefix = "…" }
--                   { type = "signature", name = "X-Signature", over = "{body.data}", algorithm = "ecdsa-sha256", key = "private_key" }
--                 made anew over a template: {body}, or an object in it, as its exact bytes are sent; algorithm: ecdsa-sha256 (base64 of
--                 DER). `into` says where it goes, "body.auth.signature"; value = "v1={signature}" what is sent. Beside a key, or in its
--                 place: `credential`, by which `new` takes a ready signature; `sign`, by which it takes a function of the signed text
--                   { type = "signer", name = "X-Signature", credential = "secret", sign = function(request, hmac) … end }
--                 sign is called anew before every attempt. It gets { method, url, path, body, credential } (path with its query; what
--                 a secret is part of is a secret) and hmac(encoding, …): HMAC-SHA-256 of texts and secrets under the credential, as
--                 "hex" or "base64". It returns the header's value, or nil and why not.
--     settings    by name, what `new` takes that is no secret: { wire = "X-Version", into = "header" or as of params, default, required,
--                 operations = a list of the names of those that have it }
--     operations  by name:
--       method      GET (where nothing is said), POST, PUT, PATCH, DELETE
--       encoding    of the body: "json" (where nothing is said), or "form", in which a body path such as card.id is the name card[id]
--       path        below base_url, with {placeholders}; it may have a query
--       auth        in the place of the one above, for this operation; {} for none
--       params      by name: { required, into, wire, type, enum, default, sensitive, excludes, unique }, or { value } for what is always
--                     the same; or a list of those, each with its `name`, where the order in the body matters
--                     into: "path" (where the path has it), "query" (of GET and DELETE), "header", "body" (of others), or a path in the
--                     body, "body.card.id"; wire: the provider's name for it; type: string, integer, number, boolean; unique: made up
--                     where the caller gives none
--       success     { path, equals = a value } or { path, absent = true }, or a list of those, which all hold in a success; what says
--                   otherwise is `declined`, with shape = true `protocol`
--       response    { root = path of the record, fields = { path = type or { type, digits } } }; types: string, integer, number, boolean,
--                   timestamp, and the secrets pan, cvv, token, secret; "items[].pan" in arrays; digits: zeros that a number lost
--       error       { code, message = a path or a list of them, details = path of an object whose keys name what was wrong }
--       echo        { [path in the answer] = parameter, or { param, required } }: another value there is about another card
--       safe        whether it only reads, and may be sent twice; of GET where nothing is said
--       pages       of a list: { items, cursor, into } or { items, more, last, into }: paths of the record (more: of true or false;
--                   last: of an item), and the parameter for the next page; for client:pages(operation, params, options)
--       card        the mapping to the neutral record, see cards.map
--     examples    a list of { operation, status = 200, answer = body, card or error = what comes of it }, see cards.define.try

local answer = require "cards.define.answer"
local auth = require "cards.define.auth"
local client = require "cards.client.config"
local core = require "cards.core"
local mistakes = require "cards.util.mistakes"
local request = require "cards.define.request"

local definition = {}

local NAME = "^[a-z][a-z0-9_]*$"

local KEYS = { name = true, base_url = true, page = true, credentials = true, auth = true, settings = true, operations = true, examples = true }
local OPERATION_KEYS = { method = true, encoding = true, path = true, page = true, safe = true, auth = true, params = true, success = true, response = true,
  error = true, echo = true, pages = true, card = true }
local EXAMPLE_KEYS = { operation = true, status = true, answer = true, card = true, error = true }
local ERROR_KEYS = { kind = true, code = true, status = true }

--- What stands beside the operations in a provider's module.
local TAKEN = { new = true, start = true, provider = true, pages = true }

local function name_of(at, value)
  local name = at:text(value, NAME, "must be a name such as \"acme\": small letters, digits and _", 32)
  for _, built_in in ipairs(core.providers()) do
    if name == built_in then
      return at:wrong "is the name of a built-in provider"
    end
  end
  return name
end

--- The credentials and settings of one operation, as parts.
local function shared_parts(at, name, value, shared)
  local own, parts = rawget(value, "auth"), {}
  local into = { credentials = shared.credentials, declared = shared.declared, made = shared.made, parts = {} }
  auth.read(at:at "auth", own, into)
  for _, part in ipairs(own ~= nil and into.parts or shared.parts) do
    table.insert(parts, part)
  end
  for _, part in ipairs(shared.settings) do
    if not part.operations or part.operations[name] then
      table.insert(parts, part)
    end
  end
  return parts
end

local function operation(at, name, value, shared)
  if not at:table(value, OPERATION_KEYS) then
    return nil
  end
  local made = { name = name, method = at:at("method"):word(rawget(value, "method") or "GET", request.METHODS) }
  local placeholders = request.path(at:at "path", rawget(value, "path"))
  made.encoding = request.encoding(at:at "encoding", rawget(value, "encoding"), made.method)
  local about = { method = made.method, form = made.encoding == "form", placeholders = placeholders or {} }
  local params = request.params(at:at "params", rawget(value, "params"), about)
  made.path = rawget(value, "path")
  made.parts = request.join(at, params, shared_parts(at, name, value, shared), about)
  made.body = made.method ~= "GET" and made.method ~= "DELETE" -- some servers refuse one of another method that has none
  made.page = at:at("page"):optional_text(rawget(value, "page") or shared.page)
  made.safe = at:at("safe"):flag(rawget(value, "safe"))
  if made.safe == nil then
    made.safe = made.method == "GET"
  end
  made.rules = answer.rules(at:at "success", rawget(value, "success"))
  made.root, made.fields = answer.response(at:at "response", rawget(value, "response"))
  made.codes, made.messages, made.details = answer.errors(at:at "error", rawget(value, "error"))
  made.echoes = answer.echoes(at:at "echo", rawget(value, "echo"), params.given)
  made.pages = answer.pages(at:at "pages", rawget(value, "pages"), params.arguments)
  made.card = rawget(value, "card") -- cards.map knows what may be in it
  if made.card ~= nil and type(made.card) ~= "table" then
    at:at("card"):wrong "must be a table of fields of the neutral record"
  end
  return made
end

local function operations(at, value, shared)
  local list = {}
  if not at:table(value) then
    return list
  end
  for _, name in ipairs(at.keys(value)) do
    local here = at:at(name)
    if type(name) ~= "string" or not name:find(NAME) or #name > 32 then
      here:wrong ": the name of an operation has small letters, digits and _"
    elseif TAKEN[name] then
      here:wrong ": every provider has something of that name"
    else
      table.insert(list, operation(here, name, rawget(value, name), shared))
    end
  end
  if next(value) == nil then
    at:wrong "must have at least one operation"
  elseif #list > 64 then
    at:wrong "has more than 64 entries"
  end
  return list
end

local function example(at, value, names)
  if not at:table(value, EXAMPLE_KEYS) then
    return nil
  end
  local made = {
    operation = at:at("operation"):word(rawget(value, "operation"), names),
    status = at:at("status"):whole(rawget(value, "status"), 100, 599) or 200,
    answer = rawget(value, "answer"), card = rawget(value, "card"), error = rawget(value, "error"),
  }
  if type(made.answer) ~= "string" or #made.answer > 1024 * 1024 then
    at:at("answer"):wrong "must be a string, the answer's body, of at most 1 MiB"
  end
  if made.card ~= nil and made.error ~= nil then
    at:wrong "must not have both card and error"
  elseif made.card ~= nil then
    at:at("card"):table(made.card)
  elseif made.error ~= nil then
    at:at("error"):table(made.error, ERROR_KEYS)
  end
  return made
end

local function examples(at, value, made)
  local list, names = {}, {}
  for _, one in ipairs(made) do
    names[one.name] = true
  end
  local given, single = at:list_of(value, 64)
  if single then
    at:wrong "must be a list"
    return list
  end
  for i, one in ipairs(given) do
    table.insert(list, example(at:at(i), one, names))
  end
  return list
end

--- The names of operations as keys.
local function names_of(at, value)
  local names = {}
  for _, key in ipairs(at.keys(value)) do
    names[type(key) == "string" and key or ""] = true
  end
  return names
end

--- Reads a definition, without any effect.
-- @param value what a script gave
-- @return the normal form, complete where there are no mistakes; and the list of mistakes
function definition.read(value)
  local at = mistakes.new()
  if type(value) ~= "table" then
    at:wrong "a definition must be a table"
    return nil, at.list
  end
  at:table(value, KEYS)
  local made = { name = name_of(at:at "name", rawget(value, "name")), base_url = rawget(value, "base_url") }
  if made.base_url ~= nil then
    local wrong = client.check_url(made.base_url, "base_url")
    if wrong then
      table.insert(at.list, { path = { "base_url" }, message = wrong })
    end
  end
  local page = at:at("page"):optional_text(rawget(value, "page"))
  local shared = { name = made.name, page = page, credentials = {}, declared = {}, parts = {}, settings = {}, signers = {}, made = {} }
  auth.credentials(at:at "credentials", rawget(value, "credentials"), shared)
  auth.read(at:at "auth", rawget(value, "auth"), shared)
  auth.settings(at:at "settings", rawget(value, "settings"), shared, names_of(at, rawget(value, "operations")))
  made.credentials, made.signers = shared.credentials, shared.signers
  made.operations = operations(at:at "operations", rawget(value, "operations"), shared)
  auth.unused(at:at "credentials", shared)
  made.examples = examples(at:at "examples", rawget(value, "examples"), made.operations)
  return made, at.list
end

return definition
