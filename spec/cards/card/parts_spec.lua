--- Transforms that decode a value, cut it or put it together.

local cards = require "cards"
local map = cards.map

local function record(fields)
  local copy = {}
  for name, value in pairs(fields) do copy[name] = value end
  return setmetatable(copy, { __metatable = "x.y" })
end

--- What a neutral field gets by an expression.
local function read(field, expression, fields)
  map.define("x.y", { [field] = expression })
  return assert(cards.card(record(fields)))[field]
end

local function secret(text, class)
  return assert(cards.secret(text, class or "token"))
end

--- The bytes and the class of a secret.
local function of(made)
  return made and { made:reveal(), made.class }
end

local function open_secrets()
  collectgarbage()
  collectgarbage()
  return cards.memory().open
end

--- An error raised at the caller's line.
local function raises(call, part)
  local line = debug.getinfo(call, "S").linedefined
  local ok, message = pcall(call)
  assert.is_false(ok)
  assert.truthy(message:find("parts_spec.lua:" .. line .. ":", 1, true), message)
  assert.truthy(message:find(part, 1, true), message)
end

describe("base64 and hex", function()
  it("give the text that is written so", function()
    for _, written in ipairs { "Sm9obiBEb2U=", "Sm9obiBEb2U", " Sm9obiBEb2U=\n" } do
      assert.equal("John Doe", read("holder_name", { "value", map.base64 }, { value = written }))
    end
    assert.equal("John Doe", read("holder_name", { "value", map.hex }, { value = "4a6F686e20446f65" }))
    assert.equal("123", read("id", { "value", map.hex }, { value = 313233 }))
    assert.same({ "4111111111111111", "pan" }, of(read("number", { "value", map.base64 }, { value = secret("NDExMTExMTExMTExMTExMQ", "pan") })))
    assert.same({ "\0\255", "token" }, of(read("token", { "value", map.hex }, { value = secret "00ff" })))
    assert.equal("411111", read("bin", { "value", map.hex, map.base64 }, { value = "4e4445784d544578" }))
  end)

  it("give nothing of anything else, nor of what is no text", function()
    for _, wrong in ipairs { "", "Sm9obiBEb2U==", "Sm9ob*", "J", "AP8=", "AGE=", true, {}, 1.5, -1 } do
      assert.is_nil(read("holder_name", { "value", map.base64 }, { value = wrong }))
    end
    for _, wrong in ipairs { "", "4a6", "4x", "ff", "00", true, {}, 0.5 } do
      assert.is_nil(read("holder_name", { "value", map.hex }, { value = wrong }))
    end
    assert.is_nil(read("token", { "value", map.base64 }, { value = secret "Sm9ob*" }))
    assert.is_nil(read("token", { "value", map.hex }, { value = secret "" }))
  end)
end)

describe("slice", function()
  it("gives the characters that string.sub does", function()
    local text = "411111******1111"
    for _, places in ipairs { { 1, 6 }, { -4 }, { -4, -1 }, { 1, -1 }, { 7, 12 }, { 0, 3 }, { -100, 2 }, { 5, 100 }, { 16, 16 }, { 1, 1 } } do
      local cut = map.slice(places[1], places[2])
      assert.equal(text:sub(places[1], places[2] or -1), read("id", { "value", cut }, { value = text }))
      assert.same({ text:sub(places[1], places[2] or -1), "token" }, of(read("token", { "value", cut }, { value = secret(text) })))
    end
    for _, places in ipairs { { 17 }, { 3, 2 }, { 1, 0 }, { 1, -17 }, { -1, -2 } } do
      local cut = map.slice(places[1], places[2])
      assert.is_nil(read("id", { "value", cut }, { value = text }))
      assert.is_nil(read("token", { "value", cut }, { value = secret(text) }))
    end
    assert.equal("1111", read("last4", { "value", map.slice(-4) }, { value = 4111111111111111 }))
    assert.equal(12, read("exp_month", { "value", map.slice(3, 4), map.month }, { value = "2512" }))
    assert.is_nil(read("id", { "value", map.slice(1) }, { value = true }))
    assert.is_nil(read("id", { "value", map.slice(1, 2) }, {}))
    assert.same({ "4111111111111111", "pan" }, of(read("number", { "value", map.slice(1, 16) }, { value = secret("4111111111111111=2512", "pan") })))
  end)

  it("takes whole numbers only", function()
    raises(function() map.slice() end, "slice takes")
    raises(function() map.slice("1", 2) end, "slice takes")
    raises(function() map.slice(1.5) end, "slice takes")
    raises(function() map.slice(1, 1e300) end, "slice takes")
    raises(function() map.slice(1, 0 / 0) end, "slice takes")
  end)
end)

describe("join", function()
  it("puts paths together, and leaves out what is absent", function()
    local fields = { prefix = "crd", id = "42", n = 7, empty = "", no = false, list = { "x" }, half = 0.5, a = { b = "deep" } }
    local function joined(paths, between)
      return read("id", { map.join(paths, between) }, fields)
    end
    assert.equal("crd42", joined { "prefix", "id" })
    assert.equal("crd-42-7", joined({ "prefix", "id", "n" }, "-"))
    assert.equal("crd-42", joined({ "prefix", "missing", "empty", "no", "list", "half", "x.y.z", "id" }, "-"))
    assert.equal("deep/deep", joined({ "a.b", "a.b" }, "/"))
    assert.equal("42", joined({ "missing", "id" }, "-"))
    assert.is_nil(joined { "missing", "empty", "no" })
    assert.equal("crd42", read("id", map.join { "prefix", "id" }, fields))
    local most = {}
    for i = 1, 16 do most[i] = i % 2 == 0 and "prefix" or "id" end
    assert.equal(("42\0crd\0"):rep(8):sub(1, -2), joined(most, "\0"))
    local long = ("x"):rep(1000)
    assert.equal(long .. " " .. long, read("id", { map.join({ "long", "long" }, " ") }, { long = long }))
  end)

  it("is one of several ways to a value, with transforms behind it", function()
    local expression = { "whole", map.join({ "month", "year" }, "/"), "other", map.month_year }
    assert.equal(12, read("exp_month", expression, { month = "12", year = 2025 }))
    assert.equal(3, read("exp_month", expression, { whole = "03/25", month = "12", year = 2025 }))
    assert.equal(4, read("exp_month", expression, { other = "04/25" }))
    assert.equal("none", read("holder_name", { map.join { "first", "last" }, map.trim, map.default "none" }, {}))
    assert.equal("JOHN DOE", read("holder_name", { map.join({ "first", "last" }, " "), map.upper }, { first = "John", last = "Doe" }))
    assert.equal("b", read("holder_name", { map.join { "x" }, map.join { "y" }, "z" }, { y = "b", z = "c" }))
  end)

  it("makes of secrets one of the class that shows least", function()
    local pan, cvv, token, plain = secret("41111111", "pan"), secret("123", "cvv"), secret "tok", "11111111"
    local function joined(...)
      return of(read("token", { map.join({ "a", "b", "c" }, "") }, { a = (...), b = select(2, ...), c = select(3, ...) }))
    end
    assert.same({ "4111111111111111", "pan" }, joined(pan, plain))
    assert.same({ "41111111tok", "token" }, joined(pan, token))
    assert.same({ "tok12341111111", "cvv" }, joined(token, cvv, pan))
    assert.same({ "xtok", "credential" }, joined(secret("x", "credential"), token))
    assert.same({ "tokx", "undeclared" }, joined(token, secret("x", "undeclared")))
    assert.same({ "tok", "token" }, joined(token))
    assert.is_nil(read("id", { map.join { "a", "b" } }, { a = "crd", b = token }))
    local closed = secret "gone"
    closed:close()
    assert.is_nil(joined(token, closed))
    assert.is_nil(joined(secret "", secret ""))
  end)

  it("leaves no secret open on the way", function()
    local pan = secret(" 4111", "pan")
    local base = open_secrets()
    map.define("x.y", {
      number = { map.join { "pan", "rest" }, map.trim, map.slice(1, 16) }, token = { map.join { "pan", "rest" }, map.hex },
      id = { map.join { "pan", "rest" }, map.trim }, status = { map.join { "pan" }, map.trim, map.default "x" },
      exp_month = { map.join { "pan" } }, cvv = { "pan", map.slice(9) },
    })
    collectgarbage "stop"
    local card = cards.card(record { pan = pan, rest = "111111111111 and more" })
    assert.equal(base + 1, cards.memory().open)
    assert.same({ "4111111111111111", "pan" }, of(card.number))
    assert.same({ "1111", "411111" }, { card.last4, card.bin })
    card.number:close()
    assert.equal(base, cards.memory().open)
    collectgarbage "restart"
  end)

  it("ends the mapping as busy where there is no room, and says so", function()
    local given = secret(("1"):rep(32768))
    local held, size = {}, 1048576
    while size >= 32768 do
      local one = cards.secret(("x"):rep(size))
      table.insert(held, one)
      size = one and size or size / 2
    end
    for _, expression in ipairs { { map.join { "a", "a" } }, { "a", map.slice(2) }, { "a", map.hex } } do
      map.define("x.y", { token = expression })
      local card, err = cards.card(record { a = given })
      assert.is_nil(card)
      assert.equal("busy", err.kind)
    end
    for _, one in ipairs(held) do one:close() end
    map.define("x.y", { token = map.join { "a", "a" } })
    assert.equal(65536, #cards.card(record { a = given }).token)
  end)

  it("gives nothing where the parts are too long for a secret", function()
    local plain = ("x"):rep(600000)
    assert.is_nil(read("token", { map.join { "a", "b", "b" } }, { a = secret "x", b = plain }))
    assert.is_nil(read("id", { map.join { "b", "b" } }, { b = plain }))
  end)

  it("takes a list of paths only", function()
    raises(function() map.join() end, "join takes a list")
    raises(function() map.join "id" end, "join takes a list")
    raises(function() map.join {} end, "join takes a list")
    raises(function() map.join { "a", 5 } end, "join takes a list")
    raises(function() map.join { "a", nil, "b" } end, "join takes a list")
    raises(function() map.join { "a", between = "-" } end, "join takes a list")
    raises(function() map.join { map.trim } end, "join takes a list")
    raises(function() map.join(map.trim) end, "join takes a list")
    raises(function() map.join { "a", "a", "a", "a", "a", "a", "a", "a", "a", "a", "a", "a", "a", "a", "a", "a", "a" } end, "at most 16")
    raises(function() map.join({ "a" }, 5) end, "at most 32 bytes")
    raises(function() map.join({ "a" }, ("-"):rep(33)) end, "at most 32 bytes")
  end)

  it("has its paths checked like any other", function()
    local function wrong(mapping)
      local list = map.check("alix.private_info", mapping)
      assert.equal(1, #list)
      return list[1].message
    end
    assert.equal("id.1.2: the record has no 'expYera' (did you mean 'expYear'?)", wrong { id = { map.join { "expMonth", "expYera" } } })
    assert.equal("id.1.1: the record has no 'expYera' (did you mean 'expYear'?)", wrong { id = map.join { "expYera" } })
    assert.equal("id.3: paths stand in front of the transforms", wrong { id = { "expYear", map.trim, map.join { "expMonth" } } })
    assert.equal("id.2: join is to be called, as in join { \"prefix\", \"id\" }", wrong { id = { "expYear", map.join } })
    assert.equal("id.2: slice is to be called, as in slice(1, 6)", wrong { id = { "expYear", map.slice } })
    assert.equal("id: a path has to stand in front of the transforms", wrong { id = { map.slice(1, 2) } })
    assert.equal("id: hex is a transform: it stands behind a path, { \"path\", hex }", wrong { id = map.hex })
  end)
end)

describe("month_year with its spelling", function()
  local function expiry(spelling, value)
    map.define("x.y", { exp_month = { "value", map.month_year(spelling) }, exp_year = { "value", map.month_year(spelling) } })
    local card = assert(cards.card(record { value = value }))
    return { card.exp_month, card.exp_year }
  end

  it("reads what is spelled so, and nothing else", function()
    for spelling, value in pairs { YYMM = "2512", MMYY = "1225", ["YY-MM"] = "25-12", ["MM-YY"] = "12-25", ["MM/YY"] = " 12/25 ", YYYYMM = "202512",
      MMYYYY = "122025", ["YYYY-MM"] = "2025-12", ["MM/YYYY"] = "12/2025", ["YYYY.MM"] = "2025.12", ["MM / YY"] = "12 / 25" } do
      assert.same({ 12, 2025 }, expiry(spelling, value))
    end
    assert.same({ 12, 2011 }, expiry("YYMM", "1112"))
    assert.same({ 11, 2012 }, expiry("MMYY", "1112"))
    for _, wrong in ipairs { "2513", "25-12", "202512", "", "12", true, {}, 2513, 25.12, -512, 0 / 0, secret "2512" } do
      assert.same({}, expiry("YYMM", wrong))
    end
  end)

  it("reads a number with the zeros that it lost", function()
    assert.same({ 1, 2025 }, expiry("MMYY", 125))
    assert.same({ 12, 2005 }, expiry("YYMM", 512))
    assert.same({ 1, 2000 }, expiry("YYMM", 1))
    assert.same({ 12, 2025 }, expiry("YYYYMM", 202512))
    assert.same({}, expiry("MMYY", 12025))
  end)

  it("may stand in front of others, and behind them", function()
    assert.equal(12, read("exp_month", { "value", map.slice(-4), map.month_year "YYMM", map.default(1) }, { value = "4111=2512" }))
    assert.equal(1, read("exp_month", { "value", map.month_year "YYMM", map.default(1) }, { value = "none" }))
    if math.type then
      assert.equal("integer", math.type(read("exp_year", { "value", map.month_year "YYMM" }, { value = "2512" })))
    end
  end)

  it("takes a spelling only, and dates only", function()
    local none = { "", "MM", "YY", "YYY-MM", "MMM/YY", "M/YY", "yymm", "YYMMDD", "YYYYMM YY", "MM/YY/MM", "YMMY", " MM/YY", "MM1YY", "MM\nYY", false, {} }
    table.insert(none, ("-"):rep(30) .. "MMYY")
    for _, wrong in ipairs(none) do
      raises(function() map.month_year(wrong) end, "month_year takes how the two are spelled")
    end
    local list = map.check("alix.private_info", { id = { "expYear", map.month_year "YYMM" } })
    assert.equal("id.2: month_year is for exp_month and exp_year", list[1].message)
    assert.equal("cards.map.transform", getmetatable(map.month_year "YYMM"))
    assert.is_false(pcall(function() map.month_year.x = 1 end))
  end)

  it("is needed where a value can be read in two ways or in none", function()
    map.define("x.y", { exp_month = { "value", map.month_year }, exp_year = { "value", map.month_year } })
    for _, value in ipairs { "2512", "25/12", "121220", 2512 } do
      assert.same({ provider = "x" }, cards.card(record { value = value }))
    end
    assert.same({ provider = "x", exp_month = 12, exp_year = 2012 }, cards.card(record { value = "122012" }))
  end)
end)
