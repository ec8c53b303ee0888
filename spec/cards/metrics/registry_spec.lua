--- The limits and breakers that cards.metrics() tells of.

local bank = require "support.bank"
local cards = require "cards"
local core = require "cards.core"
local sandbox = require "support.sandbox"
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
      for j = 1, 2 do
        kept[2 * i + j] = limit(("limit %03d"):format(i))
        register("limit", kept[2 * i + j])
      end
    end
    local shown = cards.metrics().limits
    assert.equal(33, #check.keys(shown))
    assert.equal(2, shown["limit 032"].running)
    assert.is_nil(shown["limit 033"])
    assert.equal(136, shown.other.running)
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

  it("is what cards.limit returns with a name: all its keys together", function()
    local unnamed = cards.limit { rate = 1 }
    local limited = cards.limit { rate = 1, per = 100, burst = 1, concurrency = 2, key = function(key) return key end, name = "calls" }
    assert.same({ calls = { running = 0, waiting = 0, wait = 0 } }, cards.metrics().limits)
    local inside
    limited(function() limited(function() inside = cards.metrics().limits.calls end, "b") end, "a")
    assert.equal(2, inside.running)
    assert.is_true(inside.wait > 90 and inside.wait <= 100)
    assert.equal(0, cards.metrics().limits.calls.running)
    assert.is_truthy(unnamed)
  end)

  it("is what cards.breaker returns with a name", function()
    local unnamed, breaker = cards.breaker(), cards.breaker { failures = 1, name = "down" }
    breaker(function() return nil, { kind = "network" } end)
    assert.same({ down = { closed = 0, open = 1, half_open = 0, failures = 0 } }, cards.metrics().breakers)
    assert.is_truthy(unnamed)
  end)

  it("is what cards.token_source returns with a name", function()
    local gives = true
    local source = cards.token_source(function() return gives and "token" or nil, gives and 1000 or "no" end, { name = "login", refresh_before = 999 })
    local unnamed = cards.token_source(function() return "x" end)
    assert.same({ login = { failed = 0 } }, cards.metrics().token_sources)
    local before = core.time()
    assert(source())
    local expires = cards.metrics().token_sources.login.expires
    assert.is_true(expires >= math.floor(before + 1000) and expires <= core.time() + 1000)
    gives = false
    assert.is_nil((source:renew "token"))
    assert.equal(1, cards.metrics().token_sources.login.failed)
    assert.is_truthy(unnamed)
    local _, value = exposition(cards.metrics.prometheus())
    assert.equal(expires, value("cards_token_source_expiry_timestamp_seconds", { name = "login" }))
  end)

  it("is a token that a definition fetches, without what the name of a shared one says of its credentials", function()
    local client = bank.client()
    assert(client:show(sandbox.unique_id "bank"))
    local shown = cards.metrics().token_sources
    assert.equal("bank token login.access_token", names(shown))
    assert.is_number(shown["bank token login.access_token"].expires)
  end)
end)
