--- Where the credentials of a call come from: strings, secrets, functions; and secrets as parameters. The rest of a call is in call_spec.lua.

local cards = require "cards"
local assert_refused = require "support.assert_refused"
local drive = require "support.drive"
local sandbox = require "support.sandbox"

local TOKEN = "alix_token_sandbox"

local function alix(overrides) return drive.client("alix", overrides) end

-- A client whose token comes from `give`, and a function that says how often it was asked.
local function counted(give, overrides)
  local calls = 0
  overrides = overrides or {}
  overrides.access_token = function(...)
    calls = calls + 1
    return give(calls, ...)
  end
  return alix(overrides), function() return calls end
end

local function closed_secret(text)
  local secret = cards.secret(text)
  secret:close()
  return secret
end

describe("a credential that is a function", function()
  it("is called before every call, without arguments, and may return a string or a secret", function()
    local received = -1
    local client, calls = counted(function(n, ...)
      received = select("#", ...)
      return n % 2 == 1 and TOKEN or cards.secret(TOKEN)
    end)
    assert.equal(0, calls())
    for n = 1, 4 do
      local id = sandbox.unique_id "alix"
      assert(client:private_info(id))
      assert.equal(n, calls())
      assert.equal(0, received)
      assert.equal(TOKEN, sandbox.seen(id).last.headers["access-token"])
    end
  end)

  it("is called once more after a 401, and the call is sent again with what it gives then", function()
    local client, calls = counted(function(n) return n == 1 and "expired" or TOKEN end)
    local id = sandbox.unique_id "alix"
    local info, err = client:private_info(id)
    assert.is_nil(err)
    assert.equal("27", info.expYear)
    assert.equal(2, calls())
    assert.equal(2, sandbox.seen(id).count)
  end)

  it("is not called a third time when that is a 401 too", function()
    local client, calls = counted(function() return "expired" end)
    local id = sandbox.unique_id "alix"
    local info, err = client:private_info(id)
    assert.is_nil(info)
    assert.equal("auth", err.kind)
    assert.equal(401, err.status)
    assert.equal(2, calls())
    assert.equal(2, sandbox.seen(id).count)
    assert.equal(2, err.attempts)
  end)

  it("is not called again after another failure, a 403 included", function()
    for _, case in ipairs { "status=403", "status=404", "status=500", "declined", "not_json", "cut_short" } do
      local client, calls = counted(function() return TOKEN end)
      local info, _, id = drive.call("alix", case, { client = client })
      assert.is_nil(info)
      assert.equal(1, calls(), case)
      assert.equal(1, sandbox.seen(id).count, case)
    end
  end)

  it("is called again for the next call after a 401", function()
    local client, calls = counted(function(n) return n <= 2 and "expired" or TOKEN end)
    assert.is_nil((client:private_info(sandbox.unique_id "alix")))
    assert.truthy(client:private_info(sandbox.unique_id "alix"))
    assert.equal(3, calls())
  end)

  it("is not called for a parameter that is refused", function()
    local client, calls = counted(function() return TOKEN end)
    assert_refused(select(1, client:private_info ""), select(2, client:private_info ""), "invalid_request", "card_id")
    assert_refused(nil, select(2, client:private_info { card_idd = "x" }), "invalid_request", "card_idd")
    assert.equal(0, calls())
  end)

  it("that raises gives an error that says so on one line, and nothing is sent", function()
    local client, calls = counted(function() error("the vault\nis sealed") end)
    local id = sandbox.unique_id "alix"
    local info, err = client:private_info(id)
    assert_refused(info, err, "auth", "access_token")
    assert.matches("the vault is sealed", err.message, 1, true)
    assert.equal(1, calls())
    assert.equal(0, sandbox.seen(id).count)
  end)

  it("that returns nil and a reason gives an error with that reason, without a card number in it", function()
    local client = counted(function() return nil, "no token for 4111 1111 1111 1111" end)
    local info, err = client:private_info "c"
    assert_refused(info, err, "auth", "access_token")
    assert.matches("no token for **** **** **** ***", err.message, 1, true)
  end)

  it("that raises a long text shows no beginning of what stands where it is cut", function()
    for _, value in ipairs { "4111.1111.1111.1111", "4111111111111112", "tok_live_refresh_9f8e7d" } do
      for before = 225, 256 do
        local filler = ("; "):rep(before):sub(-before)
        local client = counted(function() error(filler .. value .. (" ;"):rep(100), 0) end)
        local info, err = client:private_info "c"
        assert_refused(info, err, "auth", "access_token")
        local shown = err.message:match "credential: (.*)$"
        assert.is_nil(shown:find "[^; *.]", shown)
        assert.is_true(#shown <= 256 + 3)
      end
    end
  end)

  it("that passes on an error of ours keeps whether it may be tried again", function()
    local other = alix {}
    local client = counted(function() return other:private_info("c", { headers = { ["X-Sandbox"] = "status=503" } }) end)
    local info, err = client:private_info "c"
    assert_refused(info, err, "auth", "access_token")
    assert.is_true(err.retryable)
  end)

  it("that returns something else, or nothing, gives an error, and none of it shows", function()
    for _, value in ipairs { 1234567890, true, {}, function() end } do
      local client = counted(function() return value end)
      local info, err = client:private_info "c"
      assert_refused(info, err, "auth", "access_token")
      assert.is_nil(tostring(err):find("1234567890", 1, true))
    end
    local client = counted(function() end)
    assert_refused(nil, select(2, client:private_info "c"), "auth", "access_token")
    client = counted(function() error() end)
    assert_refused(nil, select(2, client:private_info "c"), "auth", "access_token")
    client = counted(function() error { "a table" } end)
    assert_refused(nil, select(2, client:private_info "c"), "auth", "access_token")
  end)

  it("that returns what no header may be is refused, naming the credential and not the value", function()
    for _, value in ipairs { "", "tok\r\nX-Injected: 1", "tok\nen", "tok\0en", closed_secret "tok", cards.secret "tok\r\nen" } do
      local client = counted(function() return value end)
      local id = sandbox.unique_id "alix"
      local info, err = client:private_info(id)
      assert_refused(info, err, "invalid_request", "access_token")
      assert.is_nil(err.message:find("tok%A"))
      assert.equal(0, sandbox.seen(id).count)
    end
  end)

  it("leaves the first answer's error when it fails at the second time", function()
    local client, calls = counted(function(n)
      if n == 2 then error "down" end
      return "expired"
    end)
    local info, err = client:private_info(sandbox.unique_id "alix")
    assert.is_nil(info)
    assert.equal("auth", err.kind)
    assert.equal(401, err.status)
    assert.equal(1, err.attempts)
    assert.equal(2, calls())
  end)

  it("may be the one or the other of several", function()
    local calls = 0
    local client = drive.client("netxd", { api_key = function()
      calls = calls + 1
      return "netxd_api_key_sandbox"
    end })
    assert(client:get_cvv(sandbox.unique_id "netxd"))
    assert.equal(1, calls)
  end)
end)

describe("sign", function()
  local function signing(sign) return drive.client("netxd", { signature = false, sign = sign }) end

  it("that raises, or returns no signature, gives an error that names it, and nothing is sent", function()
    for _, sign in ipairs { function() error "no HSM" end, function() return nil, "no HSM" end, function() return 5, "no HSM" end, function() end } do
      local id = sandbox.unique_id "netxd"
      local record, err = signing(sign):get_cvv(id)
      assert_refused(record, err, "auth", "sign")
      assert.equal(0, sandbox.seen(id).count)
    end
    local _, err = signing(function() error "no HSM" end):get_cvv "c"
    assert.matches("no HSM", err.message, 1, true)
  end)

  it("that raises what another function gave does not show it", function()
    for _, key in ipairs { "short_key", cards.secret "short_key" } do
      local client = drive.client("netxd", { signature = false, api_key = function() return key end, sign = function() error("no HSM for short_key", 0) end })
      local record, err = client:get_cvv "c"
      assert_refused(record, err, "auth", "no HSM for ***")
      assert.is_nil(err.message:find("short_key", 1, true))
    end
  end)

  it("may return a secret", function()
    assert(signing(function() return cards.secret "netxd_signature_sandbox" end):get_cvv(sandbox.unique_id "netxd"))
  end)

  it("is called once more after a 401", function()
    local calls = 0
    local function sign(right)
      return function()
        calls = calls + 1
        return calls > right and "netxd_signature_sandbox" or "wrong"
      end
    end
    assert(signing(sign(1)):get_cvv(sandbox.unique_id "netxd"))
    assert.equal(2, calls)
    calls = 0
    local _, err = signing(sign(2)):get_cvv(sandbox.unique_id "netxd")
    assert.same({ 401, 2, 2 }, { err.status, err.attempts, calls })
  end)

  it("is called again after a 401 where another credential is a function, and gets the payload both times", function()
    local payloads, keys = {}, 0
    local client = drive.client("netxd", { signature = false, sign = function(payload)
      payloads[#payloads + 1] = payload
      return "netxd_signature_sandbox"
    end, api_key = function()
      keys = keys + 1
      return keys == 1 and "expired" or "netxd_api_key_sandbox"
    end })
    assert(client:get_cvv(sandbox.unique_id "netxd"))
    assert.equal(2, keys)
    assert.equal(2, #payloads)
    assert.equal(payloads[1], payloads[2])
  end)

  it("must be a function", function()
    local ok, message = pcall(signing, "a string")
    assert.is_false(ok)
    assert.matches("sign must be a function", message, 1, true)
  end)
end)

describe("a secret", function()
  it("is taken for a credential and for any parameter", function()
    local client = drive.client("netxd", { credential = cards.secret "Basic c2FuZGJveDpzYW5kYm94", api_key = cards.secret "netxd_api_key_sandbox",
      signature = cards.secret "netxd_signature_sandbox", defaults = false })
    local params = {}
    local id = sandbox.unique_id "netxd"
    for name, value in pairs { product = "DEFAULT", program = "DEFAULT", channel = "PULSE", customer_id = "1", account_number = "2", card_id = id,
      reference = "r" } do
      params[name] = cards.secret(value)
    end
    assert.equal("679", assert(client:get_cvv(params)).card.cvv:reveal())
    assert.equal(1, sandbox.seen(id).count)
  end)

  it("stays open and whole after the call that it went with", function()
    local token, id = cards.secret(TOKEN), cards.secret(sandbox.unique_id "alix")
    local client = alix { access_token = token }
    for _ = 1, 2 do assert(client:private_info(id)) end
    assert.equal(TOKEN, token:reveal())
  end)

  it("that is closed is refused as a credential, saying so", function()
    local ok, message = pcall(alix, { access_token = closed_secret(TOKEN) })
    assert.is_false(ok)
    assert.matches("access_token is a secret that is closed", message, 1, true)
    local token = cards.secret(TOKEN)
    local client = alix { access_token = token }
    token:close()
    local info, err = client:private_info "c"
    assert_refused(info, err, "invalid_request", "access_token")
    assert.matches("closed", err.message, 1, true)
  end)

  it("that is closed is refused as a parameter, saying so", function()
    for _, params in ipairs { closed_secret "c", { card_id = closed_secret "c" } } do
      local info, err = alix({}):private_info(params)
      assert_refused(info, err, "invalid_request", "card_id")
      assert.matches("closed", err.message, 1, true)
    end
    local record, err = drive.client("netxd"):get_cvv { card_id = "c", account_number = closed_secret "1" }
    assert_refused(record, err, "invalid_request", "account_number")
    assert.matches("closed", err.message, 1, true)
  end)

  it("is taken for a header, and refused when it is closed or no header", function()
    local id = sandbox.unique_id "alix"
    assert(alix({ headers = { ["X-One"] = cards.secret "first" } }):private_info(id, { headers = { ["X-Two"] = cards.secret "second" } }))
    local headers = sandbox.seen(id).last.headers
    assert.equal("first", headers["x-one"])
    assert.equal("second", headers["x-two"])
    for _, value in ipairs { closed_secret "x", cards.secret "a\r\nb", "a\r\nb", "a\0b" } do
      local info, err = alix({}):private_info("c", { headers = { ["X-Two"] = value } })
      assert_refused(info, err, "invalid_request", "headers.X-Two")
    end
  end)
end)
