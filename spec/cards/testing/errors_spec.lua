--- testing.error.

local testing = require "cards.testing"

local RETRYABLE = { rate_limited = true, provider = true, timeout = true, network = true, busy = true }
local KINDS = {
  "invalid_request", "auth", "not_found", "rate_limited", "declined", "provider", "timeout", "network", "tls", "protocol", "busy", "cancelled",
}

describe("testing.error", function()
  it("makes an error of every kind, as a call returns it", function()
    for _, kind in ipairs(KINDS) do
      local err = testing.error { kind = kind, provider = "alix", operation = "private_info" }
      assert.equal("cards.error", getmetatable(err))
      assert.equal(RETRYABLE[kind] == true, err.retryable)
      assert.matches("^alix.private_info: " .. kind .. "[ :].*%w", tostring(err))
      assert.equal("number", type(err.attempts))
    end
    assert.same({ 401, 404, 429, 500 }, {
      testing.error { kind = "auth" }.status, testing.error { kind = "not_found" }.status, testing.error { kind = "rate_limited" }.status,
      testing.error { kind = "provider" }.status,
    })
  end)

  it("keeps what is given", function()
    local fields = {
      kind = "provider", provider = "alix", operation = "private_info", status = 503, code = "E1", message = "down", retryable = false, retry_after = 7,
      attempts = 3, request_id = "req_1",
    }
    local err = testing.error(fields)
    for key, value in pairs(fields) do
      assert.equal(value, err[key])
    end
    assert.equal("alix.private_info: provider (HTTP 503, code E1): down", tostring(err))
    assert.is_nil(getmetatable(fields))
    assert.equal("cards: timeout: no answer in time", tostring(testing.error { kind = "timeout" }))
  end)

  it("counts what was not sent as no attempt", function()
    assert.equal(0, testing.error { kind = "invalid_request" }.attempts)
    assert.equal(1, testing.error { kind = "invalid_request", status = 422 }.attempts)
    assert.equal(0, testing.error { kind = "busy" }.attempts)
    assert.equal(1, testing.error { kind = "timeout" }.attempts)
  end)

  it("raises an error at the caller's line for an unknown kind or key, and for a wrong value", function()
    for wrong, fields in pairs {
      ["unknown kind 'timeot' (did you mean 'timeout'?)"] = { kind = "timeot" },
      ["unknown key 'knd' (did you mean 'kind'?)"] = { knd = "timeout" },
      ["kind is required"] = { message = "x" },
      ["status must be a whole number from 100 to 599"] = { kind = "provider", status = 99 },
      ["retryable must be true or false"] = { kind = "provider", retryable = 1 },
      ["the fields must be a table"] = "timeout",
    } do
      local ok, err = pcall(function() return (testing.error(fields)) end)
      assert.is_false(ok)
      assert.matches("errors_spec.lua:%d+: cards.testing.error: ", err)
      assert.matches(wrong, err, 1, true)
    end
  end)
end)
