--- The limits, breakers and token sources that cards.metrics() tells of.

local bank = require "support.bank"
local cards = require "cards"
local check = require "cards.util.check"
local core = require "cards.core"
local exposition = require "support.exposition"
local registry = require "cards.metrics.registry"
local sandbox = require "support.sandbox"

local function collect()
  collectgarbage()
  collectgarbage()
end

local kinds = 0

--- A kind of its own: a function that registers objects, and one that returns what is told, { [name] = how often }.
local function new_kind()
  kinds = kinds + 1
  local kind = "kind " .. kinds
  return function(object) registry.register(kind, object) end, function()
    local told = {}
    registry.each(kind, function(name, state) told[name] = (told[name] or 0) + state.count end)
    return told
  end
end

local function object(name, count) return { name = name, state = function() return { count = count or 1 } end } end

describe("what has a name", function()
  after_each(collect)

  it("is told of while it is held", function()
    local register, told = new_kind()
    local one, two = object "one", object "two"
    register(one)
    register(two)
    assert.same({ one = 1, two = 1 }, told())
    one = nil -- luacheck: ignore
    collect()
    assert.same({ two = 1 }, told())
    two = nil -- luacheck: ignore
    collect()
    assert.same({}, told())
  end)

  it("is told of each time where others have its name, and once where it is registered twice", function()
    local register, told = new_kind()
    local one, two, none = object "same", object("same", 3), object()
    for _ = 1, 2 do
      register(one)
      register(two)
      register(none)
    end
    assert.same({ same = 4 }, told())
    assert.is_truthy(one and two and none) -- which keeps them
  end)

  it("may get its name later", function()
    local register, told = new_kind()
    local one = object()
    register(one)
    assert.same({}, told())
    one.name = "now"
    assert.same({ now = 1 }, told())
  end)

  it("does not harm the rest where it cannot tell its state", function()
    local register, told = new_kind()
    local one, broken, empty = object "whole", { name = "broken", state = function() error "no key" end }, { name = "empty", state = function() end }
    register(one)
    register(broken)
    register(empty)
    assert.same({ whole = 1 }, told())
    assert.is_truthy(one and broken and empty)
  end)

  it("has a name that is a label: short, without a card number, in UTF-8", function()
    local register, told = new_kind()
    local kept = {}
    for _, name in ipairs { ("x"):rep(1000), "4111111111111111", "a\tb\nc", "a\255", ("ö"):rep(100), ("y"):rep(52) .. "4111111111111111" } do
      table.insert(kept, object(name))
      register(kept[#kept])
    end
    assert.same({
      [("x"):rep(64)] = 1, ["************1111"] = 1, ["a?b?c"] = 1, ["a?"] = 1, [("ö"):rep(32)] = 1, [("y"):rep(52) .. ("*"):rep(12)] = 1,
    }, told())
  end)

  it("is counted among the others where there are many", function()
    local register, told = new_kind()
    local kept = {}
    for i = 1, 100 do
      for j = 1, 2 do
        kept[2 * i + j] = object(("name %03d"):format(i))
        register(kept[2 * i + j])
      end
    end
    local shown = told()
    assert.equal(33, #check.keys(shown))
    assert.equal(2, shown["name 032"])
    assert.is_nil(shown["name 033"])
    assert.equal(136, shown.other)
    kept = {}
    collect()
    kept[1] = object "new"
    register(kept[1])
    assert.same({ new = 1 }, told())
  end)
end)

-- Others of the process may have names, too; of many, the first ones in their order are told of.
describe("cards.metrics() tells of", function()
  after_each(collect)

  it("limits, all their keys together", function()
    local function shown() return cards.metrics().limits["a limit"] end
    local limited = cards.limit { rate = 1, per = 100, burst = 1, concurrency = 2, key = function(key) return key end, name = "a limit" }
    assert.same({ running = 0, waiting = 0, wait = 0 }, shown())
    local inside
    limited(function() limited(function() inside = shown() end, "b") end, "a")
    assert.equal(2, inside.running)
    assert.is_true(inside.wait > 90 and inside.wait <= 100)
    assert.equal(0, shown().running)
    local other = cards.limit { rate = 1, concurrency = 1, name = "a limit" }
    other(function() limited(function() inside = shown() end, "c") end)
    assert.equal(2, inside.running)
  end)

  it("breakers: how many are in which phase", function()
    local down, up = cards.breaker { failures = 1, name = "a breaker" }, cards.breaker { failures = 2, name = "a breaker" }
    for _, breaker in ipairs { down, up } do breaker(function() return nil, { kind = "network" } end) end
    assert.same({ closed = 1, open = 1, half_open = 0, failures = 1 }, cards.metrics().breakers["a breaker"])
    local _, value = exposition(cards.metrics.prometheus())
    assert.equal(1, value("cards_breaker_state", { name = "a breaker", state = "open" }))
  end)

  it("no breaker that was given no name", function()
    local before = #check.keys(cards.metrics().breakers)
    local breaker = cards.breaker()
    assert.equal(before, #check.keys(cards.metrics().breakers))
    assert.is_truthy(breaker)
  end)

  it("token sources", function()
    local function shown() return cards.metrics().token_sources["a login"] end
    local gives = true
    local source = cards.token_source(function() return gives and "token" or nil, gives and 1000 or "no" end, { name = "a login", refresh_before = 999 })
    assert.same({ failed = 0 }, shown())
    local before = core.time()
    assert(source())
    local expires = shown().expires
    assert.is_true(expires >= math.floor(before + 1000) and expires <= core.time() + 1000)
    gives = false
    assert.is_nil((source:renew "token"))
    assert.equal(1, shown().failed)
    local _, value = exposition(cards.metrics.prometheus())
    assert.equal(expires, value("cards_token_source_expiry_timestamp_seconds", { name = "a login" }))
  end)

  it("tokens that a definition fetches, and its rate, without what their own names say of credentials", function()
    local definition = bank.definition(nil, nil, { name = "a_bank", rate = { 1000, per = 1 } })
    local client = bank.client(definition, { shared = "any" })
    assert(client:show(sandbox.unique_id "bank"))
    local facts = cards.metrics()
    assert.is_number(facts.token_sources["a_bank token login.access_token"].expires)
    assert.is_number(facts.limits.a_bank.wait)
    for _, of in ipairs { facts.token_sources, facts.limits } do
      for name in pairs(of) do assert.is_nil(name:find("=", 1, true), name) end
    end
  end)
end)
