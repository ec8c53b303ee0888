--- What a mapping or a definition in a file may not do: find out about a secret, or declare one plain.

local cards = require "cards"
local program = require "support.program"

local files = {}

after_each(function()
  for _, path in ipairs(files) do
    os.remove(path)
  end
  files = {}
end)

local function load(text, options)
  local path = program.file(text)
  files[#files + 1] = path
  return cards.load(path, options)
end

local function refused(text, line, part, options)
  local made, err = load(text, options)
  assert.is_nil(made)
  assert.truthy(err.message:find((":%d: "):format(line), 1, true), err.message)
  assert.truthy(err.message:find(part, 1, true), err.message)
end

--- A definition with this in its operation.
local function definition(more, fields)
  return ([[return { name = "filed", base_url = "https://filed.example", auth = { type = "bearer" }, operations = { show = {
path = "/cards/{card_id}", params = { card_id = { required = true }, guess = { default = "739", into = "query" } },
%s
response = { fields = { id = "string", pan = "pan", cvv = "cvv", tok = "token"%s } } } } }]]):format(more or "", fields or "")
end

describe("a definition in a file", function()
  it("says nothing about the value of a secret in `success`", function()
    refused(definition 'success = { path = "cvv", equals = "739" },', 3, "'cvv' is a secret")
    refused(definition 'success = { { path = "id", equals = "739" }, { path = "tok", equals = "t" } },', 3, "'tok' is a secret")
    refused(definition 'success = { path = "CVC2", equals = "x" },', 3, "'CVC2' is not declared")
    refused(definition 'success = { path = "other", equals = "0739" },', 3, "'other' is not declared")
    refused(definition 'success = { path = "other", equals = 739 },', 3, "'other' is not declared", { trust = true })
    assert(load(definition 'success = { { path = "id", equals = "739" }, { path = "ok", equals = true }, { path = "state", equals = "OK" } },'))
    assert(load(definition 'success = { path = "code", equals = 0 },'))
    assert(load(definition 'success = { path = "cvv", absent = true },'))
  end)

  it("says nothing about the value of a secret in `echo`", function()
    refused(definition 'echo = { cvv = "card_id" },', 3, "would tell it")
    refused(definition 'echo = { pan = "card_id" },', 3, "would tell it")
    refused(definition 'echo = { tok = "guess" },', 3, "would tell it")
    refused(definition 'echo = { other = "guess" },', 3, "would tell it")
    refused(definition 'echo = { cardNumber = "card_id" },', 3, "would tell it")
    assert(load(definition 'echo = { id = "card_id", tok = "card_id" },'))
  end)

  it("has no transform whose outcome depends on a secret", function()
    refused(definition 'card = { exp_month = { "cvv", month } },', 3, "would tell a file about a secret")
    refused(definition 'card = { cvv = { "cvv", map { ["739"] = "x" } } },', 3, "would tell a file about a secret")
    refused(definition 'card = { billing = { country = { "id", "cvv", trim, country } } },', 3, "would tell a file about a secret")
    assert(load(definition 'card = { number = { "pan", digits }, cvv = { "cvv", trim }, token = "tok", id = { "id", upper } },'))
  end)

  it("may decode, cut and join a secret, and no more", function()
    for _, more in ipairs { "base64, trim", "hex, upper", "hex, hex", "base64, digits", "slice(1, 8), digits", "slice(1, 8), base64", "trim, hex, slice(1)" } do
      refused(definition(("card = { number = { 'pan', %s } },"):format(more)), 3, "would tell a file about a secret")
    end
    refused(definition "card = { number = { join { 'id', 'pan' }, digits } },", 3, "what 'digits' makes of 'pan'")
    refused(definition "card = { token = { join { 'id', 'tok' }, slice(1, 8) } },", 3, "what 'slice' makes of 'tok'")
    refused(definition "card = { exp_month = { join { 'id', 'cvv' }, month_year 'YYMM' } },", 3, "what 'month_year' makes of 'cvv'")
    refused(definition "card = { exp_month = { 'cvv', month_year 'YYMM' } },", 3, "what 'month_year' makes of 'cvv'")
    assert(load(definition "card = { number = { 'pan', trim, base64 }, cvv = { 'cvv', hex }, token = join { 'id', 'tok' } },"))
    assert(load(definition "card = { id = { 'id', hex, slice(1, 4), trim } },"))
    assert(load(definition "card = { number = { 'pan', digits, slice(1, 16) }, token = { 'tok', slice(5), default 'none' } },"))
  end)

  it("says nothing about the value of a secret in `code`, or in one of several values", function()
    refused(definition 'success = { path = "other", equals = { "x", "0739" } },', 3, "'other' is not declared")
    refused(definition 'success = { path = "id", equals = { "x", "4111111111111111" } },', 3, "a card number is nothing to compare with")
    refused(definition 'error = { code = "cvv" }, code = { ["739"] = "declined" },', 3, "'cvv' is a secret, and a kind", { trust = true })
    refused(definition 'error = { code = { "code", "x.cvc" } }, code = { x = "declined" },', 3, "'x.cvc' is a secret", { trust = true })
    refused(definition 'error = { code = "code" }, code = { ["4111111111111111"] = "declined" },', 3, "a card number is nothing to compare with")
    refused(definition 'error = { code = "other" }, code = { [739] = "declined" },', 3, "'other' is not declared")
    assert(load(definition 'error = { code = { "errors[0].code", "id" } }, code = { [739] = "declined", E1234 = "auth" },'))
    local rooted = definition('error = { code = "data.code" }, code = { [739] = "declined" },'):gsub("response = {", 'response = { root = "data",')
    refused(rooted, 3, "'data.code' is not declared")
    assert(load((rooted:gsub("data%.code", "status.other"))))
  end)

  it("finds a secret however the path to it is written", function()
    local lists = ', ["cards[].pin"] = "secret", ["cards[0].state"] = "string", ["cards[].kind"] = "string"'
    for _, path in ipairs { "cards[].pin", "cards[0].pin", "['cards'][3]['pin']", "cards[0].pin.x']" } do
      local made, err = load(definition(('success = { path = %q, equals = "x" },'):format(path), lists))
      assert.is_nil(made)
      assert.matches(path:find "x'" and "must be a path" or "is a secret, and a success", err.message)
    end
    refused(definition('success = { path = "cards[].state", equals = "739" },', lists), 3, "'cards[].state' is not declared")
    refused(definition('success = { path = "cards[1].state", equals = "739" },', lists), 3, "'cards[1].state' is not declared")
    assert(load(definition('success = { { path = "cards[0].state", equals = "739" }, { path = "cards[1].kind", equals = "739" } },', lists)))
    refused(definition('echo = { ["cards[7].pin"] = "guess" },', lists), 3, "would tell it")
    refused(definition("card = { id = { \"['cards'][0].pin\", month } },", lists), 3, "would tell a file about a secret")
    refused(definition('card = { id = { "cards[].pin", month } },', lists), 3, "would tell a file about a secret")
    refused(definition(nil, ", [\"cards[0]['card.number']\"] = \"string\""), 4, "by its name it is a secret")
    refused(definition('error = { code = "x[0][\\"cvv2\\"]" },'), 3, "which an error would show")
  end)

  it("has functions in `card` only, which see no secret", function()
    local signer = 'auth = { type = "signer", name = "X", credential = "key", sign = function() return "x" end }'
    refused(definition():gsub('auth = { type = "bearer" }', signer), 1, "a file declares a signature")
    assert(load(definition 'card = { status = function(r) return r.cvv.class end },'))
  end)

  it("does not declare plain what by its name is a secret", function()
    for _, name in ipairs { "cardNumber", "card_no", "CVV2", "security_code", "track2", "PAN", "pin_block", "number" } do
      refused(definition(nil, (', %s = "string"'):format(name)), 4, "by its name it is a secret")
    end
    refused(definition(nil, ', ["secrets.card.number"] = "string"'), 4, "by its name it is a secret")
    refused(definition(nil, ', ["cards[].cvv"] = { type = "integer" }'):gsub("cvv = \"cvv\", ", ""), 4, "by its name it is a secret")
    assert(load(definition(nil, ', cardNumber = "string"'), { trust = true }))
    local plain = ', cardNumber = "pan", account_number = "string", ["phone.number"] = "string", company = "string", cardNumberLast4 = "string"'
    assert(load(definition(nil, plain)))
  end)

  it("has no error that holds a secret", function()
    refused(definition 'error = { code = "cvv" },', 3, "which an error would show")
    refused(definition 'error = { message = { "message", "card.cvv2" } },', 3, "which an error would show")
  end)

  it("sends credentials over TLS only", function()
    refused(definition():gsub("https:", "http:"), 1, "without TLS")
    assert(load((definition():gsub("https:", "http:")), { trust = true }))
  end)

  it("is free to do all of that in trusted code", function()
    assert(cards.define { name = "trusted", base_url = "https://trusted.example", auth = { type = "bearer" }, operations = { show = {
      path = "/cards", success = { path = "cvv", equals = "739" }, response = { fields = { cardNumber = "string", cvv = "cvv" } } } } })
  end)
end)

local MAPPING = "return { ['alix.private_info'] = { number = 'cardNo', cvv = 'cvv', exp_month = { 'expMonth', month }, exp_year = { 'expYear', year } } }"

describe("a mapping in a file", function()
  it("has no transform whose outcome depends on a secret", function()
    refused("return { ['alix.private_info'] = {\n  exp_month = { 'cvv', month } } }", 2, "would tell a file about a secret")
    refused("return { ['alix.private_info'] = {\n  cvv = { 'cvv', map { ['111'] = 'x' } } } }", 2, "would tell a file about a secret")
    assert.is_true(load((MAPPING:gsub("'cardNo'", "{ 'cardNo', digits }", 1))))
  end)

  it("gives functions of secrets nothing but their class", function()
    local path = "return { ['alix.private_info'] = { number = 'cardNo', cvv = 'cvv', status = function(r) return r.cvv.class .. tostring(r.cvv.value) end,"
      .. " id = function(r) return r.cardNo end, type = function(r) local n = 0 for _ in pairs(r.cardNo) do n = n + 1 end return n end } }"
    assert.is_true(load(path))
    for _, cvv in ipairs { "111", "739" } do
      local record = setmetatable({ cardNo = cards.secret("4111111111111111", "pan"), cvv = cards.secret(cvv, "cvv") }, { __metatable = "alix.private_info" })
      local card = assert(cards.card(record))
      assert.same({ "cvvnil", "2" }, { card.status, card.type })
      assert.is_nil(card.id)
      assert.equal("4111111111111111", card.number:reveal())
    end
    assert.is_true(load(MAPPING))
  end)

  it("that comes before its provider makes no more of a secret than one behind it", function()
    local function card(mapping, fields)
      assert.is_true(load("return { ['filed_later.show'] = " .. mapping .. " }"))
      return assert(cards.card(setmetatable(fields, { __metatable = "filed_later.show" })))
    end
    local function secret(text, class) return cards.secret(text, class or "token") end
    local made = card("{ token = { 'tok', hex }, number = { 'pan', trim, base64 } }",
      { tok = secret "746f6b", pan = secret("NDExMTExMTExMTExMTExMQ", "pan") })
    assert.same({ "tok", "token" }, { made.token:reveal(), made.token.class })
    assert.same({ "4111111111111111", "pan", "1111" }, { made.number:reveal(), made.number.class, made.last4 })
    for _, more in ipairs { "hex, hex", "hex, trim", "slice(1, 8), digits", "slice(1, 8), hex", "hex, month", "base64, map { x = 'y' }" } do
      local a = secret("34313131343131313431313134313131", "pan")
      assert.same({ provider = "filed_later" }, card(("{ number = { 'a', %s }, token = { 'a', %s } }"):format(more, more), { a = a }))
    end
    assert.is_nil(card("{ token = { join { 'id', 'tok' }, trim } }", { id = "x", tok = secret "tok" }).token)
    assert.equal("xtok", card("{ id = { join { 'id', 'tok' }, trim } }", { id = "x", tok = "tok" }).id)
  end)

  it("shows nothing of the parts of a secret", function()
    local function card(mapping, fields)
      assert.is_true(load("return { ['filed_later.show'] = " .. mapping .. " }"))
      return assert(cards.card(setmetatable(fields, { __metatable = "filed_later.show" })))
    end
    local pan = "4539148803436467"
    for from = 1, 5 do
      local made = card(("{ number = { 'pan', slice(%d, %d) }, token = { 'tok', slice(%d) } }"):format(from, from + 12, from),
        { pan = cards.secret(pan, "pan"), tok = cards.secret("tok_abcdefghijklmnop", "token") })
      assert.equal(from <= 4 and pan:sub(from, from + 12) or pan:sub(from), made.number:reveal())
      assert.same({ "***", "***" }, { made.number:mask { first = 6, last = 4 }, made.token:mask { first = 4, last = 4 } })
      assert.same({}, { made.last4, made.bin })
    end
    local made = card("{ token = join { 'tok', 'long' }, number = join { 'pan', 'rest' } }",
      { tok = cards.secret("tok_1234", "token"), long = ("x"):rep(64), pan = cards.secret("453914", "pan"), rest = "8803436467" })
    assert.equal("***", made.token:mask { first = 8, last = 4 })
    assert.same({ "pan", "6467" }, { made.number.class, made.last4 })
  end)
end)
