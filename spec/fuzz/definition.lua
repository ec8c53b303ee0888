--- Definitions that are right but for what the input changes in them: every mistake has its place, what has none can be defined, described and called, and an
-- answer becomes a record or an error, in which nothing shows that is no plain field.
--
-- The input: a digit for the definition to begin with, how many changes, the changes, what `new` and a call are given, and behind a NUL an answer.

local async = require "cards.async"

--- In place of the network: every job is given up.
local waiter = {}

function waiter:wait(job) -- luacheck: ignore
  return select(2, job:cancel("cancelled", "not sent"))
end

function waiter:result(job) -- luacheck: ignore
  return job:cancel("cancelled", "not sent")
end

function waiter:leave() end -- luacheck: ignore

function async.waiter()
  return waiter
end

local cards = require "cards"
local core = require "cards.core"
local paths = require "cards.define.paths"
local reader = require "fuzz.reader"

local MARK = "Zq7Xk9" -- in every secret, and in no name
local HELD = MARK .. "Held" -- in what is given as a secret, which is no string for anybody who signs

-- The key of RFC 6979, A.2.5.
local PEM = "-----BEGIN EC PRIVATE KEY-----\nMDECAQEEIMmvqdhFunUWa1whV2ex1pNOUMPbNuibEnuKYisSD2choAoGCCqGSM49\nAwEH\n-----END EC PRIVATE KEY-----\n"

local held

local function fail(what, ...)
  error(what:format(...), 0)
end

--- What the definitions begin as. New tables each time: they are changed.
local STARTS = {
  function()
    return {
      name = "acme", base_url = "https://api.acme.example/v1", auth = { type = "bearer", credential = "token" },
      operations = { show = {
        method = "GET", path = "/cards/{card_id}", params = { card_id = { required = true }, expand = { into = "query" } },
        success = { path = "ok", equals = true },
        response = { root = "data", fields = { id = "string", pan = "pan", cvv = "cvv", exp_month = "integer", ["holder.name"] = "string" } },
        error = { code = "error.code", message = "error.message" }, echo = { ["data.id"] = "card_id" },
        card = { number = "pan", cvv = "cvv", exp_month = "exp_month", holder_name = "holder.name" },
      } },
      examples = { { operation = "show", answer = "{\"ok\":true,\"data\":{\"id\":\"1\",\"exp_month\":3}}", card = { exp_month = 3 } } },
    }
  end,
  function()
    return {
      name = "other",
      auth = { { type = "basic", credential = { "user", "password" } }, { type = "body", path = "auth.key", credential = "key" },
        { type = "signer", name = "X-Signature", credential = "secret", sign = function() end } },
      settings = { version = { wire = "X-Version", default = "1" }, region = { into = "query", wire = "r" } },
      operations = { find = {
        method = "POST", safe = true, path = "/find?a[]=1",
        params = { a = { into = "x.y.a" }, b = { into = "body.x.b", type = "integer", enum = { 1, 2 } }, c = { type = "number", default = 0.5 },
          d = { into = "header", wire = "X-D", excludes = "a" }, e = { type = "boolean" }, f = { unique = true }, g = { into = "query", sensitive = true } },
        success = { { path = "error", absent = true }, { path = "status.code", equals = 0 }, { path = "verdict", equals = "Yes", shape = true } },
        response = { fields = { ["items[].pan"] = "pan", ["items[].holder.name"] = "string", ["codes[]"] = { type = "cvv", digits = 3 }, n = "number",
          flag = "boolean", at = "timestamp" } },
        error = { code = { "a.code", "code" }, message = { "a.text", "text" }, details = "errors" },
      } },
    }
  end,
  function()
    return {
      name = "list", auth = { type = "header", name = "X-Key", prefix = "k ", credential = "key" },
      operations = {
        all = { path = "/all/{of}/x", params = { of = { wire = "of" }, after = {} }, response = { fields = { ["data[].id"] = "string", next = "string" } },
          pages = { items = "data", more = "more", last = "id", into = "after" } },
        some = { path = "/some", params = { page = {} }, pages = { items = "data", cursor = "next", into = "page" } },
      },
    }
  end,
  function()
    return {
      name = "form", auth = { { type = "body", path = "auth.key", credential = "key" },
        { type = "signer", name = "X-Signature", credential = "secret", sign = function() end } },
      operations = { make = {
        method = "POST", encoding = "form", path = "/make", params = { a = { into = "x.y[].a" }, b = { wire = "expand[]" }, c = {} },
      } },
    }
  end,
  function()
    return {
      name = "lists", auth = { type = "bearer", credential = "token" },
      operations = {
        all = {
          path = "/all", success = { { path = "ok", equals = { true, "OK", 1 } }, { status = { 200, 201 } } }, empty = true,
          response = { root = "data", required = { "[].id" },
            fields = { ["[].id"] = "string", ["[0].pan"] = "pan", ["[].x[1]['a.b']"] = "cvv", ["[].x[].n"] = "integer" } },
          error = { code = { "errors[0].code", "errors[].extensions.code", "code" }, message = { "errors[].title", "['error.text']" } },
          null = { ["data[0].node"] = "not_found", whole = "provider" }, code = { blocked = "declined", [1019] = "auth" },
          status = { [409] = "provider", [404] = "declined" },
          retry = { header = "X-Retry", after = "X-Reset", status = { 409 } },
          card = { number = "[0].pan", id = { "[1].id", "[].id" }, exp_month = "[].x[].n" },
        },
        one = { path = "/one", response = { root = "data[0]", fields = { id = "string", ["tags[0]"] = "string", ["tags[]"] = "secret" } },
          pages = nil, card = { id = "tags[0]", token = "tags[]" } },
      },
    }
  end,
  function()
    return {
      name = "signed", credentials = { ready = { one_of = "how" }, key = { type = "pem", one_of = "how" }, sign = { type = "function", one_of = "how" },
        other = { optional = true } },
      auth = { { type = "body", path = "api.credential", credential = "credential", prefix = "p " },
        { type = "signature", into = "body.api.sig", over = "{body.data}", algorithm = "ecdsa-sha256", encoding = "base64", key = "key", credential = "ready",
          sign = "sign" },
        { type = "signature", name = "X-Sig", over = "a\n{body}", algorithm = "ecdsa-sha256", key = "key", value = "v1={signature}" },
        { type = "query", name = "q", credential = "other" } },
      settings = { program = { into = "body.data.program" }, tenant = { into = "path", default = "t" } },
      operations = { ask = {
        method = "POST", safe = true, path = "/{tenant}/ask",
        params = { { name = "method", value = "x" }, { name = "id", value = 1, type = "integer" }, { name = "z", into = "data.z" },
          { name = "a", into = "data.a", required = true }, { name = "h", value = "1", into = "header", wire = "X-Version" }, { name = "y", into = "api.y" } },
        echo = { id = { param = "id", required = true } },
      } },
    }
  end,
  function()
    return {
      name = "chain", base_url = "https://host.example/base", hosts = { "pan.example", "pan.example:8443" },
      credentials = { tenant_key = { optional = true } }, settings = { tenant = { into = "none" } },
      auth = { { type = "token", operation = "login", value = "t.access", expires = "ends", ttl = 5, with = { code = "tenant_key", tenant = "tenant" } },
        { type = "oauth2", url = "https://id.example/token?a=b", credential = { "id", "secret" }, scope = "cards", client_auth = "body", into = "query",
          name = "o" } },
      operations = {
        login = { method = "POST", path = "/login", base_url = "https://id.example", params = { code = {}, tenant = {} }, auth = {} },
        step = { path = "/step/{of}", params = { of = {} }, response = { fields = { url = "string", token = "token", n = "integer" } } },
        show = { path = "/show/{n}", params = { card_id = { into = "none" }, token = { into = "header", wire = "X-T" }, n = {}, last = { into = "query" } },
          before = { { operation = "step", with = { of = "card_id" }, take = { token = "token", n = "n" } },
            { operation = "step", with = { of = "token" }, take = { last = "a.b" } } } },
        go = { params = { card_id = { required = true, into = "none" } }, auth = {}, before = { operation = "step", with = { of = "card_id" }, url = "url" } },
      },
    }
  end,
}

--- A copy whose tables are all its own.
local function copy(of)
  local made = of
  if type(of) == "table" then
    made = {}
    for key, value in pairs(of) do
      made[key] = copy(value)
    end
  end
  return made
end

-- One for each mechanism, with keys and, where its answer is encrypted, such an answer.
local mechanisms, sealed = require "memcheck.mechanisms", require "fault.sealed"
do
  local names = {}
  for name, mechanism in pairs(mechanisms) do
    names[#names + 1] = type(mechanism) == "table" and name or nil
  end
  table.sort(names)
  for _, name in ipairs(names) do
    STARTS[#STARTS + 1] = function()
      local definition = copy(mechanisms.definition(copy(mechanisms[name]), "https://host.example"))
      local show = definition.operations.show
      local params = show.params or {}
      params.at, params.unique = { now = "iso", into = "header", wire = "X-At" }, { unique = "uuid", into = "header", wire = "X-Unique", fresh = true }
      params.list = { into = "header", wire = "X-List", type = "list", default = { "PAN" } }
      show.params = params
      return definition, mechanisms[name]
    end
  end
end

local WORDS = { "GET", "POST", "DELETE", "path", "query", "header", "body", "body.a.b", "a.b", "a.b.c", "items[].x", "items[]", "[]", "a[].b[].c", "",
  ".", "string", "integer", "number", "boolean", "timestamp", "pan", "cvv", "token", "secret", "bearer", "basic", "signer", "Authorization", "X-Key",
  "X-D", "Host", "user", "timeout", "card_id", "/cards/{card_id}", "/a/{b}/{c}", "/{", "/a?b={card_id}", "/a//b", "/%41", "/%4", "a\nb", "alix", "new",
  "pages", "data", "id", "form", "json", "x[].y[]", "signature", "pem", "function", "ecdsa-sha256", "base64", "{body}", "{body.data}",
  "a{body.api}{body.data.z}", "v1={signature}", "{body.}", "how", "key", "sign", "ready", "a[0].b", "[0]", "[].x", "data[0]", "['a.b'].c", "a.0.b",
  "'a'", "a[", "errors[].code", "declined", "not_found", "protocol", "X-Retry", "blocked", "login", "step", "go", "access_token", "token", "oauth2",
  "none", "tenant", "https://id.example", "https://pan.example:1/x", "pan.example", "of", "url", "Bearer ", "raw", "xml", "text", "jwt", "oauth1",
  "oauth2", "jwe", "rsa-pkcs1", "rsa-oaep", "rsa-oaep-sha256", "aes-cbc", "aes-gcm", "aes-ctr", "aes-ecb", "aes-256-cbc", "RSA-OAEP-256", "ECDH-ES",
  "dir", "A128KW", "A256GCM", "A128CBC-HS256", "RS256", "HS256", "ES256", "EdDSA", "hmac-sha256", "rsa-sha256", "rsa-pss-sha512", "ed25519", "sha256",
  "prefix", "suffix", "zero", "beside", "hex", "base64url", "none", "session", "list", "object", "bytes", "private_key", "signing_key", "client_id",
  "client_secret", "secret_key", "show", "login", "step", "access_token", "expires_in", "{now.unix+60}", "{now.%Y}", "{nonce}{unique.hex:8}",
  "{client_id|sha256|hex}", "{secret_key|sha256}", "{url}{target}{resource}", "{param.card_id|percent}", "{header.X-At|json}", "{sealed}",
  "{sealed.data}", "{{a}", "{a|b}", "\255", "{\"a\":{body}}", "uuid", "digits", "unix", "iso_ms", "http", "a[0].b", "[0].id", "a['x.y'].b", "@pan",
  "Card", "body.data", "body.key", "not_found", "declined", "https://pan.host.example/x", "https://other.example", "http://host.example",
  "pan.host.example:8443", "<a>{client_id}</a>", "spki", "jwk", "POST" }
local KEYS = { "name", "base_url", "auth", "settings", "operations", "examples", "type", "credential", "sign", "prefix", "method", "path", "params",
  "success", "response", "root", "fields", "digits", "error", "code", "message", "details", "echo", "pages", "items", "cursor", "more", "last", "into",
  "card", "safe", "page", "required", "wire", "enum", "default", "sensitive", "excludes", "unique", "equals", "absent", "shape", "param", "show", "x",
  "x.y", "card_id", "encoding", "credentials", "optional", "one_of", "over", "algorithm", "key", "value", "sign", "null", "status", "empty", "retry",
  "header", "after", "[].id", "a[0].b", "['x.y']", "before", "with", "take", "url", "operation", "hosts", "expires", "ttl", "scope", "client_auth",
  "from", "decrypt", "encrypt", "before", "hosts", "format", "at", "iv", "tag", "json", "outer", "alg", "enc", "header", "claims", "parts",
  "operation", "expires", "ttl", "with", "take", "url", "session", "wrap", "public_of", "now", "fresh", "length", "from", "password", "template",
  "content_type", "accept", "status", "code", "null", "retry", "after", "rate", "per", "empty", "allow_pan", "scope", "audience", "client_auth",
  "consumer_key", "step", "login", "grant", "list", "required", "private_key", "client_id", 1, 2 }

local function sorted(of)
  local keys = {}
  for key in next, of do
    if type(key) == "string" or type(key) == "number" then
      table.insert(keys, key)
    end
  end
  table.sort(keys, function(a, b) return tostring(a) < tostring(b) end)
  return keys
end

--- A place below: the table, and a key in it, which it may not have yet. A table may be part of itself.
local function place(read, at, depth)
  depth = depth or 0
  local keys = sorted(at)
  local pick = read:byte() - 48
  if pick % 16 == 15 or #keys == 0 then
    return at, pick % 32 == 31 and read:value() or read:choice(KEYS)
  end
  local key = keys[pick % 16 % #keys + 1]
  if type(at[key]) == "table" and getmetatable(at[key]) == nil and depth < 12 and read:byte() % 4 ~= 3 then
    return place(read, at[key], depth + 1)
  end
  return at, key
end

local function value(read, whole)
  local kind = (read:byte() - 48) % 8
  if kind < 3 then
    return read:choice(WORDS)
  elseif kind == 3 then
    return nil
  elseif kind == 4 then
    return { read:choice(WORDS), read:choice(WORDS) }
  elseif kind == 5 then -- from somewhere else
    local at, key = place(read, whole)
    return at[key]
  end
  return read:value()
end

local function change(read, whole)
  local at, key = place(read, whole)
  if key ~= nil and key == key then
    local new = value(read, whole)
    if new ~= whole then
      at[key] = new
    end
  end
end

local function must_hide(what, where)
  local shown = tostring(what)
  if shown:find(MARK, 1, true) then
    fail("%s shows a secret: %q", where, shown)
  end
end

local function must_be_mistakes(list)
  for _, wrong in ipairs(list) do
    local message = wrong.message
    if type(message) ~= "string" or type(wrong.path) ~= "table" or message:find "%c" or #message > 4000 then
      fail("a mistake that is none: %q", tostring(message))
    end
  end
end

local function sensitive(read)
  local text = MARK .. read:text()
  local kind = read:byte() % 4
  if kind == 0 then
    return text
  elseif kind == 1 then
    local secret = cards.secret(HELD .. text)
    table.insert(held, secret)
    return secret
  elseif kind == 2 then
    return function() return text end
  end
  return read:choice { "1", "0.5", "true", "x", "c_1", "false" }
end

local function configuration(read, about)
  local config, chosen = { base_url = "https://host.example/base" }, {}
  for _, credential in ipairs(about.credentials) do
    local group = credential.one_of
    if read:byte() % 16 ~= 15 and not (group and chosen[group]) then
      config[credential.name] = credential.kind == "setting" and "set" or credential.kind == "function" and function() return read:text() end or
        credential.type == "pem" and read:byte() % 4 ~= 3 and PEM or sensitive(read)
      chosen[group or ""] = read:byte() % 8 ~= 7
    end
  end
  return config
end

local function parameters(read, params)
  local made = {}
  for _, name in ipairs(sorted(params)) do
    if params[name].required or read:byte() % 2 == 1 then
      local param = params[name]
      made[name] = param.enum and read:choice(param.enum) or param.type == "integer" and read:choice { 1, 2, 1.5, "7", "x" } or
        param.type == "boolean" and read:choice { true, false, "true", 1 } or param.type == "number" and read:number() or sensitive(read)
      if type(made[name]) == "function" then
        made[name] = nil
      end
    end
  end
  return made
end

local KINDS = { pan = "pan", cvv = "cvv", token = "token", secret = "credential" }

--- The type that is declared for a place: by the path that names a place in a list first.
local function declared_at(fields, steps)
  local best, found
  for path, kind in pairs(fields) do
    local declared = paths.parse(path)
    if paths.leads(declared, steps) then
      local is_better = best == nil
      for i = 1, best and #declared or 0 do
        if declared[i] ~= best[i] then
          is_better = best[i] == paths.EACH
          break
        end
      end
      if is_better then
        best, found = declared, kind
      end
    end
  end
  return found
end

--- A leaf is of the type that is declared for its path; what is not declared is a secret or a boolean.
local function must_fit(record, fields, above)
  for key, inner in next, record do
    local steps = { (table.unpack or unpack)(above) } -- luacheck: ignore
    table.insert(steps, type(key) == "number" and key - 1 or key)
    local name = paths.text(steps)
    local declared = type(inner) ~= "table" and declared_at(fields, steps) or nil
    if type(inner) == "table" then
      must_fit(inner, fields, steps)
    elseif type(inner) == "userdata" then
      if declared and (KINDS[declared] or fail("%s is a secret, and is declared %s", name, declared)) ~= inner.class then
        fail("%s is a %s, and is declared %s", name, inner.class, declared)
      elseif not declared and inner.class ~= "undeclared" then
        fail("%s is a %s, and is not declared", name, inner.class)
      end
    elseif type(inner) ~= "boolean" and (not declared or KINDS[declared]) then
      fail("%s is shown as a %s", name, type(inner))
    end
  end
end

local function answer(module, operation, body, keys)
  for i, status in ipairs { 200, 400, 404, 409, 204, 200, 200 } do
    local record, err = core.read(module.provider, operation, status, body, i == 6 or i == 7 and keys or nil)
    if record then
      must_fit(record, cards.describe(module, operation).response.fields, {})
      local card = cards.card(record)
      tostring(card and cards.mask(card))
    elseif getmetatable(err) ~= "cards.error" or tostring(err):find "%c" then
      fail("an error that is none: %q", tostring(err))
    end
  end
end

local function call(read, module, client, operation, about)
  local given = parameters(read, about.params)
  local job, err = core.job(client, module.provider, operation, given)
  if job then
    local request, refused = job:preview(module.provider == "signed" and "sign" or "X-Signature")
    must_hide(refused or "", "job:preview")
    for name, seen in pairs(request or {}) do
      if type(seen) == "string" and name ~= "payload" and seen:find(HELD, 1, true) then
        fail("what signs sees a secret in %s: %q", name, seen)
      end
    end
    err = select(2, job:cancel("cancelled", "not sent"))
  end
  must_hide(err, "core.job")
  local _, other = client[operation](client, given)
  must_hide(other, "a call")
  if module.pages and cards.define.check and read:byte() % 4 == 1 then
    pcall(module.pages, client, operation, given)
  end
end

--- What is given for the keys of a mechanism.
local function keys_of(mechanism)
  local keys = {}
  for name, kind in pairs(mechanism and mechanism.takes or {}) do
    keys[name] = sealed.given[kind]
  end
  return keys
end

local function use(read, module, body, mechanism)
  local about = core.provider(module.provider)
  local config, keys = configuration(read, about), keys_of(mechanism)
  for name, text in pairs(keys) do
    if config[name] ~= nil and read:byte() % 4 ~= 3 then
      config[name] = text
    end
  end
  local made, client, wrong = pcall(module.new, config)
  if not made or not client then
    must_hide(made and wrong or client, "new")
    client = nil
  end
  for _, operation in ipairs(sorted(about.operations)) do
    if client then
      call(read, module, client, operation, about.operations[operation])
    end
    answer(module, operation, body, keys)
  end
  must_be_mistakes(cards.define.try(module))
end

return function(bytes)
  held = {}
  while bytes:find(MARK, 1, true) do
    bytes = bytes:gsub(MARK, "")
  end
  local front, body = bytes:match "^([^%z]*)%z(.*)$"
  local read = reader.new(front or bytes, function(number) return held[number % 4 + 1] end)
  local definition, mechanism = read:choice(STARTS)()
  for _ = 1, (read:byte() - 48) % 16 do
    change(read, definition)
  end
  local list = cards.define.check(definition)
  must_be_mistakes(list)
  local ok, module = pcall(cards.define, definition)
  if ok ~= (list[1] == nil) then
    fail("defined %s: %s", tostring(ok), ok and list[1].message or tostring(module))
  elseif not ok and not module:find(list[1].message, 1, true) then
    fail("another mistake: %q, not %q", module, list[1].message)
  elseif ok then
    use(read, module, body or mechanism and sealed.answers[mechanism.name] or "{}", mechanism)
    core.enter(module.provider, nil)
  end
  held = nil
end
