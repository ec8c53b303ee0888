--- cards.retry: which errors a function is called again after, and when. The retries of one request are in spec/http/retry_spec.lua.

local cards = require "cards"
local core = require "cards.core"
local drive = require "support.drive"
local sandbox = require "support.sandbox"

local alix = drive.client "alix"

local function failing(fields)
  fields.kind = fields.kind or "provider"
  return core.error(fields)
end

--- A function that counts its calls and gives what the list has for each, the last one again and again.
local function counted(results)
  local calls = 0
  return function()
    calls = calls + 1
    local result = results[math.min(calls, #results)]
    return result[1], result[2]
  end, function() return calls end
end

local quick = { base = 0.001 }

describe("cards.retry", function()
  it("calls again until it succeeds", function()
    local id = sandbox.unique_id "retry"
    local info, err = cards.retry(function()
      return alix:private_info(id, { headers = { ["X-Sandbox"] = "fail_then_ok=2:500" } })
    end, quick)
    assert.is_nil(err)
    assert.is_truthy(info.cvv)
    assert.equal(3, sandbox.seen(id).count)
  end)

  it("returns everything that the function returned last", function()
    assert.equal(0, select("#", cards.retry(function() end)))
    assert.same({ 1, nil, 3, n = 3 }, (function(...) return { n = select("#", ...), ... } end)(cards.retry(function() return 1, nil, 3 end)))
    assert.is_false((cards.retry(function() return false, "why" end)))
    local call, calls = counted { { nil, failing { retryable = true, message = "first" } }, { nil, failing { retryable = true, message = "last" } } }
    local value, err = cards.retry(call, { attempts = 4, base = 0 })
    assert.is_nil(value)
    assert.equal("last", err.message)
    assert.equal(4, calls())
  end)

  it("makes three attempts where nothing else is said", function()
    local call, calls = counted { { nil, failing { retryable = true } } }
    cards.retry(call, quick)
    assert.equal(3, calls())
    call, calls = counted { { nil, failing { retryable = true } } }
    cards.retry(call, { attempts = 1, base = 1000, max = 1000 })
    assert.equal(1, calls())
  end)

  it("leaves alone what does not pass by itself", function()
    for _, err in ipairs { failing { retryable = false }, failing {}, "text", { retryable = "yes" } } do
      local call, calls = counted { { nil, err } }
      assert.equal(err, select(2, cards.retry(call, quick)))
      assert.equal(1, calls())
    end
    local id = sandbox.unique_id "declined"
    local _, err = cards.retry(function() return alix:private_info(id, { headers = { ["X-Sandbox"] = "declined" } }) end, quick)
    assert.equal("declined", err.kind)
    assert.equal(1, sandbox.seen(id).count)
  end)

  it("asks `on`, where it is given, about every error", function()
    local asked = {}
    local call, calls = counted { { nil, "one" }, { nil, failing { retryable = false } }, { nil, failing { retryable = true, message = "end" } } }
    local _, err = cards.retry(call, { attempts = 9, base = 0, on = function(why)
      asked[#asked + 1] = why
      return #asked < 3
    end })
    assert.equal(3, calls())
    assert.equal("end", err.message)
    assert.equal("one", asked[1])
  end)

  it("waits for as long as the provider asks, and not for less", function()
    local began = core.now()
    local id = sandbox.unique_id "asked"
    local first = true
    local info = cards.retry(function()
      local case = first and "rate_limited,retry_after=0.3" or nil
      first = false
      return alix:private_info(id, { headers = { ["X-Sandbox"] = case } })
    end, { base = 0, max = 0 })
    assert.is_truthy(info)
    assert.is_true(core.now() - began >= 0.3)
    assert.equal(2, sandbox.seen(id).count)
  end)

  it("does not wait at all where a deadline comes first", function()
    for _, err in ipairs { failing { retryable = true, retry_after = 3000 }, failing { retryable = true, retry_after = 1e300 } } do
      local call, calls = counted { { nil, err } }
      local _, why = cards.deadline(1000, cards.retry, call, quick)
      assert.equal(err, why)
      assert.equal(1, calls())
    end
    local call, calls = counted { { nil, failing { retryable = true } } }
    cards.deadline(0, cards.retry, call, quick)
    assert.equal(1, calls())
  end)

  it("lets others go on while it waits", function()
    local called, tries = false, 0
    local retried, other = cards.all {
      function()
        return cards.retry(function()
          tries = tries + 1
          if called then return "retried" end
          return nil, failing { retryable = true, retry_after = 0.05 }
        end, { attempts = 1000 })
      end,
      function()
        called = alix:private_info "c_1"
        return called
      end,
    }
    assert.same({ "retried", true }, { retried[1], other[1] == called })
    assert.is_true(tries > 1)
  end)

  it("lets through what the function raises", function()
    local calls = 0
    local ok, message = pcall(cards.retry, function()
      calls = calls + 1
      error "oops"
    end)
    assert.is_false(ok)
    assert.matches("oops", message)
    assert.equal(1, calls)
  end)

  it("refuses a policy that is none, at the caller's line", function()
    for message, policy in pairs {
      ["unknown key 'atempts' (did you mean 'attempts'?)"] = { atempts = 3 }, ["attempts must be a whole number"] = { attempts = 0 },
      ["base must be a number"] = { base = -1 }, ["max must be a number"] = { max = "5" }, ["on must be a function"] = { on = true },
      ["the policy must be a table"] = 3,
    } do
      local ok, why = pcall(function() cards.retry(print, policy) end)
      assert.is_false(ok)
      assert.matches("retry_spec.lua:%d+: cards.retry: ", why)
      assert.matches(message, why, 1, true)
    end
    assert.matches("the first argument must be a function", select(2, pcall(cards.retry, 1)), 1, true)
  end)
end)
