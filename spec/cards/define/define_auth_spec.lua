--- How a definition's credentials and settings are written, as the sandbox sees them.

local cards = require "cards"
local acme = require "support.acme"
local leak = require "support.leak"
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
    local last, record, err = sent({ type = "basic", credential = { "user", "password" } }, { user = "a:b", password = "c" })
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

  it("is missed where it is required", function()
    local module = cards.define(acme.definition(nil, overrides))
    local ok, message = pcall(acme.client, module)
    assert.is_false(ok)
    assert.matches("cards.acme.new: tenant is required", message, 1, true)
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
      local id, options = sandbox.unique_id "acme", { headers = { ["X-Sandbox"] = "fail_then_ok=2" } }
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
    local record, err = client:show(sandbox.unique_id "acme", { headers = { ["X-Sandbox"] = "fail_then_ok=2" } })
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
