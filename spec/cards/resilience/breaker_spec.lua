--- cards.breaker: when it opens and when it closes again. Breakers that workers share are in spec/nginx/orchestration_spec.lua.

local cards = require "cards"
local core = require "cards.core"
local drive = require "support.drive"
local program = require "support.program"
local sandbox = require "support.sandbox"
local testing = require "cards.testing"

local alix = drive.client "alix"

local function failing(kind, attempts)
  return function() return nil, core.error { kind = kind, message = "made up", attempts = attempts or 1 } end
end
local function fine() return "fine" end

--- Whether a breaker calls its function now.
local function calls(breaker)
  local called = false
  breaker(function() called = true return nil, core.error { kind = "cancelled" } end)
  return called
end

local function fail(breaker, times, call)
  for _ = 1, times do breaker(call or failing "network") end
end

describe("a breaker", function()
  local clock -- which goes on where all wait, and not while a loaded machine does something else

  before_each(function() clock = testing.clock() end)
  after_each(function() clock:stop() end)

  it("is closed at first, and gives what its function gives", function()
    local breaker = cards.breaker {}
    assert.same({ 1, nil, 3, n = 3 }, (function(...) return { n = select("#", ...), ... } end)(breaker(function() return 1, nil, 3 end)))
    assert.equal("ab", breaker(function(a, b) return a .. b end, "a", "b"))
    assert.same({ phase = "closed", failures = 0, retry_after = 0 }, breaker:state())
  end)

  it("opens with the last of so many failures, and calls nothing then", function()
    local breaker, id = cards.breaker { failures = 3, name = "alix" }, sandbox.unique_id "open"
    local function call() return alix:private_info(id, { headers = { ["X-Sandbox"] = "unavailable" } }) end
    for i = 1, 3 do
      assert.equal("provider", (select(2, breaker(call))).kind)
      assert.equal(i < 3 and "closed" or "open", breaker:state().phase)
    end
    local info, err = breaker(call)
    assert.is_nil(info)
    assert.equal("busy", err.kind)
    assert.is_true(err.retryable)
    assert.equal(0, err.attempts)
    assert.is_true(err.retry_after > 0 and err.retry_after <= 30)
    assert.matches("^cards.breaker: busy: the breaker 'alix' is open until %d%d:%d%d:%d%d UTC$", tostring(err))
    assert.equal(3, sandbox.seen(id).count)
  end)

  it("has a name that is a short line in its messages, without a card's number", function()
    for name, shown in pairs { ["4111 1111 1111 1111"] = "**** **** **** 1111", [("x"):rep(2000000)] = ("x"):rep(64), ["\226\130"] = "??" } do
      local breaker = cards.breaker { failures = 1, name = name }
      fail(breaker, 1)
      assert.matches(("the breaker '%s' is open"):format(shown), select(2, breaker(fine)).message, 1, true)
    end
  end)

  it("counts what says that the provider does not work, and nothing else", function()
    for _, kind in ipairs { "network", "timeout", "provider", "tls" } do
      local breaker = cards.breaker { failures = 2 }
      fail(breaker, 2, failing(kind))
      assert.equal("open", breaker:state().phase, kind)
    end
    for _, kind in ipairs { "invalid_request", "auth", "not_found", "rate_limited", "declined", "protocol", "busy", "cancelled" } do
      local breaker = cards.breaker { failures = 1 }
      fail(breaker, 2, failing(kind))
      assert.equal("closed", breaker:state().phase, kind)
    end
    local breaker = cards.breaker { failures = 1 }
    breaker(function() return nil, "text" end)
    breaker(function() end)
    cards.deadline(0, breaker, alix.private_info, alix, "c_1") -- nothing was sent
    assert.equal("closed", breaker:state().phase)
  end)

  it("asks `counts` where it is given", function()
    local breaker = cards.breaker { failures = 2, counts = function(err) return err.kind == "rate_limited" end }
    fail(breaker, 5, failing "network")
    assert.equal("closed", breaker:state().phase)
    fail(breaker, 2, failing "rate_limited")
    assert.equal("open", breaker:state().phase)
  end)

  it("counts what is raised, and lets it through", function()
    local breaker = cards.breaker { failures = 2 }
    local thrown = core.error { kind = "network", message = "thrown" }
    for _ = 1, 2 do assert.equal(thrown, select(2, pcall(breaker, function() error(thrown) end))) end
    assert.equal("open", breaker:state().phase)
  end)

  it("forgets failures that lie too far back", function()
    local breaker = cards.breaker { failures = 3, window = 0.05 }
    fail(breaker, 2)
    assert.equal(2, breaker:state().failures)
    cards.sleep(0.06)
    fail(breaker, 2)
    assert.equal("closed", breaker:state().phase)
    fail(breaker, 1)
    assert.equal(breaker:state().failures == 0 and "open" or "closed", breaker:state().phase)
  end)

  it("is half open after its time: one call that succeeds closes it", function()
    local breaker = cards.breaker { failures = 1, open_for = 0.05 }
    fail(breaker, 1)
    assert.is_false(calls(breaker))
    cards.sleep(0.06)
    assert.equal("half_open", breaker:state().phase)
    assert.equal("fine", breaker(fine))
    assert.equal("closed", breaker:state().phase)
    assert.equal("fine", breaker(fine))
  end)

  it("is open again when that call fails, and closed when the provider has an answer, whichever", function()
    local breaker = cards.breaker { failures = 3, open_for = 0.05 }
    fail(breaker, 3)
    cards.sleep(0.06)
    fail(breaker, 1)
    assert.equal("open", breaker:state().phase)
    cards.sleep(0.06)
    breaker(failing "not_found")
    assert.equal("closed", breaker:state().phase)
    assert.equal(0, breaker:state().failures)
  end)

  it("lets only so many try while it is half open", function()
    for most = 1, 2 do
      local breaker, called = cards.breaker { failures = 1, open_for = 0.05, half_open = most }, 0
      fail(breaker, 1)
      cards.sleep(0.06)
      local function try()
        return breaker(function()
          called = called + 1
          return alix:private_info "c_1"
        end)
      end
      local results = { cards.all { try, try, try, try } }
      assert.equal(most, called)
      for i = 1, 4 do
        if i <= most then assert.is_truthy(results[i][1]) else assert.equal("busy", results[i][2].kind) end
      end
      assert.matches("until a call that is under way", results[4][2].message, 1, true)
      assert.equal("closed", breaker:state().phase)
    end
  end)

  it("lets another one try after one that showed nothing, or was given up", function()
    local breaker = cards.breaker { failures = 1, open_for = 0.05 }
    fail(breaker, 1)
    cards.sleep(0.06)
    for _ = 1, 3 do assert.is_true(calls(breaker)) end
    assert.equal("half_open", breaker:state().phase)
    local attempts = 0
    local function attempt() -- the second one succeeds, so that the first is given up while it tries
      attempts = attempts + 1
      return attempts == 2 or breaker(cards.sleep, 60)
    end
    assert.is_true(cards.hedge(attempt, { after = 0.01 }))
    assert.equal(2, attempts)
    cards.sleep(0.06)
    collectgarbage() -- where a coroutine cannot be closed, what it held comes back with it
    collectgarbage()
    assert.is_true(calls(breaker))
  end)

  it("lets another one try where one that took longer than it is open showed nothing, and a later one was given up", function()
    local breaker = cards.breaker { failures = 1, open_for = 0.05 }
    fail(breaker, 1)
    cards.sleep(0.06)
    breaker(function()
      cards.sleep(0.1)
      return nil, { kind = "busy", attempts = 0 }
    end)
    local attempts = 0
    assert.is_true(cards.hedge(function()
      attempts = attempts + 1
      return attempts == 2 or breaker(cards.sleep, 60)
    end, { after = 0.01 }))
    program.wait_for("another one to try", function()
      collectgarbage()
      cards.sleep(0.01)
      return calls(breaker)
    end)
  end)

  it("takes no notice of calls that began before it opened", function()
    local breaker, order = cards.breaker { failures = 2, open_for = 0.05 }, {}
    local function late(seconds, call)
      return function()
        breaker(function()
          cards.sleep(seconds)
          order[#order + 1] = breaker:state().phase
          return call()
        end)
        order[#order + 1] = breaker:state().phase
      end
    end
    cards.all { late(0.15, fine), late(0.2, failing "network"), function() fail(breaker, 2) end }
    table.sort(order)
    assert.same({ "half_open", "half_open", "half_open", "half_open" }, order)
  end)

  it("is one for each that is made", function()
    local one, other = cards.breaker { failures = 1, name = "same" }, cards.breaker { failures = 1, name = "same" }
    fail(one, 1)
    assert.equal("open", one:state().phase)
    assert.equal("closed", other:state().phase)
  end)

  it("refuses options that are none, and a call of nothing, at the caller's line", function()
    for message, options in pairs {
      ["unknown key 'failure' (did you mean 'failures'?)"] = { failure = 3 }, ["failures must be a whole number"] = { failures = 0 },
      ["counts must be a function"] = { counts = true }, ["name is required where shared is given"] = { shared = "x" }, ["the options must be a table"] = 1,
    } do
      local ok, why = pcall(function() cards.breaker(options) end)
      assert.is_false(ok)
      assert.matches("breaker_spec.lua:%d+: cards.breaker: ", why)
      assert.matches(message, why, 1, true)
    end
    local breaker = cards.breaker()
    assert.matches("breaker_spec.lua:%d+: cards.breaker: the first", select(2, pcall(function() breaker() end)))
  end)
end)
