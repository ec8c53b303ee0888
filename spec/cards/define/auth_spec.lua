--- How a definition's credentials and settings are written, as the sandbox sees them.

local cards = require "cards"
local acme = require "support.acme"
local cjson = require "cjson"
local leak = require "support.leak"
local openssl = require "support.openssl"
local sandbox = require "support.sandbox"

local function sent(auth, config, operation, more)
  config.token = config.token or false
  local overrides = { auth = auth }
  for key, value in pairs(more or {}) do
    overrides[key] = value
  end
  return acme.sent { overrides = overrides, config = config, operation = operation }
end

describe("the authentication of a definition", function()
  it("bearer", function()
    assert.equal("Bearer t1", sent({ type = "bearer" }, { token = "t1" }).headers.authorization)
    assert.equal("Bearer k1", sent({ type = "bearer", credential = "key" }, { key = cards.secret "k1" }).headers.authorization)
  end)

  it("header", function()
    assert.equal("k1", sent({ type = "header", name = "X-Api-Key", credential = "key" }, { key = "k1" }).headers["x-api-key"])
    local prefixed = { type = "header", name = "Authorization", prefix = "api-key ", credential = "key" }
    assert.equal("api-key k1", sent(prefixed, { key = "k1" }).headers.authorization)
  end)

  it("basic, of one credential and of two", function()
    local one = sent({ type = "basic", credential = "key" }, { key = "sk_abc" })
    assert.equal("Basic " .. leak.base64 "sk_abc:", one.headers.authorization)
    local auth = { type = "basic", credential = { "application_token", "access_token" } }
    local two = sent(auth, { application_token = cards.secret "user", access_token = function() return "pass:word \195\164" end })
    assert.equal("Basic " .. leak.base64 "user:pass:word \195\164", two.headers.authorization)
  end)

  it("basic refuses a user with a colon, which would be part of the password", function()
    local auth = { type = "basic", credential = { "user", "password" } }
    local ok, message = pcall(sent, auth, { user = "a:b", password = "c" })
    assert.is_false(ok)
    assert.matches("cards.acme.new: user contains a colon, which would end the user's name", message, 1, true)
    local last, record, err = sent(auth, { user = function() return "a:b" end, password = "c" })
    assert.is_nil(last)
    assert.is_nil(record)
    assert.equal("acme.show: invalid_request: user contains a colon, which would end the user's name", tostring(err))
  end)

  it("body, among the parameters", function()
    local auth = { type = "body", path = "auth.key", credential = "key" }
    local operation = { method = "POST", params = { card_id = {}, kind = { into = "auth.kind" }, amount = { type = "integer" } } }
    local last = acme.sent { overrides = { auth = auth }, operation = operation, config = { token = false, key = "k\"1" }, params = { kind = "x", amount = 5 } }
    assert.equal([[{"amount":5,"auth":{"key":"k\"1","kind":"x"}}]], last.body)
    assert.equal("application/json", last.headers["content-type"])
    assert.equal("POST", last.method)
  end)

  it("query", function()
    local last = sent({ { type = "query", name = "api key", credential = "key" } }, { key = cards.secret "k&1" })
    assert.matches("?api%20key=k%261", last.uri, 1, true)
  end)

  it("several at once", function()
    local last = sent({ { type = "bearer" }, { type = "header", name = "X-Api-Key", credential = "key" } }, { token = "t1", key = "k1" })
    assert.equal("Bearer t1", last.headers.authorization)
    assert.equal("k1", last.headers["x-api-key"])
  end)

  it("none at all", function()
    assert.is_nil(sent(nil, {}, nil, { auth = {} }).headers.authorization)
  end)

  it("keeps its headers from those that a client or call adds", function()
    local module = cards.define(acme.definition(nil, { auth = { type = "header", name = "X-Api-Key", credential = "token" } }))
    local ok, message = pcall(acme.client, module, { headers = { ["x-api-key"] = "other" } })
    assert.is_false(ok)
    assert.matches("cards.acme.new: headers.x-api-key is set by the library", message, 1, true)
    ok, message = pcall(module.show, acme.client(module), "x", { headers = { ["X-API-KEY"] = "other" } })
    assert.is_false(ok)
    assert.matches("cards.acme.show: headers.X-API-KEY is set by the library", message, 1, true)
    assert(acme.client(module, { headers = { ["X-Other"] = "fine" } }))
  end)

  it("wants every credential, and knows no other", function()
    local module = cards.define(acme.definition(nil, { auth = { type = "basic", credential = { "user", "password" } } }))
    local ok, message = pcall(module.new, { base_url = "https://localhost", user = "x" })
    assert.is_false(ok)
    assert.matches("cards.acme.new: password is required", message, 1, true)
    ok, message = pcall(module.new, { base_url = "https://localhost", user = "x", pasword = "x" })
    assert.is_false(ok)
    assert.matches("unknown key 'pasword' (did you mean 'password'?)", message, 1, true)
  end)
end)

describe("an operation of a definition", function()
  it("may have an authentication of its own, or none", function()
    local definition = acme.definition(nil, { settings = { version = { wire = "X-Version", default = "1", operations = { "show", "open" } } } })
    local show = definition.operations.show
    definition.operations.own = { path = show.path, params = show.params, auth = { type = "header", name = "X-Key", credential = "key" } }
    definition.operations.open = { path = show.path, params = show.params, auth = {} }
    local client = acme.client(cards.define(definition), { key = "k1" })
    local function headers(operation)
      local id = sandbox.unique_id "acme"
      client[operation](client, id)
      return sandbox.seen(id).last.headers
    end
    local seen = headers "show"
    assert.same({ "Bearer acme_token_sandbox", "1" }, { seen.authorization, seen["x-version"] })
    assert.is_nil(seen["x-key"])
    seen = headers "own"
    assert.equal("k1", seen["x-key"])
    assert.is_nil(seen.authorization)
    assert.is_nil(seen["x-version"])
    seen = headers "open"
    assert.equal("1", seen["x-version"])
    assert.is_nil(seen["x-key"] or seen.authorization)
  end)
end)

describe("credentials of a definition", function()
  local function module(credentials, auth)
    return cards.define(acme.definition(nil, { credentials = credentials, auth = auth or {
      { type = "bearer" }, { type = "header", name = "X-A", credential = "a" }, { type = "query", name = "b", credential = "b" } } }))
  end

  it("may be left out where they are optional", function()
    local made = module { a = { optional = true } }
    local id = sandbox.unique_id "acme"
    assert(acme.client(made, { b = "2" }):show(id))
    assert.is_nil(sandbox.seen(id).last.headers["x-a"])
    assert(acme.client(made, { a = "1", b = "2" }):show(id))
    assert.equal("1", sandbox.seen(id).last.headers["x-a"])
    local ok, message = pcall(acme.client, made, { a = "1" })
    assert.is_false(ok)
    assert.matches("cards.acme.new: b is required", message, 1, true)
  end)

  it("may be one of several", function()
    local made = module { a = { one_of = "either" }, b = { one_of = "either" } }
    local id = sandbox.unique_id "acme"
    assert(acme.client(made, { b = "2" }):show(id))
    assert.is_nil(sandbox.seen(id).last.headers["x-a"])
    assert.matches("?b=2", sandbox.seen(id).last.uri, 1, true)
    for _, given in ipairs { {}, { a = "1", b = "2" } } do
      local ok, message = pcall(acme.client, made, given)
      assert.is_false(ok)
      assert.matches("cards.acme.new: exactly one of a, b is required", message, 1, true)
    end
  end)
end)

describe("a setting of a definition", function()
  local overrides = { settings = {
    api_version = { wire = "X-Version", default = "2024-01-01" }, region = { into = "query", wire = "region" }, tenant = { wire = "X-Tenant", required = true },
  } }

  it("goes with every call, its default where it is not configured", function()
    local last = acme.sent { overrides = overrides, config = { tenant = "t" } }
    assert.equal("2024-01-01", last.headers["x-version"])
    assert.equal("t", last.headers["x-tenant"])
    assert.is_nil(last.uri:find("?", 1, true))
    last = acme.sent { overrides = overrides, config = { tenant = "t", api_version = "3", region = "a b" } }
    assert.equal("3", last.headers["x-version"])
    assert.matches("?region=a%20b", last.uri, 1, true)
  end)

  it("may go into the body, and where the path has a place for it", function()
    local settings = { program = { into = "body.meta.program" }, tenant = { into = "path", default = "t 1" }, region = { into = "query" } }
    local operation = { method = "POST", path = "/cards/{card_id}?tenant={tenant}", params = { card_id = {}, a = { into = "meta.a" } } }
    local last = acme.sent { overrides = { settings = settings }, operation = operation, params = { a = "1" }, config = { program = "p", region = "eu" } }
    assert.equal([[{"meta":{"a":"1","program":"p"}}]], last.body)
    assert.matches("?tenant=t%201&region=eu", last.uri, 1, true)
  end)

  it("is missed where it is required", function()
    local module = cards.define(acme.definition(nil, overrides))
    local ok, message = pcall(acme.client, module)
    assert.is_false(ok)
    assert.matches("cards.acme.new: tenant is required", message, 1, true)
  end)
end)

describe("a signature of a definition", function()
  local POST = { method = "POST", params = { card_id = {}, a = { into = "data.a" }, b = { into = "data.b", type = "integer" }, c = {} } }
  local PARAMS = { a = "\"x\"", b = 5, c = "z" }

  local function signed(entry, config, operation)
    entry.type, entry.algorithm = "signature", entry.key and "ecdsa-sha256"
    config.token = "acme_token_sandbox"
    return acme.sent { overrides = { auth = { { type = "bearer" }, entry } }, config = config, operation = operation or POST,
      params = operation and {} or PARAMS }
  end

  local function pem()
    local file = assert(io.open(sandbox.url "NETXD_KEY", "rb"))
    local text = file:read "*a"
    file:close()
    return text
  end

  it("is over the body or an object in it, as it is sent, with what a template puts around them", function()
    for over, text in pairs { ["{body}"] = "%s", ["a\n{body}.{body.data}"] = "a\n%s.{\"a\":\"\\\"x\\\"\",\"b\":5}" } do
      local last = signed({ name = "X-Sig", over = over, key = "signing_key", value = "v1={signature}" }, { signing_key = cards.secret(pem()) })
      local made = last.headers["x-sig"]:match "^v1=(.+)$"
      assert.is_true(openssl.verifies(sandbox.url "NETXD_KEY", made, (text:gsub("%%s", function() return last.body end))), over)
    end
  end)

  it("is over nothing where there is no body", function()
    local last = signed({ name = "X-Sig", over = "{body}", key = "key" }, { key = pem() }, { params = { card_id = {} } })
    assert.is_true(openssl.verifies(sandbox.url "NETXD_KEY", last.headers["x-sig"], ""))
  end)

  it("may go into the body, the query, and be given as it is", function()
    local last = signed({ into = "body.auth.sig", over = "{body.data}", key = "key" }, { key = function() return pem() end })
    local body = cjson.decode(last.body)
    assert.is_true(openssl.verifies(sandbox.url "NETXD_KEY", body.auth.sig, (last.body:match "\"data\":(%b{})")))
    last = signed({ into = "query", name = "sig", over = "{body}", credential = "ready" }, { ready = "a+b" })
    assert.matches("?sig=a%2Bb", last.uri, 1, true)
  end)

  it("may be made by a function of what is signed, anew for each call", function()
    local got = {}
    local last = signed({ name = "X-Sig", over = "<{body.data}>", sign = "signs" }, { signs = function(text)
      table.insert(got, text)
      return cards.secret "made"
    end })
    assert.equal("made", last.headers["x-sig"])
    assert.same({ "<" .. last.body:match "\"data\":(%b{})" .. ">" }, got)
    local _, record, err = signed({ name = "X-Sig", over = "{body}", sign = "signs" }, { signs = function() return nil, "mine" end })
    assert.is_nil(record)
    assert.equal("auth", err.kind)
    assert.matches("signs: the function gave no credential", err.message, 1, true)
  end)

  it("refuses a key that is none in new, and in a call", function()
    local ok, message = pcall(signed, { name = "X-Sig", over = "{body}", key = "signing_key" }, { signing_key = "no PEM" })
    assert.is_false(ok)
    assert.matches("cards.acme.new: signing_key is neither PEM, JWK nor base64 of DER", message, 1, true)
    local last, _, err = signed({ name = "X-Sig", over = "{body}", key = "signing_key" }, { signing_key = function() return "no PEM" end })
    assert.is_nil(last)
    assert.matches("signing_key is neither PEM, JWK nor base64 of DER", err.message, 1, true)
  end)

  it("is described", function()
    signed({ name = "X-Sig", over = "{body}", key = "key", value = "v1={signature}" }, { key = pem() })
    local about = cards.describe("acme", "show").auth
    assert.same({ into = "header", wire = "X-Sig", signed = true, over = "{body}", algorithm = "ecdsa-sha256", key = "key", value = "v1={signature}",
      encoding = "base64" },
      about[2])
    assert.same({ credential = "key" }, about[3])
  end)
end)

describe("a function that signs", function()
  local function signed(sign, options)
    options = options or {}
    options.overrides = { auth = { { type = "bearer" }, { type = "signer", name = "X-Signature", credential = "secret", sign = sign } } }
    options.config = options.config or {}
    options.config.secret = options.config.secret or "s1"
    return acme.sent(options)
  end

  it("gets the request and the credential anew before every call, and its value is sent", function()
    local got = {}
    local function sign(request)
      table.insert(got, request)
      return "sig-" .. #got
    end
    local id = sandbox.unique_id "plain"
    local last, record = signed(sign, { params = { card_id = id }, id = id })
    assert.equal("sig-1", last.headers["x-signature"])
    assert.equal(7, record.exp_month)
    assert.equal("GET", got[1].method)
    assert.equal("/acme/cards/" .. id, got[1].path)
    assert.equal(sandbox.url "HTTPS_URL" .. "/acme/cards/" .. id, got[1].url)
    assert.equal("", got[1].body)
    assert.equal("credential", got[1].credential.class)
    assert.equal("s1", got[1].credential:reveal())
  end)

  it("may return a secret", function()
    assert.equal("sig", signed(function() return cards.secret "sig" end).headers["x-signature"])
  end)

  local POST = { method = "POST", params = { card_id = {}, number = {}, key = { unique = true }, expand = { into = "query" } } }

  it("gets the exact body and query that are sent, with what was made up", function()
    local got
    local last = signed(function(request)
      got = request
      return "sig"
    end, { operation = POST, params = { number = "4111 \"1\"", expand = "a b" } })
    assert.is_string(got.body)
    assert.equal(last.body, got.body)
    assert.matches("\"key\":\"%x+\"", got.body)
    assert.equal(last.uri, got.path)
  end)

  it("gets what a secret is part of as a secret", function()
    local got
    local last = signed(function(request)
      got = request
      return "sig"
    end, { operation = POST, params = { number = cards.secret "4111111111111111" } })
    assert.equal("***", tostring(got.body))
    assert.is_true(got.body:equals(last.body))
    assert.is_string(got.path)
    local id = sandbox.unique_id "hidden"
    signed(function(request)
      got = request
      return "sig"
    end, { params = { card_id = cards.secret(id) }, id = id })
    assert.is_true(got.path:equals("/acme/cards/" .. id))
    assert.is_true(got.url:equals(sandbox.url "HTTPS_URL" .. "/acme/cards/" .. id))
    assert.equal("", got.body)
  end)

  it("makes an HMAC of texts and secrets, without a look at them", function()
    local last = signed(function(_, hmac) return hmac("hex", "what do ya want ", cards.secret "for nothing?") end, { config = { secret = "Jefe" } })
    assert.equal("5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843", last.headers["x-signature"]) -- RFC 4231
    last = signed(function(_, hmac) return hmac("base64", "what do ya want for nothing?") end, { config = { secret = cards.secret "Jefe" } })
    assert.equal("W9zBRr9gdU5qBCQmCJV1x1oAPwidJzmDnexYuWTsOEM=", last.headers["x-signature"])
    local _, record, err = signed(function(_, hmac) return hmac("rot13", "x") end)
    assert.is_nil(record)
    assert.equal("auth", err.kind)
  end)

  it("gets a body with a credential in it as a secret, and what a function gave as its own", function()
    local got
    local auth = { { type = "body", path = "auth.token", credential = "token" },
      { type = "signer", name = "X-Signature", credential = "secret", sign = function(request)
        got = request
        return "sig"
      end } }
    local last = acme.sent { overrides = { auth = auth }, operation = POST, config = { token = "t1", secret = function() return cards.secret "fresh" end } }
    assert.is_true(got.body:equals(last.body))
    assert.matches([["auth":{"token":"t1"}]], last.body, 1, true)
    assert.equal("fresh", got.credential:reveal())
  end)

  it("that fails or returns nothing ends the call before it is sent, without the credential in the error", function()
    for _, sign in ipairs { function() end, function(request) error("no: " .. request.credential:reveal() .. " at 4111111111111111") end,
      function() return nil, "mine" end, function() return 5 end } do
      local last, record, err = signed(sign, { config = { secret = "Sesame-7Hq2Zx9Lm" } })
      assert.is_nil(last)
      assert.is_nil(record)
      assert.equal("auth", err.kind)
      assert.matches("X-Signature: the function gave no credential", err.message, 1, true)
      assert.is_nil(err.message:find("Sesame", 1, true))
      assert.is_nil(err.message:find("4111111111111111", 1, true))
    end
  end)

  it("cannot break its header's line", function()
    local last, _, err = signed(function() return "a\r\nX-Evil: 1" end)
    assert.is_nil(last)
    assert.equal("acme.show: invalid_request: X-Signature contains a line break, a NUL or another control character", tostring(err))
  end)

  it("is asked once more with a fresh credential after a 401", function()
    local seen, asked = {}, 0
    local auth = { { type = "bearer" }, { type = "signer", name = "X-Signature", credential = "secret", sign = function(request)
      table.insert(seen, request.credential)
      return "sig"
    end } }
    local _, record = acme.sent { overrides = { auth = auth }, config = { secret = "s", token = function()
      asked = asked + 1
      return asked == 1 and "expired" or "acme_token_sandbox"
    end } }
    assert.equal(7, record.exp_month)
    assert.equal(2, #seen)
  end)

  --- A client whose function signs each attempt with another text, and what calls of it say.
  local function counting(sign, config)
    local auth = { { type = "bearer" }, { type = "signer", name = "X-Signature", credential = "secret", sign = sign } }
    config.secret = "s"
    return acme.client(cards.define(acme.definition(nil, { auth = auth })), config)
  end

  for _, way in ipairs { "blocking", "cards.all", "started" } do
    it("signs each attempt anew: " .. way, function()
      local times = 0
      local client = counting(function()
        times = times + 1
        return "signature " .. times
      end, { retries = 2 })
      local id, options = sandbox.unique_id "acme", { headers = { ["X-Sandbox"] = "fail_then_ok=2,retry_after=ms:1" } }
      local ways = {
        blocking = function() return client:show(id, options) end,
        ["cards.all"] = function() return (table.unpack or unpack)(cards.all { function() return client:show(id, options) end }, 1, 2) end, -- luacheck: ignore
        started = function() return client:start("show", id, options):result() end,
      }
      local record, err = ways[way]()
      assert(record, tostring(err))
      local seen = sandbox.seen(id)
      assert.same({ 3, 3, "signature 3" }, { times, seen.count, seen.last.headers["x-signature"] })
    end)
  end

  it("that has nothing to give for another attempt leaves what the provider said", function()
    local times = 0
    local client = counting(function()
      times = times + 1
      return times == 1 and "signature" or nil
    end, { retries = 2 })
    local record, err = client:show(sandbox.unique_id "acme", { headers = { ["X-Sandbox"] = "fail_then_ok=2,retry_after=ms:1" } })
    assert.is_nil(record)
    assert.same({ "provider", 503, 1, 2 }, { err.kind, err.status, err.attempts, times })
  end)

  it("signs for event loops too", function()
    local module = cards.define(acme.definition(nil, { auth = { { type = "bearer" }, { type = "signer", name = "X-Signature", credential = "secret",
      sign = function(request) return request.method end } } }))
    local id = sandbox.unique_id "acme"
    local job = acme.client(module, { secret = "s" }):start("show", id)
    assert.equal(7, assert(job:result()).exp_month)
    assert.equal("GET", sandbox.seen(id).last.headers["x-signature"])
  end)
end)
