local cards = require "cards"
local core = require "cards.core"
local map = cards.map
local mappings = require "support.mappings"

--- The only mistake of a mapping: where, and that its message has those words.
local function only(name, mapping, path, ...)
  local mistakes = map.check(name, mapping)
  assert.equal(1, #mistakes, mistakes[2] and mistakes[2].message)
  assert.same(path, mistakes[1].path)
  local dotted = table.concat(path, ".")
  assert.equal(dotted, mistakes[1].message:sub(1, #dotted))
  assert.is_nil(mistakes[1].message:find "\n")
  for _, words in ipairs { ... } do
    assert.truthy(mistakes[1].message:find(words, 1, true), mistakes[1].message)
  end
end

local ALIX = "alix.private_info"

describe("cards.map.check", function()
  it("finds nothing wrong with the built-in mappings", function()
    for name, mapping in pairs(mappings) do
      assert.same({}, map.check(name, mapping))
    end
  end)

  it("names a path that the record does not have, and the nearest", function()
    only(ALIX, { exp_year = "expYera" }, { "exp_year" }, "'expYera'", "'expYear'")
    only(ALIX, { exp_year = { "expYear", "exp_year" } }, { "exp_year", 2 }, "'exp_year'", "'expYear'")
    only("whop.retrieve", { billing = { city = "billing.citty" } }, { "billing", "city" }, "'billing.citty'", "'billing.city'")
    only("payengine.retrieve_token", { phone = "phone_number.subscribr" }, { "phone" }, "'phone_number.subscriber'")
  end)

  it("names a path that is no value of its own, but for phone", function()
    only("whop.retrieve", { billing = { city = "billing" } }, { "billing", "city" }, "'billing' has fields of its own")
    only("whop.retrieve", { holder_name = { "secrets", map.trim } }, { "holder_name", 1 }, "'secrets' has fields of its own")
    assert.same({}, map.check("payengine.retrieve_token", { phone = { "phone_number", map.phone } }))
  end)

  it("names a list that a path goes to or into", function()
    local fields = { ["all.data[].pan"] = "pan", id = "string" }
    local acme = cards.define { name = "acme_lists", operations = { list = { path = "/", response = { fields = fields } } } }
    for path, meant in pairs { ["all.data"] = "all.data[0]", ["all.data.pan"] = "all.data[0].pan", ["all.data.pen"] = "all.data[0].pen" } do
      only(acme.provider .. ".list", { number = path }, { "number" }, ("'all.data' is a list: write %s for"):format(meant))
    end
    only(acme.provider .. ".list", { number = "all.data[0].pen" }, { "number" }, "the record has no 'all.data[0].pen' (did you mean 'all.data[].pan'?)")
    only(acme.provider .. ".list", { number = "all.data.0.pan" }, { "number" }, "all.data.0.pan: write all.data[0].pan")
    assert.same({}, map.check(acme.provider .. ".list", { number = { "all.data[3].pan", "all.data[].pan" } }))
    only(acme.provider .. ".list", { number = "all" }, { "number" }, "'all' has fields of its own")
    only(acme.provider .. ".list", { number = "all.dat" }, { "number" }, "'all.data'")
    assert.same({}, map.check(acme.provider .. ".list", { id = "id", number = function(record) return record.all.data[1].pan end }))
    assert.truthy(map.check("acme_list.list", {})[1].message:find("'acme_lists.list'", 1, true))
  end)

  it("names an operation that is none, and the nearest", function()
    for name, nearest in pairs { ["alix.private_inf"] = ALIX, ["alx.private_info"] = ALIX, ["whop.retriev"] = "whop.retrieve" } do
      local mistakes = map.check(name, {})
      assert.same({}, mistakes[1].path)
      assert.truthy(mistakes[1].message:find("(did you mean '" .. nearest .. "'?)", 1, true), mistakes[1].message)
    end
    assert.truthy(map.check("whop.get", {})[1].message:find("unknown operation 'whop.get' (known is retrieve)", 1, true))
    for _, name in ipairs { "alix", "a.b.c", "", " alix.x", false } do
      assert.truthy(map.check(name, {})[1].message:find("operation", 1, true))
    end
    assert.truthy(map.check(ALIX, "x")[1].message:find("table", 1, true))
    assert.truthy(map.check(ALIX, map.month)[1].message:find("table", 1, true))
  end)

  it("says that a transform in quotes or out of its place is one", function()
    only(ALIX, { exp_month = { "expMonth", "month" } }, { "exp_month", 2 }, "month is a transform: write it without quotes")
    only(ALIX, { exp_month = { "expMonth", map.month, "month" } }, { "exp_month", 3 }, "without quotes")
    only(ALIX, { exp_month = { "expMonth", map.month, "expMonth" } }, { "exp_month", 3 }, "in front of")
    only(ALIX, { exp_month = map.month }, { "exp_month" }, "behind a path")
    only(ALIX, { exp_month = { map.month } }, { "exp_month" }, "in front of")
    only(ALIX, { billing = map.month }, { "billing" }, "table of fields")
    only(ALIX, { id = { "expYear", map.month_year } }, { "id", 2 }, "exp_month and exp_year")
  end)

  it("names what else stands in a list, and never shows it", function()
    only(ALIX, { id = { "expYear", map.map } }, { "id", 2 }, "map is to be called")
    only(ALIX, { id = { "expYear", map.default } }, { "id", 2 }, "default is to be called")
    only(ALIX, { id = { function() end } }, { "id", 1 }, "stands alone")
    only(ALIX, { id = { "expYear", 4111111111111111 } }, { "id", 2 }, "not a number")
    only(ALIX, { id = { "expYear", cards.secret "MARKER" } }, { "id", 2 }, "not a secret")
    only(ALIX, { id = { "expYear", nil, map.trim } }, { "id" }, "hole")
    only(ALIX, { id = { "expYear", x = map.trim } }, { "id" }, "name in it")
    only(ALIX, { id = {} }, { "id" }, "must be a path")
    only(ALIX, { id = { "a..b" } }, { "id", 1 }, "must be a path")
    only(ALIX, { id = cards.secret "MARKER" }, { "id" }, "must be a path")
    only(ALIX, { exp_month = { "expMonth", map.default(13) } }, { "exp_month", 2 }, "does not fit exp_month")
    assert.is_nil(map.check(ALIX, { ["4111111111111111"] = "expYear" })[1].message:find "4111111111111111")
    assert.is_nil(map.check(ALIX, { id = "4111111111111111" })[1].message:find "4111111111111111")
    assert.is_nil(map.check(ALIX, { id = "a\nb" })[1].message:find "\n")
  end)

  it("collects every mistake", function()
    local mistakes = map.check(ALIX, {
      exp_mont = "expMonth", exp_year = "expYera", billing = { citty = "x", region = 1 }, number = { "cardNo", "digits" },
    })
    local paths = {}
    for i, mistake in ipairs(mistakes) do
      paths[i] = table.concat(mistake.path, ".")
    end
    assert.same({ "billing.citty", "billing.region", "exp_mont", "exp_year", "number.2" }, { paths[1], paths[2], paths[3], paths[4], paths[5] })
    assert.equal(5, #mistakes)
  end)

  it("takes the fields of a record whose operation nobody knows", function()
    assert.same({}, map.check("nobody.show", { exp_year = "year" }, { year = "string" }))
    local mistakes = map.check("nobody.show", { exp_year = "yaer" }, { year = "string" })
    assert.truthy(mistakes[1].message:find("'year'", 1, true))
  end)

  it("defines nothing", function()
    local before = cards.card(setmetatable({ expYear = "27" }, { __metatable = ALIX }))
    map.check(ALIX, {})
    assert.same(before, cards.card(setmetatable({ expYear = "27" }, { __metatable = ALIX })))
  end)
end)

describe("cards.map.define", function()
  it("raises the first mistake at the caller's line, with the operation", function()
    local line = debug.getinfo(1, "l").currentline + 1
    local ok, message = pcall(function() map.define(ALIX, { exp_year = "expYera" }) end)
    assert.is_false(ok)
    assert.truthy(message:find("map_check_spec.lua:" .. line .. ": cards.map.define: alix.private_info: exp_year: ", 1, true), message)
  end)

  it("checks the paths of a provider that comes later with its first record", function()
    finally(function() core.enter("comes_later", nil) end)
    local function record() return setmetatable({ year = "27", yaer = "28" }, { __metatable = "comes_later.show" }) end
    local function comes_later(fields)
      cards.define { name = "comes_later", operations = { show = { path = "/", response = { fields = fields } } } }
    end
    map.define("comes_later.show", { exp_year = { "yaer", map.year } })
    map.define("comes_later.list", { exp_year = { "yaer", map.year } })
    comes_later { year = "string" }
    local card, err = cards.card(record())
    assert.is_nil(card)
    assert.equal("invalid_request", err.kind)
    assert.truthy(err.message:find("comes_later.show: exp_year.1: the record has no 'yaer' (did you mean 'year'?)", 1, true), err.message)
    card, err = cards.card(setmetatable({}, { __metatable = "comes_later.list" }))
    assert.is_nil(card)
    assert.truthy(err.message:find("(known is show)", 1, true), err.message)
    comes_later { yaer = "string" }
    assert.equal(2028, cards.card(record()).exp_year)
  end)

  it("names a path that is longer than any answer is deep", function()
    only("nobody.show", { holder_name = "a" .. (".a"):rep(64) }, { "holder_name" }, "more than 64 names")
    assert.same({}, map.check("nobody.show", { holder_name = "a" .. (".a"):rep(63) }))
  end)

  it("names a path that goes through more tables than there is room for", function()
    local paths = {}
    for i = 1, 1000 do paths[i] = ("t%d.x"):format(i) end
    assert.same({}, map.check("nobody.show", { holder_name = paths, brand = "t7.y" }))
    map.define("nobody.show", { holder_name = paths })
    assert.equal("last", cards.card(setmetatable({ t1000 = { x = "last" } }, { __metatable = "nobody.show" })).holder_name)
    paths[1001] = "t1001.x"
    only("nobody.show", { holder_name = paths }, { "holder_name", 1001 }, "more than 1000 tables")
  end)

  it("names keys of any type without calling them, and sorts them", function()
    local key = setmetatable({}, { __tostring = function() error "called" end })
    local mistakes = map.check(ALIX, { [key] = "cvv", [10] = "cvv", [9] = "cvv", ["1z"] = "cvv", [true] = "cvv" })
    local messages = {}
    for i, wrong in ipairs(mistakes) do
      messages[i] = wrong.message:match "^[^:]*: unknown key '[^']*'"
    end
    assert.same({ "boolean: unknown key 'boolean'", "9: unknown key '9'", "10: unknown key '10'", "1z: unknown key '1z'", "table: unknown key 'table'" },
      messages)
  end)
end)
