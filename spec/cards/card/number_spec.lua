--- What becomes the number of a card, and what does not.

local cards = require "cards"
local map = cards.map

local function record(fields)
  return setmetatable(fields, { __metatable = "x.y" })
end

local function secret(text, class)
  return assert(cards.secret(text, class or "pan"))
end

--- The card, and why it has no number, of a value by an expression.
local function card_of(value, expression)
  map.define("x.y", { number = expression or "value" })
  local card, reasons = map.explain(record { value = value, first6 = "411111", last4 = "1111" })
  return assert(card), reasons.number
end

local function is_number(digits, value, expression)
  local card, why = card_of(value, expression)
  assert.equal(digits, card.number:reveal())
  assert.is_nil(why)
end

local function is_none(reason, value, expression)
  local card, why = card_of(value, expression)
  assert.same({ provider = "x" }, card)
  assert.equal(reason, why)
end

describe("the number of a card", function()
  it("is 8 to 19 digits of a field that is declared as one", function()
    for _, text in ipairs { "41111111", "4111111111111111", "4111 1111-1111 1111", "4111111111111111111" } do
      is_number(text, secret(text))
      is_number(text, secret("\t" .. text .. "\n"), { "value", map.trim })
    end
    is_number("41111111", secret("NDExMTExMTE="), { "value", map.base64 })
    is_number("41111111", secret "4.1.1.1.1.1.1.1", { "value", map.digits })
    is_number("41111111", secret "41111111", function(r) return r.value end)
  end)

  it("has a last4 and a bin, Maestro's of 12 digits as well", function()
    map.define("x.y", { number = "value" })
    for text, ends in pairs { ["4111111111111111"] = { "411111", "1111" }, ["4222222222222"] = { "422222", "2222" },
      ["5018 0000 0009"] = { "501800", "0009" }, ["411111111117"] = {} } do
      local card = assert(cards.card(record { value = secret(text) }))
      assert.same(ends, { card.bin, card.last4 }, text)
      assert.equal(ends[2], (cards.mask(card).last4), text)
    end
  end)

  it("is 12 to 19 digits of anything else", function()
    for _, text in ipairs { "501811111111", "4111-1111-1111-1111", "4111111111111111111" } do
      is_number(text, text)
      is_number(text, secret(text, "token"))
      is_number(text, secret(text, "undeclared"))
      is_number(text, text, function(r) return r.value end)
    end
    is_number("4111111111111111", 4111111111111111)
    is_number("4111111111111111", secret "4111111111111111=2512", { "value", map.slice(1, 16) })
    is_number("4111111111111111", secret "1111111111", { map.join { "first6", "value" } })
  end)

  it("is none that is no digits, and why not is told without a value", function()
    is_none("16 characters, of which 6 are no digits", "411111XXXXXX1111")
    is_none("16 characters, of which 6 are no digits", secret "411111******1111")
    is_none("24 characters, of which 24 are no digits", secret("NDExMTExMTExMTExMTExMQ==", "token"))
    is_none("17 characters, of which 1 are no digits", secret "4111111111111111\n")
    is_none("19 characters, of which 3 are no digits", "4111.1111.1111.1111")
    is_none("6 characters, of which 6 are no digits", "MARKER")
    is_none("a table is no number of a card", {})
    is_none("a boolean is no number of a card", true)
    is_none("a number is no number of a card", 0.5)
    is_none("a negative number is no number of a card", -411111111111111)
    is_none("base64 makes nothing of it", "411111******1111", { "value", map.base64 })
    is_none("slice makes nothing of it", "4111", { "value", map.slice(9) })
    is_none("map makes nothing of it", "4111", { "value", map.map { x = "y" } })
  end)

  it("is none that is too short or too long", function()
    local other = "%d digits: a number has 12 to 19, or at least 8 where its field is declared as pan"
    is_none(other:format(7), secret "4111111")
    is_none(other:format(20), secret "41111111111111111111")
    is_none(other:format(10), "4111111111")
    is_none(other:format(11), secret("41111111111", "token"))
    is_none(other:format(3), secret("123", "cvv"))
    is_none(other:format(0), secret " - ")
    is_none(other:format(20), ("4"):rep(20))
    is_none("4 digits: a number that is put together has 12 to 19", secret "4111111111111111", { "value", map.slice(-4) })
    is_none("11 digits: a number that is put together has 12 to 19", secret "4111111111111111", { "value", map.slice(1, 11) })
  end)

  it("is none that is put together from a mask", function()
    local other = "10 digits: a number has 12 to 19, or at least 8 where its field is declared as pan"
    local joined = "10 digits: a number that is put together has 12 to 19"
    is_none(other, nil, function(r) return r.first6 .. r.last4 end)
    is_none("11 characters, of which 1 are no digits", nil, function(r) return r.first6 .. "*" .. r.last4 end)
    is_none("16 characters, of which 6 are no digits", nil, function(r) return r.first6 .. "XXXXXX" .. r.last4 end)
    is_none(other, nil, function(r) return tonumber(r.first6 .. r.last4) end)
    is_none(joined, nil, { map.join { "first6", "last4" } })
    is_none(joined, nil, map.join({ "first6", "last4" }, "-"))
    is_none(joined, secret "1111", map.join { "first6", "value" })
    is_none(joined, nil, { map.join { "first6", "last4" }, map.trim })
  end)

  it("that is none shows no last4 and bin, and is absent without a reason where nothing was found", function()
    is_none(nil, nil)
    is_none(nil, "")
    map.define("x.y", { number = "value", last4 = "last4" })
    assert.same({ provider = "x", last4 = "1111" }, cards.card(record { value = secret "411111******1111", last4 = "1111" }))
  end)

  it("takes a default that is one only", function()
    assert.same({}, map.check("nobody.show", { number = { "a", map.default "4111111111111111" } }))
    assert.same({}, map.check("nobody.show", { number = { map.default "4111111111111111" } }))
    for _, wrong in ipairs { "unknown", "4111111111", 41 } do
      local list = map.check("nobody.show", { number = { "a", map.default(wrong) } })
      assert.equal("number.2: the default does not fit number", list[1].message)
    end
  end)

  it("stays where its secret is closed", function()
    local closed = secret "4111111111111111"
    closed:close()
    local card, why = card_of(closed)
    assert.is_true(rawequal(closed, card.number))
    assert.is_nil(why)
  end)

  it("closes what was made on the way and is none", function()
    collectgarbage()
    collectgarbage()
    map.define("x.y", { number = { "value", map.trim, map.digits } })
    local given = secret " 4-1-1-1 "
    local base = cards.memory().open
    collectgarbage "stop"
    assert.is_nil(cards.card(record { value = given }).number)
    assert.is_nil(map.explain(record { value = given }).number)
    assert.equal(base, cards.memory().open)
    collectgarbage "restart"
  end)

  it("is a random mask, or the beginning and the end of a number, in no spelling", function()
    local state = 7
    local function pick(n)
      state = (state * 1103515245 % 2147483648 + 12345) % 2147483648
      return math.floor(state / 65536) % n + 1
    end
    local between = { "", "*", "X", "x", "•", ".", "…", "#", "_", "?", " ", "-", "--", "* ", " .. " }
    map.define("x.y", { number = "value" })
    for _ = 1, 500 do
      local first, last = {}, {}
      for i = 1, 6 do first[i] = pick(10) - 1 end
      for i = 1, 4 do last[i] = pick(10) - 1 end
      local mask = table.concat(first) .. between[pick(#between)]:rep(pick(9)) .. table.concat(last)
      for _, value in ipairs { mask, secret(mask, "token") } do
        assert.same({ provider = "x" }, cards.card(record { value = value }))
      end
    end
  end)
end)

describe("cards.map.explain", function()
  it("gives the card, and why dates are absent that month_year does not read", function()
    local unread = "month_year does not read it: say how it is spelled, as in month_year \"YYMM\""
    map.define("x.y", { exp_month = { "at", map.month_year }, exp_year = { "at", map.month_year, map.default(2030) } })
    local card, reasons = map.explain(record { at = "2512" })
    assert.same({ provider = "x", exp_year = 2030 }, card)
    assert.same({ exp_month = unread }, reasons)
    map.define("x.y", { exp_month = { "at", map.month_year "YYMM" }, exp_year = { "at", map.month_year, map.year } })
    card, reasons = map.explain(record { at = "2513" })
    assert.same({ provider = "x" }, card)
    assert.same({ exp_month = "month_year \"YYMM\" does not read it", exp_year = unread }, reasons)
    map.define("x.y", { exp_month = { "at", map.month }, exp_year = "at", status = { "at", map.country } })
    assert.same({}, select(2, map.explain(record { at = "none" })))
    assert.same({}, select(2, map.explain(record {})))
  end)

  it("returns errors as cards.card does, which takes no second argument", function()
    local card, err = map.explain(record { x = 1 })
    assert.is_table(card)
    assert.same({}, err)
    card, err = map.explain(setmetatable({}, { __metatable = "nobody.knows" }))
    assert.is_nil(card)
    assert.equal("invalid_request", err.kind)
    local ok, message = pcall(function() map.explain "4111111111111111" end)
    assert.is_false(ok)
    assert.matches("number_spec.lua:%d+: cards.map.explain: the argument must be a record$", message)
    local reasons = {}
    map.define("x.y", { number = "value" })
    cards.card(record { value = "none" }, reasons)
    cards.card(record { value = "none" }, reasons)
    assert.same({}, reasons)
  end)
end)
