--- What limits held back, by their names.

local cards = require "cards"
local held = require "cards.resilience.held"
local test_clock = require "support.test_clock"

local function counts(name)
  local one = held.read()[name] or { 0, 0 }
  return one[1], one[2]
end

--- Calls a limit three times at once.
local function call_thrice(options)
  local limit = cards.limit(options)
  local function call() return limit(function() return true end) end
  cards.all { call, call, call }
end

describe("what limits hold back", function()
  it("is how often calls waited, and for how long", function()
    test_clock(finally) -- which stands still from call to call
    for name, options in pairs {
      held_rate = { rate = 200, burst = 1, name = "held_rate" }, ["cards.limit"] = { rate = 200, burst = 1 },
    } do
      local times, seconds = counts(name)
      call_thrice(options)
      local times_after, seconds_after = counts(name)
      assert.equal(times + 2, times_after, name)
      assert.is_true(seconds_after > seconds)
    end
    call_thrice { rate = 200, burst = 3, name = "held_never" }
    assert.equal(0, (counts "held_never"))
  end)

  it("counts calls that wait for others to end, and none that is refused", function()
    local limit = cards.limit { concurrency = 1, name = "held_slot" }
    local function call() return limit(function() cards.sleep(0.01) return true end) end
    cards.all { call, call, call }
    assert.equal(2, (counts "held_slot"))
    local strict = cards.limit { concurrency = 1, max_wait = 0, name = "held_refused" }
    local function refused() return strict(function() cards.sleep(0.01) return true end) end
    local second = select(2, cards.all { refused, refused })
    assert.equal("busy", second[2].kind)
    assert.equal(0, (counts "held_refused"))
  end)

  it("has no card number in a name, also where that is cut", function()
    held.add(("y"):rep(52) .. "4111111111111111", 1)
    assert.equal(1, (counts(("y"):rep(52) .. ("*"):rep(12))))
  end)

  it("has a bounded number of names, which are lines", function()
    for i = 1, 100 do
      held.add(("held\27 %d"):format(i), 1)
    end
    local names = 0
    for name in pairs(held.read()) do
      names = names + 1
      assert.is_nil(name:find "%c")
    end
    assert.is_true(names <= 33)
    assert.is_true(counts "other limits" >= 60)
  end)
end)
