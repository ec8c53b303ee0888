local cards = require "cards"
local core = require "cards.core"
local sandbox = require "support.sandbox"

local function is_secret(value) return getmetatable(value) == "cards.secret" end

--- A record of a provider that nobody has heard of: as the core would make it.
local function record(fields, name)
  return setmetatable(fields, { __metatable = name or "x.y" })
end

local function call(provider, case)
  local client = cards[provider].new(sandbox.config(provider))
  local options = case and { headers = { ["X-Sandbox"] = case } } or nil
  return assert(client[sandbox.operation(provider)](client, sandbox.params(provider), options))
end

local kinds = {
  provider = "string", id = "string", number = "userdata", cvv = "userdata", last4 = "string", bin = "string",
  brand = "string", type = "string", status = "string", exp_month = "number", exp_year = "number",
  holder_name = "string", token = "userdata",
  billing = "table", email = "string", phone = "string", created_at = "string", canceled_at = "string",
}

local function check_types(card)
  for field, value in pairs(card) do
    assert.equal(kinds[field], type(value), field)
    if type(value) == "userdata" then
      assert.is_true(is_secret(value), field)
    end
  end
  for _, value in pairs(card.billing or {}) do
    assert.equal("string", type(value))
  end
  for _, field in ipairs { "exp_month", "exp_year" } do
    if math.type and card[field] then
      assert.equal("integer", math.type(card[field]))
    end
  end
end

--- An error raised here, at this file's line.
local function raises_here(call_it, ...)
  local line = debug.getinfo(call_it, "S").linedefined
  local ok, message = pcall(call_it)
  assert.is_false(ok)
  assert.truthy(message:find("map_spec.lua:" .. line .. ":", 1, true), message)
  for _, part in ipairs { ... } do
    assert.truthy(message:find(part, 1, true), message)
  end
end

describe("cards.card", function()
  it("has its provider, whatever the mapping finds for that", function()
    cards.map.define("x.y", { provider = "brand" })
    assert.equal("x", cards.card(record {}).provider)
    assert.equal("acme", cards.card(record { brand = "acme" }).provider)
  end)

  describe("of a real answer", function()
    it("alix: a two-digit year, last4 and bin out of the number", function()
      local info = call "alix"
      local card = cards.card(info)
      check_types(card)
      assert.equal("alix", card.provider)
      assert.equal(info.cardNo, card.number)
      assert.is_true(rawequal(info.cvv, card.cvv))
      assert.same({ 1, 2027, "1111", "411111" }, { card.exp_month, card.exp_year, card.last4, card.bin })
      assert.is_nil(card.id)
      assert.is_nil(card.billing)
    end)

    it("netxd: the id and the CVV, and no date of the request as one of the card", function()
      local result = call "netxd"
      local card = cards.card(result)
      check_types(card)
      assert.same({ provider = "netxd", id = result.card.cardId, cvv = result.card.cvv }, card)
    end)

    it("whop: months and years that are strings, the name on the card instead of its label", function()
      local answer = call "whop"
      local card = cards.card(answer)
      check_types(card)
      assert.is_true(rawequal(answer.secrets.card_number, card.number))
      assert.is_true(rawequal(answer.secrets.cvc, card.cvv))
      assert.same({
        provider = "whop", id = answer.id, number = card.number, cvv = card.cvv, last4 = "4242", bin = "424242",
        type = "virtual", status = "active", exp_month = 12, exp_year = 2027, holder_name = "John Doe",
        billing = {
          line1 = "123 Street 1", line2 = "Unit 123", city = "Burbank", region = "CA", postal_code = "90245",
          country = "US",
        },
        created_at = "2023-11-07T05:31:56Z", canceled_at = "2023-11-07T05:31:56Z",
      }, card)
    end)

    it("payengine: last_4, the token and a phone number in two parts", function()
      local answer = call "payengine"
      local card = cards.card(answer)
      check_types(card)
      assert.is_true(rawequal(answer.token, card.token))
      assert.same({
        provider = "payengine", id = answer.id, token = card.token, last4 = "1111", brand = "visa", type = "Credit",
        exp_month = 12, exp_year = 2023, holder_name = "John Doe",
        email = "john.doe@example.com", phone = "+14155056227",
        billing = {
          line1 = "123 Street 1", line2 = "Unit 123", city = "Burbank", region = "CA", postal_code = "90245",
          country = "US",
        },
        created_at = "2021-12-27T03:35:38.947Z",
      }, card)
    end)

    it("nayax: MM/YYYY, and the token id as the id", function()
      local answer = call "nayax"
      local card = cards.card(answer)
      check_types(card)
      assert.same({
        provider = "nayax", id = answer.tokenInfo.nayaxTokenId, last4 = "1111", bin = "411111", brand = "VISA",
        exp_month = 12, exp_year = 2025,
      }, card)
    end)

    it("payengine: an integer last_4 keeps its leading zeros", function()
      assert.equal("0042", cards.card(call("payengine", "last4_number=42")).last4)
    end)

    it("whop: a card that is not active has no number", function()
      local card = cards.card(call("whop", "null_secrets"))
      assert.is_nil(card.number)
      assert.is_nil(card.holder_name)
      assert.same({ "4242", 12 }, { card.last4, card.exp_month })
    end)

    for _, provider in ipairs(sandbox.PROVIDERS) do
      for _, case in ipairs { "nulls", "numbers_for_strings", "strings_for_numbers", "cvv_number", "undeclared" } do
        it(("%s with %s: the same types, or absent"):format(provider, case), function()
          local card = assert(cards.card(call(provider, case)))
          check_types(card)
          assert.equal(provider, card.provider)
          for _, value in pairs(card) do
            assert.is_nil(tostring(value):find(sandbox.UNDECLARED_PAN, 1, true))
          end
        end)
      end
    end
  end)

  describe("reads", function()
    local function expiry(month, year)
      cards.map.define("x.y", { exp_month = "month", exp_year = "year" })
      local card = assert(cards.card(record { month = month, year = year }))
      check_types(card)
      return { card.exp_month, card.exp_year }
    end

    it("months and years in every form", function()
      assert.same({ 1, 2027 }, expiry("01", "27"))
      assert.same({ 1, 2027 }, expiry("1", 27))
      assert.same({ 12, 2027 }, expiry(12, "2027"))
      assert.same({ 9, 2000 }, expiry(9.0, "00"))
      assert.same({ 12, 2099 }, expiry(" 12 ", "99"))
    end)

    it("nothing where a month or year is none", function()
      local none = { "xx", "", -1, 1.5, "1.5", "001", true, {}, 0 / 0, 1 / 0 }
      for _, wrong in ipairs(none) do
        assert.same({}, expiry(wrong, wrong))
      end
      for _, wrong in ipairs { "13", 13, 0, "00", cards.secret "12" } do
        assert.is_nil(expiry(wrong, 2027)[1])
      end
      for _, wrong in ipairs { 5, 202, "20277", "0000", -27, 27.5, cards.secret "2027" } do
        assert.is_nil(expiry(1, wrong)[2])
      end
    end)

    it("nayax: a date that is none as no date", function()
      local hidden = cards.secret "12/2025"
      for _, wrong in ipairs { "13/2025", "2025-13", "12/255", "", "xx/yyyy", hidden, 1322025, {} } do
        local card = assert(cards.card(record({ tokenInfo = { expiryDate = wrong } }, "nayax.get_token")))
        assert.is_nil(card.exp_month)
      end
      assert.same({ provider = "nayax" }, cards.card(record({ tokenInfo = "none" }, "nayax.get_token")))
    end)

    it("payengine: a phone number of which parts are missing or hidden", function()
      local function phone(number)
        return cards.card(record({ phone_number = number }, "payengine.retrieve_token")).phone
      end
      assert.equal("4155056227", phone { subscriber = "4155056227" })
      assert.equal("+14155056227", phone { cc = "+1", subscriber = "4155056227" })
      assert.is_nil(phone { cc = "1" })
      assert.is_nil(phone { cc = "1", subscriber = cards.secret "4155056227" })
      assert.equal("4155056227", phone "415 505-6227")
    end)

    it("a Unix time as a date, and no date that is none", function()
      cards.map.define("x.y", { created_at = "at" })
      local function at(value) return cards.card(record { at = value }).created_at end
      assert.equal("2024-11-20T07:06:28Z", at(1732086388))
      assert.equal("2024-11-20T07:06:28Z", at "1732086388")
      assert.equal("2024-11-20T07:06:28Z", at(1732086388123))
      assert.equal("2024-11-20", at "2024-11-20")
      assert.equal("2024-11-20T07:06:28Z", at "2024-11-20 07:06:28z")
      assert.equal("2024-01-31", at "20240131")
      for _, wrong in ipairs { "yesterday", "2024-99-99", "2024-01-31 and more", "", -1, 1e300, 0 / 0, true, cards.secret "2024-11-20" } do
        assert.is_nil(at(wrong))
      end
    end)

    it("last4 and bin only where they are digits of that length", function()
      cards.map.define("x.y", { last4 = "last4", bin = "bin" })
      local function read(last4, bin)
        local card = cards.card(record { last4 = last4, bin = bin })
        return { card.last4, card.bin }
      end
      assert.same({ "0042", "411111" }, read(42, 411111))
      assert.same({ "1111", "41111111" }, read("1111", "41111111"))
      assert.same({}, read("4111111111111111", "4111111111111111"))
      assert.same({}, read("111", "4111"))
      assert.same({}, read(cards.secret "1111", cards.secret "411111"))
    end)
  end)

  it("derives last4 and bin from a number with dashes, and nothing from one too short or closed", function()
    cards.map.define("x.y", { number = "pan", last4 = "last4" })
    local card = cards.card(record { pan = cards.secret("4111-1111-1111-1111", "pan") })
    assert.same({ "1111", "411111" }, { card.last4, card.bin })
    card = cards.card(record { pan = cards.secret("4111-1111-1111-1111", "pan"), last4 = "9999" })
    assert.same({ "9999", "411111" }, { card.last4, card.bin })
    card = cards.card(record { pan = cards.secret("4111-1111-1111-1111", "pan"), last4 = cards.secret "9999" })
    assert.equal("1111", card.last4)
    card = cards.card(record { pan = cards.secret("411111", "pan") })
    assert.same({}, { card.last4, card.bin })
    card = cards.card(record { pan = cards.secret("411111111111", "cvv") })
    assert.same({}, { card.last4, card.bin })
    local closed = cards.secret("4111111111111111", "pan")
    closed:close()
    card = cards.card(record { pan = closed })
    assert.is_true(rawequal(closed, card.number))
    assert.same({}, { card.last4, card.bin })
  end)

  it("drops a plain field where the path hits a secret", function()
    cards.map.define("x.y", {
      id = "a", brand = "a", status = "b.c", email = "b.d.e", billing = { city = "a" }, token = "b.c",
    })
    local hidden = cards.secret("MARKER-5555555555554444", "undeclared")
    local card = cards.card(record { a = hidden, b = { c = hidden, d = hidden } })
    assert.is_true(rawequal(hidden, card.token))
    card.token = nil
    assert.same({ provider = "x" }, card)
  end)

  it("makes a secret of a number, cvv or token that is a string", function()
    cards.map.define("x.y", { number = "pan", cvv = "cvv", token = function() return "tok_12345678" end })
    local card = cards.card(record { pan = "4111111111111111", cvv = 12 })
    check_types(card)
    assert.same({ "pan", "cvv", "token" }, { card.number.class, card.cvv.class, card.token.class })
    assert.same({ "1111", "012" }, { card.last4, card.cvv:reveal() })
    card = cards.card(record { pan = {}, cvv = true })
    assert.same({}, { card.number, card.cvv })
  end)

  it("takes plain text as text: empty is absent, whole numbers are digits", function()
    cards.map.define("x.y", { id = "id", brand = "brand", status = "status", type = "type" })
    local card = cards.card(record { id = 42, brand = "", status = true, type = { "a" } })
    assert.same({ provider = "x", id = "42" }, card)
  end)

  it("refuses a record without a mapping, and raises for what is no record", function()
    local card, err = cards.card(record({}, "acme.show"))
    assert.is_nil(card)
    assert.equal("invalid_request", err.kind)
    assert.truthy(tostring(err):find("acme.show", 1, true))
    for _, other in ipairs { {}, setmetatable({}, {}), record({}, "acme.4111111111111111") } do
      card, err = cards.card(other)
      assert.is_nil(card)
      assert.equal("invalid_request", err.kind)
      assert.is_nil(tostring(err):find("4111111111111111", 1, true))
    end
    raises_here(function() cards.card(nil) end, "not nil: a call that failed has an error behind it")
    raises_here(function() cards.card "4111111111111111" end, "not string")
    raises_here(function() cards.card(cards.secret "MARKER") end, "not a secret")
  end)
end)

describe("a built-in mapping", function()
  for _, provider in ipairs(sandbox.PROVIDERS) do
    it(("of %s takes anything in any place"):format(provider), function()
      local about = core.provider(provider).operations[sandbox.operation(provider)]
      local odd = {
        "", "MARKER", "\0\255", ("9"):rep(5000), -1, 0, 1.5, 1e300, 0 / 0, 1 / 0, true, false, {}, { {} }, { cc = {}, subscriber = {} },
        { cc = false, subscriber = "\0" }, print, io.stdout, cards.secret("MARKER", "undeclared"), cards.secret("", "pan"), "13/2025", "99", 99, 13,
      }
      for path in pairs(about.response.fields) do
        for _, value in ipairs(odd) do
          local given, keys = {}, {}
          local inner = given
          for key in path:gmatch "[^.]+" do table.insert(keys, key) end
          for i = 1, #keys - 1 do
            inner[keys[i]] = {}
            inner = inner[keys[i]]
          end
          inner[keys[#keys]] = value
          check_types(assert(cards.card(record(given, provider .. "." .. sandbox.operation(provider)))))
          check_types(assert(cards.card(record({ [keys[1]] = value }, provider .. "." .. sandbox.operation(provider)))))
        end
      end
    end)
  end

  it("fills the fields that the guide says", function()
    local file = assert(io.open "docs/guide/records-and-masking.md")
    local guide = file:read "*a"
    file:close()
    local header, rule, found = { "| field |" }, { "|---|" }, {}
    for _, provider in ipairs(sandbox.PROVIDERS) do
      table.insert(header, (" %s |"):format(provider))
      table.insert(rule, "---|")
      found[provider] = cards.card(call(provider))
    end
    local lines = { table.concat(header), table.concat(rule) }
    for _, field in ipairs {
      "id", "number", "cvv", "last4", "bin", "brand", "type", "status", "exp_month", "exp_year", "holder_name", "token", "billing",
      "email", "phone", "created_at", "canceled_at",
    } do
      local line = { ("| `%s` |"):format(field) }
      for _, provider in ipairs(sandbox.PROVIDERS) do
        table.insert(line, found[provider][field] ~= nil and " yes |" or " |")
      end
      table.insert(lines, table.concat(line))
    end
    local expected = table.concat(lines, "\n")
    assert.truthy(guide:find(expected .. "\n\n", 1, true), "the guide should have\n" .. expected)
  end)
end)
