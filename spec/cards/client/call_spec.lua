--- One call: parameters, options, misuse. Credentials are in call_credentials_spec.lua, answers in spec/cards/provider.

local cards = require "cards"
local assert_refused = require "support.assert_refused"
local drive = require "support.drive"
local program = require "support.program"
local sandbox = require "support.sandbox"

local function alix(overrides) return drive.client("alix", overrides) end

describe("parameters", function()
  local client = drive.client "alix"

  it("that are missing, empty or of the wrong type are refused by name", function()
    for _, params in ipairs { {}, { card_id = "" }, { card_id = 12 }, { card_id = false }, { card_id = {} }, "", cards.secret "" } do
      local info, err = client:private_info(params)
      assert_refused(info, err, "invalid_request", "card_id")
    end
    assert_refused(nil, select(2, client:private_info()), "invalid_request", "card_id")
    assert_refused(nil, select(2, client:private_info(nil)), "invalid_request", "card_id")
    for _, params in ipairs { 12, true, print } do
      assert_refused(nil, select(2, client:private_info(params)), "invalid_request", "card_id")
    end
  end)

  it("that nobody knows are refused, with the nearest name", function()
    local info, err = client:private_info { card_id = "c", cardid = "c" }
    assert_refused(info, err, "invalid_request", "'cardid'")
    assert.matches("'card_id'", err.message, 1, true)
    err = select(2, drive.client("netxd"):get_cvv { card_id = "c", acount_number = "1" })
    assert.matches("'account_number'", err.message, 1, true)
    err = select(2, client:private_info { "c" })
    assert.equal("invalid_request", err.kind)
  end)

  it("that are unknown are named on one line, however they are spelled", function()
    for _, name in ipairs { "a\nb", "4111111111111111", ("x"):rep(5000), "\255" } do
      local info, err = client:private_info { [name] = "c" }
      assert.is_nil(info)
      assert.equal("invalid_request", err.kind)
      assert.is_nil(tostring(err):find "%c")
      assert.is_true(#tostring(err) < 300)
      assert.is_nil(tostring(err):find("4111111111111111", 1, true))
    end
  end)

  it("are not changed", function()
    local params = { card_id = sandbox.unique_id "alix" }
    local id = params.card_id
    assert(client:private_info(params))
    assert.same({ card_id = id }, params)
  end)
end)

describe("options of one call", function()
  it("go before the client's, for that call only", function()
    local client = alix { retries = 1 }
    local again = { ["X-Sandbox"] = "status=503,retry_after=ms:1" }
    local _, err = client:private_info("c", { retries = 0, headers = again })
    assert.equal(1, err.attempts)
    _, err = client:private_info("c", { headers = again })
    assert.equal(2, err.attempts)
    _, err = client:private_info("c", { max_response_bytes = 20 })
    assert.equal("protocol", err.kind)
    _, err = client:private_info("c", { timeout = 0.1, headers = { ["X-Sandbox"] = "never" } })
    assert.equal("timeout", err.kind)
    assert.truthy(client:private_info "c")
  end)

  it("that are unknown or wrong are an error at the caller's line, with the nearest name", function()
    local client = alix {}
    for wrong, message in pairs { [{ retry = 1 }] = "retries", [{ timeout = "1" }] = "timeout", [{ retries = -1 }] = "retries",
      [{ headers = { Authorization = "x" } }] = "headers.Authorization", [{ headers = { ["a b"] = "x" } }] = "headers", [{ timeout = 0 }] = "timeout",
      [{ proxy = "x" }] = "proxy" } do
      local line = debug.getinfo(1, "l").currentline + 1
      local ok, err = pcall(function() return (client:private_info("c", wrong)) end)
      assert.is_false(ok)
      assert.matches("call_spec.lua:" .. line .. ":", err, 1, true)
      assert.matches(message, err, 1, true)
    end
    assert.has_error(function() client:private_info("c", "options") end)
  end)
end)

describe("a call on what is no client of the provider", function()
  it("is an error at the caller's line that says what it was", function()
    local whop = drive.client "whop"
    for _, case in ipairs { { whop, "cards.whop" }, { nil, "nil" }, { {}, "table" }, { "c", "string" },
      { cards.alix, "table" }, { cards.secret "c", "userdata" } } do
      local line = debug.getinfo(1, "l").currentline + 1
      local ok, err = pcall(function() return (cards.alix.private_info(case[1], "c")) end)
      assert.is_false(ok)
      assert.matches("call_spec.lua:" .. line .. ":", err, 1, true)
      assert.matches("alix", err, 1, true)
      assert.matches(case[2], err, 1, true)
    end
  end)
end)

describe("what an outside examiner found:", function()
  local function headers_of(id) return sandbox.seen(id).last.headers end

  it("a header of a call replaces the client's of that name, whatever its case", function()
    local id = sandbox.unique_id "headers"
    local client = cards.alix.new(sandbox.config("alix", { headers = { ["X-A"] = "client", ["X-B"] = "client" } }))
    assert(client:private_info(id, { headers = { ["x-a"] = "call", ["User-Agent"] = "mine" } }))
    assert.equal("call", headers_of(id)["x-a"])
    assert.equal("client", headers_of(id)["x-b"])
    assert.equal("mine", headers_of(id)["user-agent"])
  end)

  it("retries bounds what is sent, but for the one more request that a connection which was used before may need", function()
    local client = cards.alix.new(sandbox.config("alix", { retries = 0 }))
    for _, case in ipairs { "reset", "close" } do
      assert(client:private_info(sandbox.unique_id "before"))
      local id = sandbox.unique_id "once"
      local record, err = client:private_info(id, { headers = { ["X-Sandbox"] = case } })
      assert.is_nil(record)
      assert.equal("network", err.kind)
      assert.equal(2, sandbox.seen(id).count)
      assert.equal(2, err.attempts)
    end
    client = cards.alix.new(sandbox.config("alix", { retries = 2 }))
    assert(client:private_info(sandbox.unique_id "before"))
    local id = sandbox.unique_id "thrice"
    local _, err = client:private_info(id, { headers = { ["X-Sandbox"] = "close" } })
    assert.equal(3, err.attempts)
    assert.equal(3, sandbox.seen(id).count)
  end)

  it("what a sign function says of the payload does not show in the error", function()
    local config = sandbox.config("netxd", { signature = false, sign = function(payload) error("cannot sign " .. payload) end })
    local record, err = cards.netxd.new(config):get_cvv "c_secret_1"
    assert.is_nil(record)
    assert.equal("auth", err.kind)
    assert.is_nil(tostring(err):find("400320588344662", 1, true))
    assert.is_nil(tostring(err):find("c_secret_1", 1, true))
  end)

  it("the credential before a refresh does not show in the error after it", function()
    local count = 0
    local client = cards.alix.new(sandbox.config("alix", { retries = 0, access_token = function()
      count = count + 1
      return count == 1 and "tokenfirstAAA" or "tokensecondBBB"
    end }))
    local record, err = client:private_info(sandbox.unique_id "c", { headers = { ["X-Sandbox"] = "echo_secrets=401" } })
    assert.is_nil(record)
    assert.equal(2, count)
    assert.is_nil(tostring(err):find("tokenfirstAAA", 1, true))
    assert.is_nil(tostring(err):find("tokensecondBBB", 1, true))
  end)

  it("a signature with a line break is refused, naming it", function()
    local id = sandbox.unique_id "c"
    local config = sandbox.config("netxd", { signature = false, sign = function() return "a\r\nb" end })
    local record, err = cards.netxd.new(config):get_cvv(id)
    assert.is_nil(record)
    assert.equal("invalid_request", err.kind)
    assert.matches("signature", err.message, 1, true)
    assert.equal(0, sandbox.seen(id).count)
  end)

  it("what the provider wrote is in the message whatever the kind", function()
    local client = cards.whop.new(sandbox.config("whop", { retries = 0 }))
    local _, err = client:retrieve(sandbox.unique_id "c", { headers = { ["X-Sandbox"] = "status=418" } })
    assert.equal("protocol", err.kind)
    assert.matches("HTTP 418%): ", err.message)
  end)
end)

describe("a value in the place of a parameter's name", function()
  it("is not shown", function()
    local client = cards.alix.new(sandbox.config "alix")
    for _, value in ipairs { "4111111111111111", "Zq7Xk90004abcd", "cvv 737" } do
      local record, err = client:private_info { card_id = "c_1", [value] = "x" }
      assert.is_nil(record)
      assert.equal("invalid_request", err.kind)
      assert.matches("there is no parameter '.*' %(known is card_id%)", err.message)
      assert.is_nil(err.message:find(value, 1, true))
      assert.is_nil(err.message:find "%d%d%d%d%d")
    end
  end)
end)

describe("a call in a finalizer", function()
  it("that runs when the state is closed is an error, and no crash", function()
    local output, status = program.run [[
      local client
      kept = newproxy and newproxy(true) or setmetatable({}, {}) -- finalized after the library, as it is older
      local function found() print(pcall(function() return client:private_info "c_1" end)) end
      if newproxy then getmetatable(kept).__gc = found else setmetatable(kept, { __gc = found }) end
      local cards, sandbox = require "cards", require "support.sandbox"
      client = cards.alix.new(sandbox.config "alix")
      assert(client:private_info(sandbox.unique_id "finalizer"))
    ]]
    assert.equal(0, status, output)
    assert.matches("^false\t", output)
  end)
end)
