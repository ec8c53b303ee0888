--- Where the calls of a definition go: base_url of an operation, base_urls of `new`, and URLs out of answers, which lead only to hosts that a definition names.

local bank = require "support.bank"
local cards = require "cards"
local sandbox = require "support.sandbox"

local HTTPS, HTTP = sandbox.url "HTTPS_URL", sandbox.url "HTTP_URL"
local HOST, PLAIN_HOST = HTTPS:match "//(.*)$", HTTP:match "//(.*)$"

local function id() return sandbox.unique_id "bank" end

--- A definition whose URLs are at hosts that are none, and the base_urls that lead them to the sandbox.
local function elsewhere(overrides)
  local definition = bank.with_steps(bank.definition(nil, { base_url = "https://id.bank.example/auth", path = "/login" }, overrides))
  definition.base_url = "https://api.bank.example/v1"
  return definition, {
    ["https://api.bank.example/v1"] = HTTPS, ["https://ID.bank.example:443/auth/"] = HTTPS .. "/bank_login/",
  }
end

describe("an operation's base_url", function()
  it("is where its calls go; base_urls leads each URL elsewhere", function()
    local definition, leads = elsewhere()
    local client, tenant = bank.client(definition, { base_url = false, base_urls = leads })
    local card = id()
    assert(client:show(card))
    assert.equal(1, sandbox.seen(tenant).count)
    assert.equal("/bank/cards/" .. card, sandbox.seen(card).last.uri)
    assert.equal("/bank_login/login", sandbox.seen(tenant).last.uri)
    assert.equal("https://id.bank.example/auth", cards.describe(client, "login").base_url)
    leads["https://api.bank.example/v1"] = nil
    client = bank.client(definition, { base_urls = leads })
    assert(client:show(card))
    assert.equal(2, sandbox.seen(card).count)
  end)

  it("may be led as the whole URL of oauth2", function()
    local auth = { type = "oauth2", url = "https://id.bank.example/oauth/v2/token", credential = { "client_id", "client_secret" } }
    local definition = bank.definition(nil, { auth = {}, params = { key = { value = "k" } } }, { auth = auth, settings = false })
    for _, from in ipairs { "https://id.bank.example/oauth/v2/token", "https://id.bank.example/oauth/v2" } do
      local to = HTTPS .. "/bank_oauth" .. (from:find "token" and "/token" or "")
      local config = { key = false, tenant = false, client_id = id(), client_secret = "bank_secret_sandbox", base_urls = { [from] = to } }
      local client = bank.client(definition, config)
      assert(client:show(id()))
    end
  end)

  it("must be right, and https", function()
    local definition = elsewhere()
    definition.operations.login.base_url = "id.bank.example"
    assert.equal("operations.login.base_url must be a URL that begins with https://", cards.define.check(definition)[1].message)
    definition.operations.login.base_url = "http://id.bank.example"
    local ok, why = pcall(bank.client, definition)
    assert.is_false(ok)
    assert.matches("cards.bank.new: base_url of login must begin with https:// (insecure_http = true allows http://, for tests)", why, 1, true)
    assert(bank.client(definition, { insecure_http = true }))
  end)

  it("has base_urls that are checked", function()
    local definition = elsewhere()
    for wrong, message in pairs {
      x = "base_urls: a key must be a URL that begins with https://",
      ["https://api.other.example"] = "base_urls: a key is at no host of the definition",
      ["https://api.bank.example:8443"] = "base_urls: a key is at no host of the definition",
    } do
      local ok, why = pcall(bank.client, definition, { base_urls = { [wrong] = HTTPS } })
      assert.is_false(ok)
      assert.matches("cards.bank.new: " .. message, why, 1, true)
    end
    for wrong, message in pairs { [HTTP] = "base_urls: a value must begin with https://", x = "base_urls: a value must be a URL" } do
      local ok, why = pcall(bank.client, definition, { base_urls = { ["https://api.bank.example/v1"] = wrong } })
      assert.is_false(ok)
      assert.matches("cards.bank.new: " .. message, why, 1, true)
    end
    local ok, why = pcall(bank.client, definition, { base_urls = "x" })
    assert.is_false(ok)
    assert.matches("base_urls must be a table of URLs", why, 1, true)
  end)

  it("at another host gets no credential that is not its own", function()
    local definition = bank.definition(nil, nil, { base_url = HTTPS })
    local show = definition.operations.show
    definition.settings.tenant = { into = "header", wire = "X-Tenant" }
    definition.operations.other = { base_url = HTTP, path = show.path, params = show.params }
    definition.operations.near = { base_url = HTTPS .. "/bank", path = "/cards/{card_id}", params = show.params }
    definition.operations.own = { base_url = HTTP, path = show.path, params = show.params, auth = { type = "header", name = "X-Key", credential = "key" } }
    definition.operations.login = { path = "/bank_login/login", method = "POST", auth = { type = "body", path = "key", credential = "key" },
      params = { tenant_name = { wire = "tenant", value = "t" } } }
    local config = { base_url = false, mode = false, insecure_http = true, headers = { ["X-Mine"] = cards.secret "planted-header" } }
    local client, tenant = bank.client(definition, config)
    local function headers(operation)
      local card = id()
      client[operation](client, card)
      local last = sandbox.seen(card).last.headers
      return last.authorization and true or false, last["x-key"], last["x-tenant"], last["x-mine"]
    end
    assert.same({ true, nil, tenant, "planted-header" }, { headers "show" })
    assert.same({ true, nil, tenant, "planted-header" }, { headers "near" })
    assert.same({ false, nil, tenant, nil }, { headers "other" })
    assert.same({ false, "bank_key_sandbox", tenant, nil }, { headers "own" })
  end)
end)

describe("a URL out of an answer", function()
  local function client(config, reveal, overrides)
    return bank.client(bank.with_steps(bank.definition(nil, nil, overrides), nil, reveal), config)
  end

  it("is where the call goes, with its path and query as they are", function()
    local made = client(nil, { auth = {} })
    local card = id()
    local record, err = made:reveal(card)
    assert.is_nil(err)
    assert.equal(card, record.id)
    assert.matches("^/bank_reveal/cards/ct%-[%w-=]+%?sig=s%-ct%-", sandbox.seen(card).last.uri)
    assert.equal(HOST, sandbox.seen(card).last.headers.host)
  end)

  it("gets the query of the operation, too", function()
    local made = client(nil, { auth = {}, params = { card_id = { required = true, into = "none" }, n = { into = "query", value = "1" } },
      before = { operation = "take_token", with = { card_id = "card_id" }, url = "callbackUrl" } })
    local card = id()
    assert(made:reveal(card))
    assert.matches("?sig=s%-ct%-.*&n=1$", sandbox.seen(card).last.uri)
  end)

  it("gets the credentials where base_url is, and at another host only those of its own", function()
    local made = client()
    local card = id()
    assert.equal("no_credential", select(2, made:reveal(card)).code)
    -- the step goes to http, so that its URL is there
    local definition = bank.with_steps(bank.definition(nil, nil, { base_url = HTTPS, hosts = { "127.0.0.1" } }))
    definition.operations.take_token.base_url = HTTP
    definition.operations.take_token.auth = definition.auth
    made = bank.client(definition, { base_url = false, insecure_http = true, headers = { ["X-Mine"] = cards.secret "planted-header" } })
    card = id()
    local record, err = made:reveal(card)
    assert.is_truthy(record, tostring(err))
    assert.is_nil(sandbox.seen(card).last.headers["x-mine"])
    assert.equal(PLAIN_HOST, sandbox.seen(card).last.headers.host)
    definition.operations.reveal.auth = { type = "header", name = "X-Key", credential = "key" }
    made = bank.client(definition, { base_url = false, insecure_http = true })
    assert.equal("no_credential", select(2, made:reveal(card)).code)
    assert.equal("bank_key_sandbox", sandbox.seen(card).last.headers["x-key"])
  end)

  it("leads only to hosts that the definition names, and nothing is sent elsewhere", function()
    local function refused(url, config, overrides)
      local made = client(config, { auth = {} }, overrides)
      local card = id()
      local record, err = made:reveal { card_id = card, url = url }
      assert.is_nil(record)
      assert.equal("protocol", err.kind)
      assert.equal(0, sandbox.seen(card).count)
      return tostring(err):match "^bank.take_token: protocol: the URL at 'callbackUrl' (.*)$"
    end
    local stranger = "leads to a host that the definition does not name"
    assert.equal(stranger, refused(HTTP .. "/x", { insecure_http = true }))
    assert.equal(stranger, refused("https://localhost/x"))
    assert.equal(stranger, refused("https://localhost.evil.example/x"))
    assert.equal(stranger, refused("https://evil.example/?" .. HOST))
    assert.equal(stranger, refused("https://" .. HOST:gsub("%d+$", function(port) return ("%d"):format(port + 3) end)))
    assert.equal(stranger, refused("https://pan.bank.example/x", nil, { hosts = { "pan.bank.example:8443", "an.bank.example" } }))
    assert.equal(stranger, refused("https://pan.bank.example./x", nil, { hosts = { "pan.bank.example" } }))
    assert.equal("must begin with https:// (insecure_http = true allows http://, for tests)",
      refused("http://pan.bank.example/x", nil, { hosts = { "pan.bank.example" } }))
  end)

  it("is refused where it is none", function()
    local made = client(nil, { auth = {} }, { hosts = { "pan.bank.example" } })
    for url, what in pairs {
      ["pan.bank.example/x"] = "is no URL that begins with https://",
      ["//pan.bank.example/x"] = "is no URL that begins with https://",
      ["ftp://pan.bank.example/x"] = "is no URL that begins with https://",
      ["javascript:alert(1)"] = "is no URL that begins with https://",
      ["https://"] = "is no URL that begins with https://",
      ["https:///x"] = "has no host",
      ["https://[::1/x"] = "has no host",
      ["https://[]/x"] = "has no host",
      ["https://ex!ample/x"] = "has no host",
      ["https://:443/x"] = "has no host",
      ["https://pan.bank.example:0/x"] = "has a port that is none",
      ["https://pan.bank.example:65536/x"] = "has a port that is none",
      ["https://pan.bank.example:4a/x"] = "has a port that is none",
      ["https://pan.bank.example:/x"] = "has a port that is none",
      ["https://pan.bank.example:000000443/x"] = "has a port that is none",
      ["https://u:planted-word@pan.bank.example/x"] = "has a user or password in it",
      ["https://pan.bank.example@evil.example/x"] = "has a user or password in it",
      ["https://pan.bank.example/x#planted-word"] = "has a fragment",
      ["https://pan.bank.example/a b"] = "has a character that a URL cannot have",
      ["https://pan.bank.example/a\\b"] = "has a character that a URL cannot have",
      ["https://pan.bank.example/\195\164"] = "has a character that a URL cannot have",
      ["https://pan.bank.example/%4"] = "has a character that a URL cannot have",
      ["https://pan.bank.example/%zz"] = "has a character that a URL cannot have",
      ["https://pan.bank.example/" .. ("x"):rep(20000)] = "is longer than 8192 bytes",
    } do
      local record, err = made:reveal { card_id = id(), url = url }
      assert.is_nil(record)
      assert.equal("bank.take_token: protocol: the URL at 'callbackUrl' " .. what, tostring(err), url:sub(1, 100))
    end
  end)

  it("is led elsewhere as base_urls says, and as base_url does for the definition's own", function()
    local definition, leads = elsewhere { hosts = { "Pan.bank.example" } }
    leads["https://pan.bank.example"] = HTTPS .. "/bank_reveal"
    local made = bank.client(definition, { base_url = false, base_urls = leads })
    local function sent(url)
      local token = id()
      local _, err = made:reveal { card_id = id(), url = url:format(token) }
      return sandbox.seen("reveal-" .. token).last, token, err.code
    end
    local last, token, code = sent "https://PAN.bank.example:443/cards/%s?sig=planted-2"
    assert.equal("no_card", code)
    assert.equal(("/bank_reveal/cards/%s?sig=planted-2"):format(token), last.uri)
    assert.is_nil(last.headers.authorization)
    last, token, code = sent "https://pan.bank.example/cards/%s"
    assert.equal("no_card", code)
    assert.equal("/bank_reveal/cards/" .. token, last.uri)
    leads = { ["https://id.bank.example"] = HTTPS .. "/nowhere", ["https://id.bank.example/auth"] = HTTPS .. "/bank_login" } -- the longer one counts
    made = bank.client(definition, { base_urls = leads })
    last, token, code = sent "https://api.bank.example/v1/bank_reveal/cards/%s"
    assert.equal("no_credential", code)
    assert.equal("/bank_reveal/cards/" .. token, last.uri)
  end)

  it("is kept for its origin: many of them need no new settings for each", function()
    local definition = bank.with_steps(bank.definition(nil, nil, { hosts = { "127.0.0.1" } }), nil, { auth = {} })
    local made = bank.client(definition, { insecure_http = true, timeout = 20 })
    for port = 1, 20 do
      local _, err = made:reveal { card_id = id(), url = ("http://127.0.0.1:%d/x"):format(port) }
      assert.equal("network", err.kind)
    end
    assert.equal("no_card", select(2, made:reveal { card_id = id(), url = HTTP .. "/bank_reveal/cards/x" }).code)
  end)

  it("shows nothing of itself in an error", function()
    local definition = bank.with_steps(bank.definition(nil, nil, { hosts = { "127.0.0.1", "no-such-host.invalid" } }), nil, { auth = {} })
    local made = bank.client(definition, { insecure_http = true })
    for _, origin in ipairs { HTTP .. "/bank_reveal", sandbox.url "REFUSED_URL", "https://no-such-host.invalid", "https://evil.example" } do
      local _, err = made:reveal { card_id = id(), url = origin .. "/cards/planted7token?sig=plantedword&t=abc123" }
      local text = tostring(err) .. tostring(err.message) .. tostring(err.code)
      for _, word in ipairs { "planted", "abc123", "sig=" } do
        assert.is_nil(text:find(word, 1, true), text)
      end
    end
  end)
end)

describe("hosts of a definition", function()
  it("are names, with or without a port", function()
    for _, host in ipairs { "https://pan.bank.example", "pan.bank.example/x", "pan bank", "", "a:b", "[::1", "u@h", ":443", 5 } do
      local message = cards.define.check(bank.definition(nil, nil, { hosts = { "ok.example", host } }))[1].message
      assert.matches("^hosts.2 ", message)
    end
    assert.same({}, cards.define.check(bank.definition(nil, nil, {
      hosts = { "a", "b.example:1", "127.0.0.1:80", "[::1]:443", "[::1]", "[fe80::1%25eth0]:8443" } })))
    assert.matches("^hosts has a zone that is none", cards.define.check(bank.definition(nil, nil, { hosts = "[fe80::1%eth0]" }))[1].message)
    assert.same({}, cards.define.check(bank.definition(nil, nil, { hosts = "pan.bank.example" })))
  end)
end)
