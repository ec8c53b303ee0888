--- Echoes: numbers of a provider that come back as they are.

local cards = require "cards"
local sandbox = require "support.sandbox"

local function fails(overrides)
  local client = assert(cards.alix.new(sandbox.config("alix", overrides)))
  local record, err = client:private_info(sandbox.unique_id "echo")
  assert.is_nil(record)
  return err
end

describe("retry_after", function()
  local function asked(value)
    return fails({ retries = 0, headers = { ["X-Sandbox"] = "rate_limited,retry_after=" .. value } }).retry_after
  end

  it("is at most a day, in seconds, milliseconds and as a date", function()
    for _, value in ipairs { "86401", "4111111111111111", "4111111111111111.5", "ms:4111111111111111", "date:86500", "date:400000000" } do
      assert.equal(86400, asked(value), value)
    end
    assert.equal(86399, asked "86399")
    local dated = asked "date:86000"
    assert.is_true(dated > 85900 and dated <= 86001, tostring(dated))
  end)

  it("has no digits behind its milliseconds, in which a number could come", function()
    assert.equal(0.412, asked "0.4111111111111111")
    assert.equal(0.001, asked "0.0004111111111111111")
    assert.equal(0, asked "0")
  end)
end)
