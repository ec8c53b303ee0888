--- The limits and breakers that cards.metrics() tells of.

local cards = require "cards"
local check = require "cards.util.check"
local exposition = require "support.exposition"

local register = cards.metrics.register

local function collect()
  collectgarbage()
  collectgarbage()
end

local function limit(name, state) return { name = name, state = function() return state or { running = 1, waiting = 2, wait = 0.5 } end } end

local function names(of)
  return table.concat(check.keys(of), " ")
end

describe("what has a name", function()
  after_each(collect)

  it("is shown while it is held", function()
    collect()
    local one, two = limit "one", limit "two"
    register("limit", one)
    register("limit", two)
    assert.same({ running = 1, waiting = 2, wait = 0.5 }, cards.metrics().limits.one)
    assert.equal("one two", names(cards.metrics().limits))
    one = nil -- luacheck: ignore
    collect()
    assert.equal("two", names(cards.metrics().limits))
    two = nil -- luacheck: ignore
    collect()
    assert.same({}, cards.metrics().limits)
  end)

  it("is shown with others of its name: their sum, and the longest wait", function()
    local one, two = limit "same", limit("same", { running = 3, waiting = 0, wait = 2 })
    register("limit", one)
    register("limit", two)
    assert.same({ running = 4, waiting = 2, wait = 2 }, cards.metrics().limits.same)
    assert.is_table(one) -- which keeps it
    assert.is_table(two)
  end)

  it("is not shown without a name, and once where it is registered twice", function()
    local one, none = limit "once", limit()
    for _ = 1, 2 do
      register("limit", one)
      register("limit", none)
    end
    assert.equal(1, cards.metrics().limits.once.running)
    assert.equal("once", names(cards.metrics().limits))
    assert.is_table(none)
  end)

  it("does not harm the rest where it cannot tell its state", function()
    local one, broken, empty = limit "whole", { name = "broken", state = function() error "no key" end }, { name = "empty", state = function() end }
    register("limit", one)
    register("limit", broken)
    register("limit", empty)
    assert.equal("whole", names(cards.metrics().limits))
    assert.is_table(broken)
    assert.is_table(empty)
  end)

  it("has a name that is a label: short, without a card number, in UTF-8", function()
    local kept = {}
    for _, name in ipairs { ("x"):rep(1000), "4111111111111111", "a\tb\nc", "a\255", ("ö"):rep(100), 'quoted "\\' } do
      table.insert(kept, limit(name))
      register("limit", kept[#kept])
    end
    local shown = cards.metrics().limits
    assert.equal(#kept, #check.keys(shown))
    assert.is_table(shown[("x"):rep(64)])
    assert.is_table(shown["************1111"])
    assert.is_table(shown["a?b?c"])
    local _, value = exposition(cards.metrics.prometheus())
    assert.equal(1, value("cards_limit_running", { name = 'quoted "\\' }))
  end)

  it("is counted among the others where there are many", function()
    local kept = {}
    for i = 1, 100 do
      kept[i] = limit("limit " .. i)
      register("limit", kept[i])
    end
    local shown = cards.metrics().limits
    assert.equal(33, #check.keys(shown))
    assert.equal(68, shown.other.running)
    kept = {}
    collect()
    kept[1] = limit "new"
    register("limit", kept[1])
    assert.equal("new", names(cards.metrics().limits))
  end)

  it("may be a breaker: how many are in which phase", function()
    local kept = {}
    for i, phase in ipairs { "open", "closed", "open", "half_open" } do
      kept[i] = { name = "b", state = function() return { phase = phase, failures = i, retry_after = 0 } end }
      register("breaker", kept[i])
    end
    assert.same({ open = 2, closed = 1, half_open = 1, failures = 4 }, cards.metrics().breakers.b)
  end)

  it("may be what cards.limit and cards.breaker return", function()
    for kind, object in pairs { limit = cards.limit { concurrency = 2, rate = 10 }, breaker = cards.breaker() } do
      local named = { name = "real", state = function() return object:state() end }
      register(kind, named)
      assert.is_table(cards.metrics()[kind .. "s"].real)
    end
  end)
end)
