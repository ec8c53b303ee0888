--- What is sent again, how often, and when a call gives up.

local cards = require "cards"
local program = require "support.program"
local sandbox = require "support.sandbox"

--- One call with this misbehaviour; what the sandbox asks to wait is a millisecond, unless the case says otherwise.
local function call(provider, case, overrides)
  local id = sandbox.unique_id "retry"
  local headers = { ["X-Sandbox"] = case .. (case:find "retry_after" and "" or ",retry_after=ms:1") }
  local config = sandbox.config(provider, overrides)
  config.headers = headers
  local client = cards[provider].new(config)
  local record, err = client[sandbox.operation(provider)](client, sandbox.params(provider, id))
  return record, err, sandbox.seen(id).count
end

describe("an answer", function()
  for _, status in ipairs { 408, 425, 429, 500, 502, 503, 504 } do
    it("is asked for again: " .. status, function()
      local record, err, count = call("alix", "status=" .. status)
      assert.is_nil(record)
      assert.equal(status, err.status)
      assert.is_true(err.retryable)
      assert.equal(3, err.attempts)
      assert.equal(3, count)
    end)
  end

  for _, status in ipairs { 301, 400, 401, 403, 404, 405, 409, 410, 422 } do
    it("is not asked for again: " .. status, function()
      local record, err, count = call("alix", "status=" .. status)
      assert.is_nil(record)
      assert.equal(status, err.status)
      assert.is_false(err.retryable)
      assert.equal(1, err.attempts)
      assert.equal(1, count)
    end)
  end

  for _, case in ipairs { "declined", "declined_200", "not_json", "empty", "big", "null_root", "gzip_broken", "cvv_number=1e400" } do
    it("is not asked for again: " .. case, function()
      local record, err, count = call("alix", case)
      assert.is_nil(record)
      assert.is_false(err.retryable)
      assert.equal(1, err.attempts)
      assert.equal(1, count)
    end)
  end

  for _, provider in ipairs(sandbox.PROVIDERS) do
    it("is asked for again from " .. provider .. ", until it is good", function()
      local record, err, count = call(provider, "fail_then_ok=2")
      assert.is_nil(err)
      assert.is_table(record)
      assert.equal(3, count)
    end)
  end
end)

--- TLS settings of their own, so that no connection of an earlier call is used.
local pools = {}
local function own_pool()
  local file = assert(io.open(sandbox.url "CA_FILE"))
  pools[#pools + 1] = program.file(file:read "*a")
  file:close()
  return { ca_file = pools[#pools] }
end

teardown(function()
  for _, path in ipairs(pools) do
    os.remove(path)
  end
end)

describe("a connection that breaks", function()
  for _, case in ipairs { "close", "reset", "cut_short" } do
    for _, provider in ipairs { "alix", "nayax" } do
      it("is tried again, as both requests only read: " .. case .. ", " .. provider, function()
        local record, err, count = call(provider, case, { retries = 1, tls = own_pool() })
        assert.is_nil(record)
        assert.equal("network", err.kind)
        assert.equal(2, err.attempts)
        assert.equal(2, count)
      end)
    end
  end

  it("is not tried again without retries", function()
    local _, err, count = call("alix", "close", { retries = 0, tls = own_pool() })
    assert.equal("network", err.kind)
    assert.equal(1, err.attempts)
    assert.equal(1, count)
  end)

  it("and was open from an earlier call may be replaced by libcurl itself, once: that counts as an attempt", function()
    local client = cards.alix.new(sandbox.config("alix", { retries = 0, tls = own_pool() }))
    local id = sandbox.unique_id "retry"
    assert(client:private_info(sandbox.unique_id "open"))
    local record, err = client:private_info(id, { headers = { ["X-Sandbox"] = "close" } })
    assert.is_nil(record)
    local count = sandbox.seen(id).count
    assert.is_true(count <= 2, count .. " requests")
    assert.equal(count, err.attempts)
  end)

  it("is tried again when nobody listens", function()
    local client = cards.alix.new(sandbox.config("alix", { base_url = sandbox.url "REFUSED_URL", retries = 1 }))
    local _, err = client:private_info "c_1"
    assert.equal("network", err.kind)
    assert.equal(2, err.attempts)
  end)
end)

describe("the number of attempts", function()
  it("is one with retries = 0", function()
    local _, err, count = call("alix", "unavailable", { retries = 0 })
    assert.equal(1, err.attempts)
    assert.equal(1, count)
    assert.is_true(err.retryable)
  end)

  it("is one more than retries", function()
    local _, err, count = call("alix", "unavailable", { retries = 5 })
    assert.equal(6, err.attempts)
    assert.equal(6, count)
  end)

  it("is no larger than it takes", function()
    local event
    local _, err, count = call("alix", "fail_then_ok=1", { retries = 5, on_event = function(e) event = e end })
    assert.is_nil(err)
    assert.equal(2, count)
    assert.equal(2, event.attempts)
    assert.is_true(event.ok)
  end)

  it("may be set for one call", function()
    local client = cards.alix.new(sandbox.config("alix", { retries = 5, headers = { ["X-Sandbox"] = "unavailable,retry_after=ms:1" } }))
    local id = sandbox.unique_id "retry"
    local _, err = client:private_info(id, { retries = 1 })
    assert.equal(2, err.attempts)
    assert.equal(2, sandbox.seen(id).count)
  end)

  it("is none for a call that is not sent", function()
    local client = cards.alix.new(sandbox.config "alix")
    local _, err = client:private_info ""
    assert.equal("invalid_request", err.kind)
    assert.equal(0, err.attempts)
  end)
end)

describe("x-should-retry", function()
  it("false ends the attempts", function()
    local _, err, count = call("alix", "unavailable,x_should_retry=false")
    assert.equal(1, count)
    assert.equal(1, err.attempts)
    assert.is_false(err.retryable)
  end)

  it("true changes nothing for an answer that is asked for again anyway", function()
    local _, _, count = call("alix", "unavailable,x_should_retry=true", { retries = 1 })
    assert.equal(2, count)
  end)

  it("true does not make a refusal worth another attempt", function()
    local _, err, count = call("alix", "bad_request,x_should_retry=true")
    assert.equal(1, count)
    assert.is_false(err.retryable)
  end)
end)

describe("Retry-After", function()
  it("beyond the deadline ends the call at once, and says how long to wait", function()
    for _, case in ipairs { "rate_limited", "unavailable" } do
      local record, err, count = call("alix", case .. ",retry_after=3600")
      assert.is_nil(record)
      assert.equal(case == "unavailable" and "provider" or "rate_limited", err.kind)
      assert.equal(3600, err.retry_after)
      assert.equal(1, err.attempts)
      assert.equal(1, count)
      assert.is_true(err.retryable)
    end
  end)

  it("is read as a date", function()
    local _, err, count = call("alix", "rate_limited,retry_after=date:3600")
    assert.is_true(err.retry_after > 3500 and err.retry_after <= 3601, tostring(err.retry_after))
    assert.equal(1, count)
  end)

  it("is read in milliseconds", function()
    local _, err, count = call("alix", "rate_limited,retry_after=ms:90500")
    assert.equal(90.5, err.retry_after)
    assert.equal(1, count)
  end)

  it("that lies in the past means now", function()
    local record, err, count = call("alix", "fail_then_ok=1:429,retry_after=date:-3600")
    assert.is_nil(err)
    assert.is_table(record)
    assert.equal(2, count)
  end)

  it("that is nonsense is as none", function()
    for _, value in ipairs { "soon", "-5", "nan", "1e999", "0x10 apples" } do
      local _, err, count = call("alix", "rate_limited,retry_after=" .. value, { retries = 0 })
      assert.is_nil(err.retry_after, value)
      assert.equal("rate_limited", err.kind)
      assert.equal(1, count)
    end
  end)

  it("is in the error of the last attempt", function()
    local _, err, count = call("alix", "rate_limited,retry_after=0", { retries = 1 })
    assert.equal(0, err.retry_after)
    assert.equal(2, count)
  end)

  it("within the deadline is waited for, and the answer after it counts", function()
    local event
    local record, _, count = call("alix", "fail_then_ok=1,retry_after=1", { on_event = function(e) event = e end })
    assert.is_table(record)
    assert.equal(2, count)
    assert.is_true(event.seconds >= 1, "it must not be asked earlier than it said")
  end)
end)

describe("the deadline", function()
  it("covers all attempts together", function()
    local record, err, count = call("alix", "unavailable,retry_after=ms:50", { timeout = 0.6, retries = 100 })
    assert.is_nil(record)
    assert.is_true(err.attempts > 1 and err.attempts < 100, tostring(err.attempts))
    assert.equal(count, err.attempts)
    assert.is_true(err.kind == "provider" or err.kind == "timeout", err.kind)
  end)

  it("covers what a credential function takes, and its second call after a 401", function()
    local calls = 0
    local client = cards.alix.new(sandbox.config("alix", {
      timeout = 0.5, retries = 0, headers = { ["X-Sandbox"] = "expire_then_ok" },
      access_token = function()
        calls = calls + 1
        if calls == 2 then
          os.execute "sleep 0.6"
        end
        return sandbox.credentials("alix").access_token
      end,
    }))
    local record, err = client:private_info(sandbox.unique_id "deadline")
    assert.is_nil(record)
    assert.equal("timeout", err.kind)
    assert.equal(2, calls)
  end)
end)
