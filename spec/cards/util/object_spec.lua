local cards = require "cards"
local check = require "cards.util.check"
local core = require "cards.core"

local NUMBER, CVV = "4111111111111111", "737"

local acme = cards.define {
  name = "acme_object", base_url = "https://api.acme.example",
  operations = {
    show = {
      path = "/cards/{id}", params = { id = {} },
      response = { fields = { pan = "pan", cvv = "cvv", name = "string", tags = "string", count = "integer", open = "boolean", ["box.colour"] = "string",
        ["list[]"] = "integer" } },
      card = { number = "pan", cvv = "cvv", holder_name = "name", token = { cards.map.join { "pan", "cvv" } } },
    },
    shut = { path = "/shut", response = { fields = { close = "string", pan = "pan" } } },
    list = { path = "/list", response = { fields = { ["[].pan"] = "pan" } } },
  },
}

local function record(body, operation)
  return assert(core.read(acme.provider, operation or "show", 200, body))
end

local function plain()
  return record [[{"pan":"4111111111111111","cvv":"737","name":"Jane Doe","count":7,"open":true,"box":{"colour":"red"},"list":[1,2],"extra":"hidden"}]]
end

local LINE = "acme_object.show { box = { colour = *** }, "
  .. "count = ***, cvv = ***, extra = ***, list = { ***, *** }, name = ***, open = ***, pan = ************1111 }"

--- What tools see of a table without its metatable.
local function pairs_of(value)
  local found = {}
  for key in pairs(value) do
    found[#found + 1] = key
  end
  table.sort(found)
  return table.concat(found, " ")
end

describe("a record as text", function()
  it("is one masked line with its fields in a fixed order", function()
    assert.equal(LINE, tostring(plain()))
    local one = record([[{"pan":"4111111111111111"}]], "shut")
    one.pan = nil
    assert.equal("acme_object.shut {}", tostring(one))
  end)

  it("concatenates on either side, with texts, numbers, secrets and each other", function()
    local one = plain()
    assert.equal("got " .. LINE, "got " .. one)
    assert.equal(LINE .. "!", one .. "!")
    assert.equal("1" .. LINE, 1 .. one)
    assert.equal("************1111" .. LINE .. "***", one.pan .. one .. one.cvv)
    assert.equal(LINE .. LINE, one .. one)
  end)

  it("raises for what does not concatenate, at the line", function()
    for _, other in ipairs { {}, true } do
      local _, message = pcall(function() return plain() .. other end)
      assert.matches("object_spec.lua:%d+: attempt to concatenate a " .. type(other) .. " value", message)
    end
    assert.has_error(function() return nil .. plain() end)
    assert.has_error(function() return plain().pan .. nil end)
  end)

  it("leaves a neighbour with a metamethod of its own to that", function()
    local other = setmetatable({}, { __concat = function(a, b) return type(a) == "string" and "[" .. a .. "]" or "?" .. tostring(b) end })
    assert.equal("[" .. LINE .. "]", plain() .. other)
  end)

  it("shows of a record and a card what cards.mask shows, and no id", function()
    local one = record [[{"name":"of the holder","status":"active","id":"c_1","holder_name":"Jane Doe","exp_month":7,"pan":"4111111111111111"}]]
    assert.equal("acme_object.show { exp_month = ***, holder_name = ***, id = ***, name = ***, pan = ************1111, status = *** }", tostring(one))
    local card = assert(cards.card(one))
    card.id, card.status, card.email, card.billing = "c_1", "active", "jane@example.com", { country = "US", city = "Anytown" }
    assert.equal('cards.card { billing = { city = ***, country = US }, bin = 411111, email = j***@example.com, holder_name = "o. t. h.", id = ***, '
      .. "last4 = 1111, number = ************1111, provider = acme_object, status = active, token = *** }", tostring(card))
  end)

  it("has no line break or terminal escape of a text or a name", function()
    local card = cards.card(plain())
    card.status, card.type, card.brand, card["x\n\27y"] = "a\27[31m\r\nb\194\155c", "caf\195\169", 'a "b", pan = 1', "z\0\127\255"
    local line = tostring(card)
    assert.matches('brand = "a \'b\', pan = 1"', line, 1, true)
    assert.matches('status = "a?[31m??b??c"', line, 1, true)
    assert.matches('type = "caf\195\169"', line, 1, true)
    assert.matches("x??y = ***", line, 1, true)
    assert.is_nil(line:find "%c")
  end)

  it("masks a card number in a text or in a name", function()
    local card = cards.card(plain())
    card.status, card[NUMBER] = "of 4111 1111 1111 1111", NUMBER
    local line = tostring(card)
    assert.matches('status = "of **** **** **** 1111"', line, 1, true)
    assert.matches("{ ************1111 = ***, ", line, 1, true)
  end)

  it("cuts long lists, texts, tables and lines", function()
    local one = record '{"list":[1,2,3,4,5,6,7,8,9,10,11,12]}'
    assert.equal("acme_object.show { list = { ***, ***, ***, ***, ***, ***, ***, ***, ***, ***, ... 2 more } }", tostring(one))
    one = record '{"list":[1]}'
    local card = cards.card(plain())
    card.status = ("\195\169"):rep(100)
    assert.matches(('status = "%s..."'):format(("\195\169"):rep(40)), tostring(card), 1, true)
    card.status = "a" .. ("\195\169"):rep(100)
    assert.matches(('status = "a%s..."'):format(("\195\169"):rep(39)), tostring(card), 1, true)
    for i = 1, 200 do
      one["field" .. i] = ("x"):rep(70)
    end
    local line = tostring(one)
    assert.is_true(#line < 1300)
    assert.matches("%.%.%. %d+ more }$", line)
  end)

  it("ends for a table within itself, and calls no metamethod of another", function()
    local one = record [[{"count":1}]]
    one.self, one.count = one, nil
    one.other = setmetatable({}, { __tostring = error, __index = error, __len = error, __pairs = error })
    one.call = print
    assert.equal("acme_object.show { call = ***, other = {}, self = *** }", tostring(one))
    local deep = one
    for _ = 1, 20 do
      deep.below = {}
      deep = deep.below
    end
    deep.end_of_it = 1
    assert.matches("below = { below = { ... } }", tostring(one), 1, true)
  end)

  it("shows neither a number nor a CVV of any built-in provider's card", function()
    local card = assert(cards.card(core.read("alix", "private_info", 200, ([[{"success":true,"data":{"cardNo":"%s","cvv":"%s"}}]]):format(NUMBER, CVV))))
    for _, text in ipairs { tostring(card), "x" .. card, card .. "x" } do
      assert.is_nil(text:find(CVV, 1, true))
      assert.is_nil(text:find("111111111", 1, true))
      assert.matches("number = %*%*%*%*%*%*%*%*%*%*%*%*1111", text)
    end
    assert.equal("cards.card { bin = 411111, cvv = ***, last4 = 1111, number = ************1111, provider = alix }", tostring(card))
  end)

  it("is that of an error and of a mistake as well", function()
    local _, err = core.read("alix", "private_info", 200, "nonsense")
    assert.equal("failed: " .. tostring(err), "failed: " .. err)
    assert.equal(tostring(err) .. " !", err .. " !")
    local list = cards.mask.check { exp_yeer = cards.mask.keep, cvv = cards.mask.keep }
    assert.matches("^exp_yeer: no provider has such a field", tostring(list[2]))
    assert.equal(list[1].message .. "; " .. list[2].message, tostring(list))
    assert.equal("x: " .. list[1].message, "x: " .. list[1])
    assert.equal("no mistakes", tostring(cards.mask.check {}))
    assert.equal("no mistakes", tostring(cards.define.check { name = "x", base_url = "https://x.example", operations = { y = { path = "/" } } }))
    assert.matches("^operations%.y%.pahs: unknown key", tostring(cards.define.check { name = "x", base_url = "https://x.example",
      operations = { y = { path = "/", pahs = 1 } } }[1]))
    assert.matches("^exp_yeer: ", tostring(cards.map.check("alix.private_info", { exp_yeer = "expYear" })[1]))
  end)

  it("says how many mistakes there are besides the first", function()
    local policy = {}
    for i = 1, 9 do
      policy["nobody_has_" .. i] = cards.mask.keep
    end
    assert.matches("; and 4 more$", tostring(cards.mask.check(policy)))
  end)
end)

describe("a record as a table", function()
  it("has no other fields than it had, for pairs, next, # and encoders", function()
    local one = plain()
    assert.equal("box count cvv extra list name open pan", pairs_of(one))
    assert.is_nil(rawget(one, "close"))
    assert.equal(0, #one)
    local cjson = require "cjson"
    one.pan, one.cvv, one.extra = nil, nil, nil
    assert.same({ name = "Jane Doe", count = 7, open = true, box = { colour = "red" }, list = { 1, 2 } }, cjson.decode(cjson.encode(one)))
    local card = cards.card(plain())
    assert.equal("bin cvv holder_name last4 number provider token", pairs_of(card))
    assert.same(cjson.decode(cjson.encode(cards.mask(card))), cards.mask(card))
    assert.equal("acme_object.show", getmetatable(plain()))
    assert.has_error(function() setmetatable(plain(), {}) end)
  end)

  it("has nothing in the place of an absent field", function()
    assert.is_nil(plain().tags)
    assert.is_nil(plain()[1])
    assert.is_nil(cards.card(plain()).email)
  end)
end)

describe("closing", function()
  it("closes every secret of a record, at any depth, and may be done twice", function()
    local one = record [[{"pan":"4111111111111111","cvv":"737","deep":{"list":[{"more":"secret"},"other"]}}]]
    local deep = one.deep.list
    one.self = one
    one:close()
    one:close()
    for _, secret in ipairs { one.pan, one.cvv, deep[1].more, deep[2] } do
      assert.equal("closed", secret.state)
    end
    assert.matches('pan = "*** (closed)"', tostring(one), 1, true)
  end)

  it("closes those of a card, its record's and those that a transform made", function()
    local one = plain()
    local card = cards.card(one)
    assert.equal("open", card.token.state)
    card:close()
    assert.equal("closed closed closed", card.number.state .. " " .. card.cvv.state .. " " .. card.token.state)
    assert.equal("closed", one.pan.state)
    assert.equal("open", one.extra.state)
  end)

  it("closes a list of records, and what is no record: a table or a secret", function()
    local list = record([=[[{"pan":"4111111111111111"},{"pan":"5555555555554444"}]]=], "list")
    list:close()
    assert.equal("closed closed", list[1].pan.state .. " " .. list[2].pan.state)
    local secret = cards.secret(NUMBER, "pan")
    cards.close { { secret } }
    assert.equal("closed", secret.state)
    secret = cards.secret(NUMBER, "pan")
    cards.close(secret)
    assert.equal("closed", secret.state)
  end)

  it("raises for a second table or secret, which would stay open, but not for the nil behind a record", function()
    local one = plain()
    for _, other in ipairs { one, one.pan } do
      local _, message = pcall(function() cards.close(cards, other) end)
      assert.matches("object_spec.lua:%d+: cards.close: one record, card or secret is expected: cards.close%(record%), with a dot", message)
    end
    assert.equal("open", one.pan.state)
    cards.close(one, nil)
    assert.equal("closed", one.pan.state)
  end)

  it("leaves a provider's field of that name alone: cards.close closes", function()
    local one = record([[{"close":"2026-01-01","pan":"4111111111111111"}]], "shut")
    assert.equal("2026-01-01", one.close)
    cards.close(one)
    assert.equal("closed", one.pan.state)
    assert.is_nil(record([[{"pan":"4111111111111111"}]], "shut").close)
    local undeclared = record [[{"close":"secret","count":1}]]
    assert.is_true(check.is_secret(undeclared.close))
  end)

  it("raises at the caller's line without a record", function()
    for _, call in ipairs { function() plain().close() end, function() cards.close("x") end } do
      local ok, message = pcall(call)
      assert.is_false(ok)
      assert.matches("object_spec.lua:%d+: cards.close: a record, a card or a secret is expected, not %a+: record:close%(%), with a colon", message)
    end
  end)

  if _VERSION == "Lua 5.4" then
    it("is what the end of a block does with <close>", function()
      local one, card = plain(), cards.card(plain())
      assert(load [[
        local one, card = ...
        local record <close> = one
        local neutral <close> = card
        assert(record.pan.state == "open" and neutral.number.state == "open")
      ]])(one, card)
      assert.equal("closed", one.pan.state)
      assert.equal("closed", card.number.state)
    end)
  end
end)
