--- testing.clock: what would take hours takes no time. Where a wait were a real one, the spec would run into the limit of its program.

local cards = require "cards"
local program = require "support.program"
local sandbox = require "support.sandbox"
local testing = require "cards.testing"

local CARD = { cardNo = "4111111111111111", cvv = "123" }
local HOUR = 3600

--- How close two times are that were added in another order.
local function assert_near(expected, got)
  assert.is_true(math.abs(expected - got) < 1e-3, ("%.6f, not %.6f"):format(got, expected))
end

describe("under a clock of testing.clock", function()
  local clock, began

  before_each(function()
    clock = testing.clock()
    began = clock:now()
  end)
  after_each(function() clock:stop() end)

  local function passed() return clock:now() - began end

  it("time stands still, but for what advances it", function()
    assert.equal(began, clock:now())
    clock:advance(2.5)
    assert_near(2.5, passed())
  end)

  it("adds whole seconds without rounding, whatever the time is", function()
    for _ = 1, 100 do
      clock:stop()
      clock = testing.clock()
      began = clock:now()
      cards.sleep(HOUR)
      assert.equal(HOUR, passed())
      clock:advance(1)
      assert.equal(HOUR + 1, passed())
    end
  end)

  it("cards.sleep and cards.retry wait no real time", function()
    assert.is_true(cards.sleep(10 * HOUR))
    assert_near(10 * HOUR, passed())
    local refused = testing.error { kind = "rate_limited", retry_after = HOUR }
    local client = testing.client("alix", { private_info = { refused, testing.error { kind = "busy" }, CARD } })
    assert(cards.retry(function() return client:private_info "c" end, { base = 4, max = 4 }))
    assert.is_true(passed() >= 11 * HOUR and passed() <= 11 * HOUR + 4)
    assert.equal(3, #client.calls)
  end)

  it("cards.breaker opens and closes when its time has come", function()
    local down = true
    local client = testing.client("alix", { private_info = function() if down then return nil, { kind = "timeout" } end return CARD end })
    local breaker = cards.breaker { failures = 2, window = 10, open_for = 30 }
    local function call() return breaker(client.private_info, client, "c") end
    call()
    clock:advance(11)
    call()
    assert.equal("closed", breaker:state().phase) -- the first failure is no longer in the window
    call()
    assert.equal("open", breaker:state().phase)
    local _, err = call()
    assert.same({ "busy", 3 }, { err.kind, #client.calls })
    assert_near(30, err.retry_after)
    clock:advance(29.9)
    assert.equal("open", breaker:state().phase)
    clock:advance(0.2)
    assert.equal("half_open", breaker:state().phase)
    down = false
    assert(call())
    assert.equal("closed", breaker:state().phase)
  end)

  it("cards.limit lets calls through at its rate", function()
    local limited = cards.limit { rate = 2, per = 60, burst = 1, key = "k", max_wait = HOUR }
    for i = 1, 4 do
      limited(function() end)
      assert_near((i - 1) * 30, passed())
    end
  end)

  it("cards.token_source fetches a token when the last one is over", function()
    local count = 0
    local source = cards.token_source(function()
      count = count + 1
      return "token" .. count, HOUR
    end)
    assert.is_true(source():equals "token1")
    clock:advance(HOUR - 31)
    assert.is_true(source():equals "token1")
    clock:advance(32)
    assert.is_true(source():equals "token2")
    assert.equal(2, count)
  end)

  it("a deadline and a timeout end answers that take too long", function()
    local client = testing.client("alix", { private_info = function() cards.sleep(HOUR / 6) return CARD end })
    local _, err = cards.deadline(20, function() return client:private_info "c" end)
    assert.same({ "timeout", "alix", true }, { err.kind, err.provider, err.retryable })
    assert_near(20, passed())
    err = select(2, client:private_info("c", { timeout = 5 }))
    assert.equal("timeout", err.kind)
    assert_near(25, passed())
    assert(client:private_info("c", { timeout = HOUR / 4 }))
  end)

  it("cards.hedge starts the second attempt, and its answer wins", function()
    local count = 0
    local client = testing.client("alix", { private_info = function()
      count = count + 1
      if count == 1 then cards.sleep(HOUR / 6) end
      return CARD
    end }, { timeout = HOUR / 4 })
    assert(cards.hedge(function() return client:private_info "c" end, { after = 3 }))
    assert_near(3, passed())
    assert.equal(2, count)
  end)

  it("functions that run at the same time wake in the order of their times", function()
    local order = {}
    local function wait(name, seconds)
      return function()
        cards.sleep(seconds)
        order[#order + 1] = ("%s %.0f"):format(name, passed())
      end
    end
    cards.all { wait("a", 3 * HOUR), wait("b", HOUR), function() wait("c", 100)() wait("c", HOUR)() end }
    assert.same({ "c 100", "b 3600", "c 3700", "a 10800" }, order)
  end)

  it("a started call goes on when the clock is advanced, or somebody waits for its result", function()
    local client = testing.client("alix", { private_info = function() cards.sleep(20) return CARD end })
    local job = client:start("private_info", "c")
    assert.is_false(job:done())
    clock:advance(19)
    assert.is_false(job:done())
    clock:advance(2)
    assert.is_true(job:done())
    assert(client:start("private_info", "c"):result())
    assert_near(41, passed())
  end)

  it("a real call takes the time that it takes", function()
    local client = cards.alix.new(sandbox.config("alix", { retries = 0 }))
    local slow = sandbox.asked_to "slow_first_byte=0.2"
    local a, b = cards.all { function() return client:private_info("c", slow) end, function() return cards.sleep(HOUR) end }
    assert.equal("pan", assert(a[1], a[2]).cardNo.class)
    assert.is_true(b[1])
    assert(client:start("private_info", "c", slow):result())
  end)
end)

describe("a clock of testing.clock", function()
  it("is put back by stop, and by its end in Lua 5.4", function()
    local core = require "cards.core"
    local before = { core.now, core.done, core.take }
    local clock = testing.clock()
    assert.not_equal(before[1], core.now)
    clock:stop()
    clock:stop()
    assert.same(before, { core.now, core.done, core.take })
    getmetatable(testing.clock()).__close(testing.clock())
    assert.same(before, { core.now, core.done, core.take })
    for _, use in ipairs { function() clock:advance(1) end, function() clock:now() end } do
      local ok, err = pcall(use)
      assert.is_false(ok)
      assert.matches("clock_spec.lua:%d+: clock:%a+: this clock was stopped", err)
    end
  end)

  it("takes the place of one that a failed test has left", function()
    local first, second = testing.clock(), testing.clock()
    first:stop()
    second:advance(5)
    second:stop()
  end)

  it("raises an error at the caller's line for what is no time, and for a dot", function()
    local clock = testing.clock()
    finally(function() clock:stop() end)
    for _, use in ipairs { function() clock:advance(-1) end, function() clock:advance() end, function() clock.advance(1) end } do
      local ok, err = pcall(use)
      assert.is_false(ok)
      assert.matches("clock_spec.lua:%d+: clock:advance: ", err)
    end
  end)

  it("lets a program of two days end at once", function()
    local output, status = program.run [[
      local cards, testing = require "cards", require "cards.testing"
      local clock = testing.clock()
      assert(cards.sleep(2 * 86400))
      print "awake" ]]
    assert.equal(0, status, output)
    assert.equal("awake\n", output)
  end)
end)
