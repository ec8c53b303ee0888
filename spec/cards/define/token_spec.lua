--- Tokens that another operation of the same definition gives: fetched once for all calls, in time, and again after a 401.

local bank = require "support.bank"
local cards = require "cards"
local core = require "cards.core"
local program = require "support.program"
local sandbox = require "support.sandbox"
local test_clock = require "support.test_clock"

local function id() return sandbox.unique_id "bank" end

--- The requests to a login of a tenant.
local function logins(tenant) return sandbox.seen(tenant).count end

local function first_mistake(definition)
  return (cards.define.check(definition)[1] or { message = "no mistake" }).message
end

describe("a token", function()
  it("is fetched for the first call, sent as a bearer, and kept", function()
    local client, tenant = bank.client()
    assert.equal(0, logins(tenant))
    for _ = 1, 3 do
      local card = id()
      local record, err = client:show(card)
      assert.is_nil(err)
      assert.equal("4111111111111111", record.pan:reveal())
      assert.matches("^Bearer bank%.", sandbox.seen(card).last.headers.authorization)
    end
    assert.equal(1, logins(tenant))
    local seen = sandbox.seen(tenant).last
    assert.is_nil(seen.headers.authorization)
    assert.equal(('{"key":"bank_key_sandbox","tenant":"%s"}'):format(tenant), seen.body)
  end)

  it("is a secret, also where its field is declared as a text or not at all", function()
    for _, fields in ipairs { { access_token = "string" }, { expires_in = "integer" } } do
      local client = bank.client(bank.definition(nil, { response = { fields = fields } }))
      local record = assert(client:login())
      assert.equal("token", record.access_token.class)
      assert.equal("***", tostring(record.access_token))
      assert(client:show(id()))
    end
  end)

  it("is fetched once for many calls", function()
    local client, tenant = bank.client()
    local functions = {}
    for i = 1, 20 do
      functions[i] = function() return client:show(id()) end
    end
    for _, result in ipairs { cards.all(functions) } do assert.is_truthy(result[1], tostring(result[2])) end
    assert.equal(1, logins(tenant))
    for _, _, record, err in cards.each({ id(), id(), id() }, function(card) return client:show(card) end) do assert.is_truthy(record, tostring(err)) end
    assert.equal(1, logins(tenant))
  end)

  it("lives as long as its answer says: seconds, a unix time, one in milliseconds or an ISO time", function()
    for _, mode in ipairs { "seconds", "text", "unix", "unix_ms", "iso", "zone", "none", "unreadable", "short" } do
      local client, tenant = bank.client(nil, { mode = mode })
      for _ = 1, 3 do assert(client:show(id())) end
      assert.equal(1, logins(tenant), mode)
    end
  end)

  it("is fetched anew when its time is over", function()
    local client, tenant = bank.client(nil, { mode = "brief" })
    assert(client:show(id()))
    cards.sleep(0.31)
    assert(client:show(id()))
    assert.equal(2, logins(tenant))
  end)

  it("lives for `ttl` seconds where its answer does not say", function()
    local clock = test_clock(finally)
    local client, tenant = bank.client(bank.definition { expires = false, ttl = 1000 }, { mode = "seconds" })
    assert(client:show(id()))
    assert(client:show(id()))
    assert.equal(1, logins(tenant))
    clock:advance(1000)
    assert(client:show(id()))
    assert.equal(2, logins(tenant))
  end)

  it("is fetched anew after a 401, once for all calls that it was refused to", function()
    local client, tenant = bank.client(nil, { mode = "once" })
    for n = 1, 3 do
      local card = id()
      assert(client:show(card))
      assert.equal(n == 1 and 1 or 2, sandbox.seen(card).count)
      assert.equal(n, logins(tenant))
    end
  end)

  it("is not fetched a third time where the new one is refused, too", function()
    local client, tenant = bank.client(nil, { mode = "useless" })
    local card = id()
    local record, err = client:show(card)
    assert.is_nil(record)
    assert.equal("bank.show: auth (HTTP 401, code invalid_token): The token is not valid", tostring(err))
    assert.equal(2, sandbox.seen(card).count)
    assert.equal(2, logins(tenant))
  end)

  it("may go elsewhere: another header, with a prefix, or the query", function()
    local function sent(token)
      local card = id()
      assert(bank.client(bank.definition(token)):show(card))
      return sandbox.seen(card).last
    end
    assert.matches("^bank%.", sent({ name = "X-Token" }).headers["x-token"])
    assert.matches("^Bearer bank%.", sent({ name = "Authorization" }).headers.authorization)
    assert.matches("?token=bank.", sent({ into = "query", name = "token" }).uri, 1, true)
    local client = bank.client(bank.definition({ prefix = "Token " }))
    local card = id()
    assert.equal(401, select(2, client:show(card)).status)
    assert.matches("^Token bank%.", sandbox.seen(card).last.headers.authorization)
    assert.equal(401, select(2, bank.client(bank.definition({ prefix = "" })):show(card)).status)
    assert.matches("^bank%.", sandbox.seen(card).last.headers.authorization)
  end)

  it("may be asked for with parameters that are credentials and settings", function()
    local definition = bank.definition({ with = { tenant_name = "tenant", kind = "mode", secret = "key" } }, {
      auth = {}, params = { tenant_name = { into = "body.tenant" }, kind = { into = "body.mode" }, secret = { into = "body.key", required = true } },
    }, { settings = { tenant = { operations = {} }, mode = { default = "text", operations = {}, wire = "X-Mode" } } })
    definition.credentials = { key = {} }
    definition.settings = { tenant = { wire = "X-Tenant", operations = { "show" } }, mode = { wire = "X-Mode", default = "text", operations = { "show" } } }
    local client, tenant = bank.client(definition, { key = cards.secret "bank_key_sandbox" })
    assert(client:show(id()))
    assert.equal(('{"tenant":"%s","mode":"text","key":"bank_key_sandbox"}'):format(tenant):len(), #sandbox.seen(tenant).last.body)
    client, tenant = bank.client(definition, { key = function() return "bank_key_sandbox" end })
    assert(client:show(id()))
    assert.equal(1, logins(tenant))
  end)

  it("that two operations want is one", function()
    local definition = bank.definition()
    definition.operations.other = { path = "/bank/cards/{card_id}", params = { card_id = {} },
      auth = { { type = "token", operation = "login", value = "access_token", expires = "expires_in", name = "X-Token" } } }
    local client, tenant = bank.client(definition)
    assert(client:show(id()))
    assert(client:other(id()))
    assert.equal(1, logins(tenant))
  end)

  it("of an operation without an auth of its own gets the other entries of the definition", function()
    local definition = bank.definition(nil, { auth = false })
    definition.auth = { { type = "header", name = "X-Key", credential = "key" }, definition.auth }
    definition.operations.login.params = { secret = { into = "body.key", value = "bank_key_sandbox" } }
    local client, tenant = bank.client(definition)
    assert(client:show(id()))
    assert.equal("bank_key_sandbox", sandbox.seen(tenant).last.headers["x-key"])
    assert.is_nil(sandbox.seen(tenant).last.headers.authorization)
  end)
end)

describe("a token that cannot be had", function()
  local function fails(config, token, login)
    local client, tenant = bank.client(bank.definition(token, login), config)
    local card = id()
    local record, err = client:show(card)
    assert.is_nil(record)
    assert.equal(0, sandbox.seen(card).count)
    assert.is_nil(tostring(err):find("bank_key", 1, true))
    assert.is_nil(tostring(err):find("bank.", 6, true))
    return err, logins(tenant)
  end

  it("is one clear error where its answer has none", function()
    for _, mode in ipairs { "empty", "null", "absent" } do
      assert.equal("bank.login: protocol: the token could not be had: the answer has no token at 'access_token'", tostring(fails { mode = mode }))
    end
    assert.equal("bank.login: protocol: the token could not be had: the answer has no token at 'data.jwt'", tostring(fails({}, { value = "data.jwt" })))
    assert.matches("bank.login: protocol (HTTP 200): the token could not be had: access_token: ", tostring(fails { mode = "object" }), 1, true)
  end)

  it("says what is wrong with a value that cannot be sent to the login", function()
    local err, count = fails({ tenant = "4111111111111111" }, { with = { id = "tenant" } }, { path = "/bank_login/login/{id}", params = { id = {} } })
    assert.equal("bank.login: invalid_request: the token could not be had: id is a card's number, and would stand in the path of the request: "
      .. "a definition can allow it (allow_pan = true)", tostring(err))
    assert.equal(0, count)
  end)

  it("is an error where it is over already", function()
    for _, mode in ipairs { "over", "past", "negative" } do
      assert.equal("bank.login: protocol: the token could not be had: the token in the answer is over already", tostring(fails { mode = mode }))
    end
  end)

  it("is the login's own error", function()
    local err, count = fails { key = "wrong" }
    assert.equal("bank.login: auth (HTTP 401, code invalid_key): the token could not be had: The key is unknown", tostring(err))
    assert.equal(1, count)
    assert.is_false(err.retryable)
    err, count = fails { mode = "broken", retries = 1 }
    assert.equal("provider", err.kind)
    assert.equal(500, err.status)
    assert.equal(1, count)
    assert.is_false(err.retryable)
    err, count = fails({ mode = "broken", retries = 1 }, nil, { safe = true })
    assert.is_true(err.retryable)
    assert.equal(2, err.attempts)
    assert.equal(2, count)
    assert.equal("timeout", fails({ timeout = 0.2, headers = { ["X-Sandbox"] = "slow_first_byte=60" } }).kind)
    assert.equal("network", fails({ base_url = sandbox.url "REFUSED_URL" }).kind)
  end)

  it("is fetched by the next call", function()
    local client, tenant = bank.client(nil, { mode = "late" })
    assert.equal("provider", select(2, client:show(id())).kind)
    assert(client:show(id()))
    assert.equal(2, logins(tenant))
  end)

  it("costs no more time than the call has", function()
    local client = bank.client(bank.definition(nil, { safe = true }), { retries = 9, headers = { ["X-Sandbox"] = "slow_first_byte=60" } })
    local began = core.now()
    local _, err = client:show(id(), { timeout = 0.3 })
    assert.equal("timeout", err.kind)
    assert.is_true(core.now() - began < 20)
  end)

  it("makes a call try for itself whose time is longer than that of the one that fetched", function()
    if program.lua == "5.1" then return end
    local tries = 0
    local client = bank.client(nil, { headers = { ["X-Sandbox"] = "slow_first_byte=2" }, on_event = function(event)
      if event.event == "try" and event.operation == "login" then tries = tries + 1 end
    end })
    local short, long = cards.all {
      function() return client:show(id(), { timeout = 0.5 }) end,
      function() return client:show(id(), { timeout = 20 }) end,
    }
    assert.equal("timeout", short[2].kind)
    assert.is_truthy(long[1], tostring(long[2]))
    assert.equal(2, tries)
  end)

  it("tells on_event of both calls", function()
    local events = {}
    local client = bank.client(nil, {
      on_event = function(event) events[#events + 1] = ("%s %s %s"):format(event.event, event.operation, tostring(event.ok)) end,
    })
    assert(client:show(id()))
    assert.same({ "try login true", "call login true", "try show true", "call show true" }, events)
  end)
end)

describe("oauth2", function()
  local function definition(entry)
    local auth = { type = "oauth2", url = sandbox.url "HTTPS_URL" .. "/bank_oauth/token", credential = { "client_id", "client_secret" }, scope = "cards" }
    for key, value in pairs(entry or {}) do auth[key] = value or nil end
    return bank.definition(nil, nil, { auth = auth, settings = false })
  end

  local function client(entry, config)
    local whole = { key = "k", tenant = false, client_id = id(), client_secret = cards.secret "bank_secret_sandbox" }
    for key, value in pairs(config or {}) do whole[key] = value end
    return bank.client(definition(entry), whole), whole.client_id
  end

  it("is client credentials, with Basic or in the body", function()
    local made, name = client()
    for _ = 1, 2 do
      local card = id()
      assert(made:show(card))
      assert.matches("^Bearer bank%.", sandbox.seen(card).last.headers.authorization)
    end
    assert.equal(1, logins(name))
    assert.equal("grant_type=client_credentials&scope=cards", sandbox.seen(name).last.body)
    made, name = client { client_auth = "body", audience = "https://api.bank.example", scope = "cards pan" }
    assert(made:show(id()))
    local last = sandbox.seen(name).last
    assert.equal(("audience=https%%3A%%2F%%2Fapi.bank.example&client_id=%s&client_secret=bank_secret_sandbox&grant_type=client_credentials&scope=cards%%20pan")
      :format(name), last.body)
    assert.is_nil(last.headers.authorization)
  end)

  it("gives the error of the one that gives tokens", function()
    local _, err = client(nil, { client_secret = "wrong" }):show(id())
    assert.equal("bank.oauth2: auth (HTTP 401, code invalid_client): the token could not be had: Client authentication failed", tostring(err))
    _, err = client({ scope = "forbidden" }):show(id())
    assert.equal("bank.oauth2: invalid_request (HTTP 400, code invalid_scope): the token could not be had: The scope is unknown", tostring(err))
  end)

  it("is no operation that anybody calls or sees", function()
    local module = cards.define(definition())
    assert.is_nil(rawget(module, "oauth2"))
    assert.is_nil(cards.describe(module).oauth2)
    local auth = { operation = "oauth2", url = sandbox.url "HTTPS_URL" .. "/bank_oauth/token", into = "header", wire = "Authorization", prefix = "Bearer " }
    assert.same({ auth }, cards.describe(module, "show").auth)
    local own = definition()
    own.operations.oauth2 = { path = "/x" }
    assert.equal("oauth2_2", cards.describe(cards.define(own), "show").auth[1].operation)
  end)

  it("may have a query in its URL", function()
    local made, name = client { url = sandbox.url "HTTPS_URL" .. "/bank_oauth/token?realm=cards" }
    assert(made:show(id()))
    assert.matches("/bank_oauth/token?realm=cards", sandbox.seen(name).last.uri, 1, true)
  end)

  it("names what is wrong with it", function()
    for _, case in ipairs {
      { { url = false }, "auth.url must be the URL where tokens are given" },
      { { url = "id.example/token" }, "auth.url must be a URL that begins with https://" },
      { { url = "https://id.example/token#x" }, "auth.url must have neither a query nor a fragment" },
      { { url = "https://id.example/token?a b" }, "auth.url contains a character that a URL cannot have" },
      { { url = "https://u:p@id.example/token" }, "auth.url must not contain a user or password" },
      { { credential = { "client_id" } }, "auth.credential must be a name such as \"token\"" },
      { { credential = { "client_id", "client_id" } }, "auth.credential has the same credential twice" },
      { { client_auth = "post" }, "auth.client_auth must be one of basic, body" },
      { { ttl = 0 }, "auth.ttl must be a number from 0.001 to 100000000" },
      { { scop = "x" }, "auth.scop: unknown key" },
    } do
      assert.equal(case[2], first_mistake(definition(case[1])):sub(1, #case[2]))
    end
  end)
end)

describe("the entry of a token", function()
  it("names what is wrong with it", function()
    for _, case in ipairs {
      { { operation = "logn" }, "auth.operation must be one of login, show (did you mean 'login'?)" },
      { { operation = false }, "auth.operation must be one of login, show" },
      { { value = false }, "auth.value must be a string that is not empty" },
      { { value = "a..b" }, "auth.value must be a path such as" },
      { { expires = "" }, "auth.expires must be a string that is not empty" },
      { { ttl = -1 }, "auth.ttl must be a number from 0.001 to 100000000" },
      { { into = "qery", name = "x" }, "auth.into must be one of" },
      { { into = "query" }, "auth.name is required: the provider's name for it" },
      { { name = "Host" }, "auth.name is a header that the library sets" },
      { { prefix = "a\nb" }, "auth.prefix contains a line break" },
      { { with = { tenannt = "tenant" } }, "auth.with.tenannt: login has no parameter of that name" },
      { { with = "tenant" }, "auth.with must be a table" },
      { { with = { tenant = "Tenant" } }, "auth.with.tenant must be a name such as \"token\"" },
      { { value = "access_token.value" }, "auth: access_token.value of login goes through the field 'access_token'" },
      { { expires = "access_token" }, "auth: access_token of login is declared as token" },
      { { path = "x" }, "auth.path is not for \"token\"" },
    } do
      assert.equal(case[2], first_mistake(bank.definition(case[1])):sub(1, #case[2]))
    end
    local needs = bank.definition(nil, { params = { code = { required = true } } })
    assert.equal("auth: login needs 'code', which `with` does not give", first_mistake(needs))
  end)

  it("must not go in a circle", function()
    local definition = bank.definition()
    definition.operations.login.auth = { { type = "token", operation = "login", value = "access_token" } }
    assert.equal("operations.login.auth.1: goes in a circle: login, login", first_mistake(definition))
    definition.operations.login.auth = { { type = "token", operation = "first", value = "t" } }
    definition.operations.first = { path = "/first" }
    assert.equal("auth: goes in a circle: first, login, first", first_mistake(definition))
    definition.operations.first.auth = {}
    assert.same({}, cards.define.check(definition))
  end)
end)

describe("a client's setting `shared`", function()
  it("is the name of a dict of nginx, and a text", function()
    assert(bank.client(nil, { shared = "tokens" }):show(id()))
    local ok, why = pcall(bank.client, nil, { shared = 5 })
    assert.is_false(ok)
    assert.matches("cards.bank.new: shared must be a string that is not empty", why, 1, true)
  end)
end)
