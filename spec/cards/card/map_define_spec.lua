--- cards.map.define: what a mapping may say, and which mistakes it refuses.

local cards = require "cards"
local paths = require "cards.define.paths"
local core = require "cards.core"
local mappings = require "support.mappings"
local sandbox = require "support.sandbox"

--- A record of a provider that nobody has heard of: as the core would make it.
local function record(fields, name)
  return setmetatable(fields, { __metatable = name or "x.y" })
end

local function call(provider)
  local client = cards[provider].new(sandbox.config(provider))
  return assert(client[sandbox.operation(provider)](client, sandbox.params(provider)))
end

--- An error raised here, at this file's line.
local function raises_here(call_it, ...)
  local line = debug.getinfo(call_it, "S").linedefined
  local ok, message = pcall(call_it)
  assert.is_false(ok)
  assert.truthy(message:find("map_define_spec.lua:" .. line .. ":", 1, true), message)
  for _, part in ipairs { ... } do
    assert.truthy(message:find(part, 1, true), message)
  end
end

describe("cards.map.define", function()
  it("replaces a built-in mapping", function()
    cards.map.define("alix.private_info", { number = "cardNo", status = function() return "open" end })
    local card = cards.card(call "alix")
    cards.map.define("alix.private_info", mappings["alix.private_info"])
    assert.same({ "open", "1111" }, { card.status, card.last4 })
    assert.is_nil(card.exp_year)
  end)

  it("compiles the mapping: later changes of the table do nothing", function()
    local mapping = { id = "a" }
    cards.map.define("x.y", mapping)
    mapping.id = "b"
    assert.equal("1", cards.card(record { a = "1", b = "2" }).id)
  end)

  it("gives a function the record, and takes a secret or a value that fits", function()
    local pan = cards.secret("4111111111111111", "pan")
    cards.map.define("x.y", {
      number = function(rec) return rec.pan end,
      holder_name = function(rec) return rec.pan end,
      email = function() return { cards.secret "MARKER" } end,
      exp_month = function() return "07", "ignored" end,
      billing = { city = function(rec) return rec.town end },
    })
    local card = cards.card(record { pan = pan, town = "Burbank" })
    assert.is_true(rawequal(pan, card.number))
    assert.same({ nil, nil, 7, "Burbank" }, { card.holder_name, card.email, card.exp_month, card.billing.city })
  end)

  it("tries paths in their order until one has a value", function()
    cards.map.define("x.y", { id = { "a", "b.c", "d" }, exp_year = { "y", "z", cards.map.year } })
    local function read(fields) return cards.card(record(fields)).id end
    assert.equal("1", read { a = "1", b = { c = "2" }, d = "3" })
    assert.equal("2", read { b = { c = "2" }, d = "3" })
    assert.equal("2", read { a = "", b = { c = "2" } })
    assert.equal("3", read { b = { c = "" }, d = "3" })
    assert.equal("3", read { b = "c", d = "3" })
    assert.is_nil(read {})
    assert.is_nil(cards.card(record { y = "none", z = "27" }).exp_year) -- what was found counts, not what becomes of it
  end)

  it("takes many fields of many tables, and keys of any kind", function()
    local mapping, given = {}, {}
    local fields = { "id", "brand", "type", "status", "holder_name", "email", "phone" }
    for i, field in ipairs(fields) do
      mapping[field] = {}
      for k = 1, 40 do
        mapping[field][k] = ("t%d_%d.inner.x"):format(i, k)
      end
      given[("t%d_40"):format(i)] = { inner = { x = field } }
    end
    cards.map.define("x.y", mapping)
    local card = cards.card(record(given))
    for _, field in ipairs(fields) do
      assert.equal(field, card[field])
    end
    for _, key in ipairs { "a b", 'quo"te', "back\\slash", "new\nline", "]]", "end", "\0", "\r", "\255" } do
      cards.map.define("x.y", { id = paths.text { key, key } })
      assert.equal("1", cards.card(record { [key] = { [key] = "1" } }).id)
    end
  end)

  it("rounds no whole number that a function returns", function()
    local large = math.maxinteger or 2 ^ 53 -- luacheck: ignore
    cards.map.define("x.y", { id = function() return large end, number = function() return large end, status = { "state", cards.map.map { [large] = "all" } } })
    local card = cards.card(record { state = large })
    assert.equal(math.maxinteger and "9223372036854775807" or "9007199254740992", card.id) -- luacheck: ignore
    assert.is_true(card.number:equals(card.id))
    assert.equal("all", card.status)
  end)

  it("lets no function yield, whoever runs it", function()
    cards.map.define("x.y", { billing = { city = function() return coroutine.yield "MARKER" end } })
    local thread = coroutine.create(function() return cards.card(record {}) end)
    local ok, card, err = coroutine.resume(thread)
    assert.is_true(ok)
    assert.equal("dead", coroutine.status(thread))
    assert.is_nil(card)
    assert.truthy(err.message:find("billing.city", 1, true) and err.message:find("map_define_spec.lua:", 1, true), err.message)
  end)

  it("lets a function define the mapping anew that is under way, and map another record", function()
    local inner
    cards.map.define("x.y", { id = function(rec)
      cards.map.define("x.y", { id = "b" })
      collectgarbage()
      inner = cards.card(rec)
      return "1"
    end, status = "a" })
    assert.same({ provider = "x", id = "1", status = "2" }, cards.card(record { a = "2", b = "3" }))
    assert.same({ provider = "x", id = "3" }, inner)
  end)

  it("lets the host's memory that is used up be the host's error", function()
    cards.map.define("x.y", { id = function() error("not enough memory", 0) end })
    local ok, err = pcall(cards.card, record {})
    assert.is_false(ok)
    assert.equal("not enough memory", err)
  end)

  it("tells where a function failed, and nothing of its message", function()
    local line
    cards.map.define("x.y", { billing = { city = function(rec)
      line = debug.getinfo(1, "l").currentline + 1
      error("MARKER " .. rec.pan:reveal())
    end } })
    local card, err = cards.card(record { pan = cards.secret("123", "cvv") })
    assert.is_nil(card)
    assert.equal("invalid_request", err.kind)
    assert.truthy(err.message:find("billing.city", 1, true))
    assert.truthy(err.message:find("map_define_spec.lua:" .. line, 1, true), err.message)
    assert.is_nil(err.message:find "MARKER")
    for _, thrown in ipairs { "x:98765: 4111111111111111", { "MARKER" }, false } do
      cards.map.define("x.y", { id = function()
        line = debug.getinfo(1, "l").currentline + 1
        error(thrown, 0)
      end })
      card, err = cards.card(record {})
      assert.is_nil(card)
      assert.truthy(err.message:find("map_define_spec.lua:" .. line .. ")", 1, true), err.message)
      assert.is_nil(tostring(err):find "4111111111111111")
      assert.is_nil(tostring(err):find ":98765")
    end
  end)

  it("tells where the function was when another one failed that it called", function()
    local line
    local function fail() error "anything" end
    cards.map.define("x.y", { id = function()
      line = debug.getinfo(1, "l").currentline + 1
      local id = fail()
      return id
    end })
    local _, err = cards.card(record {})
    assert.truthy(err.message:find("map_define_spec.lua:" .. line .. ")", 1, true), err.message)
    cards.map.define("x.y", { id = function() return fail() end })
    _, err = cards.card(record {})
    assert.truthy(err.message:find("map_define_spec.lua:" .. debug.getinfo(1, "l").currentline - 2 .. ")", 1, true), err.message)
  end)

  it("tells where a function failed in a file of mappings", function()
    local text = "local function fail()\n error('x:5: y', 0)\nend\nreturn function()\n fail()\nend"
    cards.map.define("x.y", { id = assert(core.script(text, "maps.lua", {})) })
    local _, err = cards.card(record {})
    assert.truthy(err.message:find("(maps.lua:2)", 1, true), err.message)
  end)

  it("raises at the caller's line, naming the field and the nearest", function()
    raises_here(function() cards.map.define("x.y", { exp_mont = "m" }) end, "'exp_mont'", "'exp_month'")
    raises_here(function() cards.map.define("x.y", { billing = { citty = "m" } }) end, "billing", "'citty'", "'city'")
    raises_here(function() cards.map.define("x.y", { ["billing.city"] = "m" }) end, "'billing.city'", "'billing'")
    raises_here(function() cards.map.define("x.y", { "number" }) end, "'1'")
    raises_here(function() cards.map.define("x.y", { billing = "b" }) end, "billing must be a table")
    raises_here(function() cards.map.define("x.y", { id = 1 }) end, "id must be a path")
    raises_here(function() cards.map.define("x.y", { id = {} }) end, "id must be a path")
    raises_here(function() cards.map.define("x.y", { id = "a..b" }) end, "id must be a path")
    raises_here(function() cards.map.define("x.y", { id = "" }) end, "id must be a path")
    raises_here(function() cards.map.define("x.y", "id") end, "must be a table")
    raises_here(function() cards.map.define("alix", {}) end, "name")
    raises_here(function() cards.map.define(nil, {}) end, "name")
  end)
end)
