local cards = require "cards"
local program = require "support.program"
local map = cards.map

--- A record of a provider that nobody has heard of: as the core would make it.
local function record(fields)
  return setmetatable(fields, { __metatable = "x.y" })
end

--- What a neutral field gets of a value by an expression.
local function read(field, value, ...)
  map.define("x.y", { [field] = { "value", ... } })
  local card = assert(cards.card(record { value = value }))
  return card[field]
end

local function open_secrets()
  collectgarbage()
  collectgarbage()
  return cards.memory().open
end

describe("a transform", function()
  it("reads plain values into the field's own type", function()
    assert.equal("4111", read("last4", "41-11", map.digits))
    assert.equal("42", read("id", 42.0, map.integer))
    assert.equal("42", read("id", "+042.0", map.integer))
    assert.equal("9007199254740991", read("id", 9007199254740991, map.integer))
    assert.equal(2027, read("exp_year", 27, map.year))
    assert.equal(2027, read("exp_year", "27", map.year))
    assert.equal(2027, read("exp_year", 2027, map.year))
    assert.equal(2027, read("exp_year", "2027", map.year))
    assert.equal(2099, read("exp_year", 99, map.year))
    assert.equal(1, read("exp_month", "01", map.month))
    assert.equal(12, read("exp_month", 12, map.month))
    assert.equal("2025-12-31T23:59:59Z", read("created_at", "2025-12-31T23:59:59Z", map.date))
    assert.equal("2024-11-20T07:06:28Z", read("created_at", 1732086388, map.date))
    assert.equal("2024-11-20T07:06:28Z", read("created_at", 1732086388123, map.date))
    assert.equal("2024-11-20T07:06:28Z", read("created_at", "1732086388", map.date))
    assert.equal("VISA", read("brand", "Visa", map.upper))
    assert.equal("John Doe", read("holder_name", "  John Doe ", map.trim))
    assert.equal("+14155056227", read("phone", "+1 (415) 505-6227", map.phone))
    assert.equal("+14155056227", read("phone", { cc = "1", subscriber = "4155056227" }, map.phone))
    map.define("x.y", { billing = { country = { "value", map.country } } })
    for _, country in ipairs { "US", "us", "USA", "840", 840, "United States", "United States of America" } do
      assert.equal("US", cards.card(record { value = country }).billing.country)
    end
    assert.is_nil(cards.card(record { value = "Atlantis" }).billing)
  end)

  it("keeps integers integers", function()
    if math.type then
      assert.equal("integer", math.type(read("exp_month", "01", map.month)))
      assert.equal("integer", math.type(read("exp_year", "12/27", map.month_year)))
      assert.equal("integer", math.type(read("exp_year", 27.0, map.year)))
    end
  end)

  it("gives the field that asks for it the month or the year", function()
    map.define("x.y", { exp_month = { "expiry", map.month_year }, exp_year = { "expiry", map.month_year } })
    for _, expiry in ipairs { "12/2025", "12/25", "2025-12", "122025", "202512", 122025, "1225", "2025-12-31T00:00:00Z" } do
      local card = cards.card(record { expiry = expiry })
      assert.same({ 12, 2025 }, { card.exp_month, card.exp_year })
    end
    assert.same({ provider = "x" }, cards.card(record { expiry = "13/2025" }))
  end)

  it("gives nothing where it makes no sense, and never an error", function()
    local senseless = { "", "x", "13:13:13", -1, 1.5, 0 / 0, 1 / 0, 1e300, true, false, {}, { {} }, print, ("9"):rep(400), "\0\255" }
    for name, transform in pairs(map) do
      if getmetatable(transform) == "cards.map.transform" and name ~= "upper" and name ~= "trim" and name ~= "digits" and name ~= "integer" then
        for _, value in ipairs(senseless) do
          local field = name == "month_year" and "exp_year" or "id"
          assert.is_nil(read(field, value, transform), name)
        end
      end
    end
    for _, value in ipairs { {}, true, 0 / 0, print } do
      for _, name in ipairs { "upper", "trim", "digits", "integer" } do
        assert.is_nil(read("id", value, map[name]))
      end
    end
  end)

  it("map gives another word, and nothing for a word that it does not know", function()
    local words = map.map { active = "open", [0] = "open", [true] = "yes", closed = 7 }
    assert.equal("open", read("status", "active", words))
    assert.equal("open", read("status", 0, words))
    assert.equal("open", read("status", "0", words))
    assert.equal("yes", read("status", true, words))
    assert.equal("7", read("status", "closed", words))
    assert.is_nil(read("status", "Active", words))
    assert.is_nil(read("status", {}, words))
    assert.equal("other", read("status", "lost", words, map.default "other"))
  end)

  it("default stands for what is nothing, and other transforms follow it", function()
    assert.equal("unknown", read("status", nil, map.default "unknown"))
    assert.equal("unknown", read("status", "", map.default "unknown"))
    assert.equal("open", read("status", "open", map.default "unknown"))
    assert.equal("UNKNOWN", read("status", nil, map.default "unknown", map.upper))
    assert.equal(2030, read("exp_year", "none", map.year, map.default(2030)))
    map.define("x.y", { type = { map.default "virtual" } })
    assert.equal("virtual", cards.card(record {}).type)
  end)

  it("shows its name and cannot be changed", function()
    assert.equal("cards.map.month", tostring(map.month))
    assert.equal("cards.map.default", tostring(map.default "4111111111111111"))
    assert.equal("cards.map.transform", getmetatable(map.month))
    assert.is_false(pcall(function() map.month.x = 1 end))
  end)

  it("that is none is an error at the caller's line, with the nearest", function()
    local line = debug.getinfo(1, "l").currentline + 1
    local ok, message = pcall(function() return map.mnth end)
    assert.is_false(ok)
    assert.truthy(message:find("transforms_spec.lua:" .. line .. ":", 1, true), message)
    assert.truthy(message:find("'mnth'", 1, true) and message:find("'month'", 1, true), message)
    for _, wrong in ipairs { false, {}, { [{}] = "x" }, { x = {} }, { x = true }, map.month } do
      ok, message = pcall(function()
        local made = map.map(wrong)
        return made
      end)
      assert.is_false(ok)
      assert.truthy(message:find("transforms_spec.lua:", 1, true), message)
    end
    assert.is_false(pcall(map.default, nil))
    assert.is_false(pcall(map.default, {}))
  end)
end)

describe("a transform of a secret", function()
  local function secret(text, class) return assert(cards.secret(text, class or "token")) end

  it("makes a new secret of the same class and leaves the old one alone", function()
    local rows = {
      { "digits", "4111-1111-1111-1111", "4111111111111111", "pan" }, { "digits", "1 2 3", "123", "cvv" },
      { "integer", "+042", "42" }, { "year", "27", "2027" }, { "month", "01", "1" }, { "date", "20251231", "2025-12-31" },
      { "date", "1732086388", "2024-11-20T07:06:28Z" }, { "upper", "tok_a", "TOK_A", "undeclared" }, { "trim", " tok ", "tok", "credential" },
      { "country", "Germany", "DE" }, { "phone", "+1 415 505-6227", "+14155056227" },
    }
    for _, row in ipairs(rows) do
      local before = secret(row[2], row[4])
      local after = read("token", before, map[row[1]])
      assert.equal("cards.secret", getmetatable(after), row[1])
      assert.is_false(rawequal(before, after))
      assert.same({ row[3], row[4] or "token" }, { after:reveal(), after.class })
      assert.equal(row[2], before:reveal())
      after:close()
      assert.equal(row[2], before:reveal())
    end
  end)

  it("gives nothing for one that makes no sense or is closed", function()
    local closed = secret "27"
    closed:close()
    for _, name in ipairs { "digits", "integer", "year", "month", "date", "upper", "trim", "country", "phone" } do
      assert.is_nil(read("token", closed, map[name]), name)
      if name ~= "upper" and name ~= "trim" then
        assert.is_nil(read("token", secret "MARKER", map[name]), name)
      end
      assert.is_nil(read("token", secret "", map[name]), name)
    end
    assert.is_nil(read("token", closed, map.map { ["27"] = "x" }))
  end)

  it("stays out of fields that are no secrets", function()
    for _, field in ipairs { "id", "last4", "exp_year", "created_at", "holder_name" } do
      assert.is_nil(read(field, secret "2027", map.digits), field)
      assert.is_nil(read(field, secret "27", map.year), field)
      assert.is_nil(read(field, secret "2027", map.trim, map.digits), field)
    end
  end)

  it("map compares it with each word, and always gives a secret of the class that shows nothing", function()
    local words = map.map { active = "open", closed = "shut" }
    for given, expected in pairs { active = "open", closed = "shut", lost = "unknown" } do
      local mapped = read("token", secret(given), words)
      assert.same({ expected, "cvv", "***" }, { mapped:reveal(), mapped.class, tostring(mapped) })
      assert.equal("***", cards.mask { token = mapped }.token)
    end
    assert.equal("unknown", read("token", secret "lost", words, map.default "none"):reveal())
  end)

  it("leaves no secret open on the way, whether or not the field takes it", function()
    local given = secret " 4111-1111-1111-1111 "
    local base = open_secrets()
    map.define("x.y", {
      number = { "value", map.trim, map.upper, map.digits },
      id = { "value", map.trim, map.digits },
      status = { "value", map.trim, map.map { a = "b" } },
      exp_month = { "value", map.digits, map.month },
    })
    collectgarbage "stop"
    local card = cards.card(record { value = given })
    assert.equal(base + 1, cards.memory().open)
    assert.equal("4111111111111111", card.number:reveal())
    card.number:close()
    assert.equal(base, cards.memory().open)
    collectgarbage "restart"
  end)
end)

describe("a transform of a secret, where there is no room for another", function()
  it("ends the mapping as busy, and closes what it has made", function()
    local given = assert(cards.secret(("1"):rep(32768), "token"))
    local held, size = {}, 1048576
    while size >= 32768 do
      local one = cards.secret(("x"):rep(size))
      table.insert(held, one)
      size = one and size or size / 2
    end
    map.define("x.y", { token = { "value", map.digits } })
    local base = open_secrets()
    local card, err = cards.card(record { value = given })
    local open = cards.memory().open
    for _, one in ipairs(held) do one:close() end
    assert.is_nil(card)
    assert.same({ "busy", true }, { err.kind, err.retryable })
    assert.equal(base, open)
    assert.equal(32768, #cards.card(record { value = given }).token)
  end)
end)

describe("any mapping of any record", function()
  local paths = { "a", "b", "c", "d.e", "d.f", "missing", "a.b" }
  local transforms = {
    function() return map.digits end, function() return map.integer end, function() return map.year end, function() return map.month end,
    function() return map.date end, function() return map.upper end, function() return map.trim end, function() return map.country end,
    function() return map.phone end, function() return map.map { x = "y", [1] = "2" } end, function() return map.default "x" end,
  }
  local kinds = {
    number = "s", cvv = "s", token = "s", id = 1, last4 = 1, bin = 1, brand = 1, type = 1, status = 1, exp_month = 1, exp_year = 1,
    holder_name = 1, email = 1, phone = 1, created_at = 1, canceled_at = 1,
  }
  local fields = {}
  for field in pairs(kinds) do table.insert(fields, field) end
  table.sort(fields)

  local function flat(value, out)
    out = out or {}
    if type(value) == "table" and getmetatable(value) ~= "cards.error" then
      for key, content in pairs(value) do
        table.insert(out, tostring(key))
        flat(content, out)
      end
    else
      table.insert(out, tostring(value))
    end
    return out
  end

  it("shows nothing of a secret, in what it gives and in its errors", function()
    local state = 20251
    local function pick(n)
      state = (state * 1103515245 % 2147483648 + 12345) % 2147483648
      return math.floor(state / 65536) % n + 1
    end
    local mapped, rounds = 0, program.watched and 80 or 400
    local classes = { "pan", "cvv", "token", "credential", "undeclared" }
    for _ = 1, rounds do
      local texts = {}
      local function value()
        local digits = {}
        for i = 1, 16 do digits[i] = pick(10) - 1 end
        local text = table.concat(digits)
        local made = ({
          function()
            table.insert(texts, text)
            return cards.secret(pick(2) == 1 and text or (" %s-%s "):format(text:sub(1, 8), text:sub(9)), classes[pick(5)])
          end,
          function() return text:sub(1, pick(6)) end,
          function() return pick(2000) end,
          function() return pick(2) == 1 end,
          function() return {} end,
          function() return nil end,
        })[pick(6)]()
        return made
      end
      local given = record { a = value(), b = value(), c = value(), d = pick(2) == 1 and { e = value(), f = value() } or value() }
      local mapping = { billing = {} }
      for _ = 1, 6 do
        local list = {}
        for _ = 1, pick(3) do table.insert(list, paths[pick(#paths)]) end
        for _ = 1, pick(4) - 1 do table.insert(list, transforms[pick(#transforms)]()) end
        mapping[fields[pick(#fields)]] = list
        mapping.billing.city = list
      end
      local ok, message = pcall(map.define, "x.y", mapping)
      local card, err
      if ok then
        card, err = cards.card(given)
        mapped = mapped + 1
      end
      local shown = table.concat(flat({ card or false, err or false, message or false }), "\n")
      for _, text in ipairs(texts) do
        for from = 1, #text - 8 do -- more than a bin
          assert.is_nil(shown:find(text:sub(from, from + 8), 1, true), shown)
        end
      end
      for field, content in pairs(card or {}) do
        assert.is_true(type(content) ~= "userdata" or kinds[field] == "s", field)
      end
    end
    assert.is_true(mapped > rounds / 2)
  end)
end)
