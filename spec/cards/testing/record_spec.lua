--- cards.testing: records and answers. What they are compared with are records of real calls, to a server that answers the same text.

local cards = require "cards"
local canned = require "support.canned"
local check = require "cards.util.check"
local testing = require "cards.testing"

--- A record as plain tables: of a secret its class and value.
local function plain(value)
  if check.is_secret(value) then
    return ("secret %s: %s"):format(value.class, value:reveal())
  elseif type(value) ~= "table" then
    return value
  end
  local made = { ["a metatable"] = getmetatable(value) }
  for key, content in pairs(value) do
    made[key] = plain(content)
  end
  return made
end

local ENVELOPES = {
  alix = [[{"success":true,"data":%s,"errorCode":0}]], netxd = [[{"id":"1","result":%s}]], whop = "%s", payengine = "%s",
  nayax = "%s",
}
local OPERATIONS = { alix = "private_info", netxd = "get_cvv", whop = "retrieve", payengine = "retrieve_token", nayax = "get_token" }
local PARAMS = { nayax = { token_id = "T1" } }

local BODIES = {
  alix = {
    [[{"cardNo":"4111111111111111","cvv":"123","expYear":"27","expMonth":"01"}]],
    [[{"cardNo":4111111111111111,"cvv":12,"expYear":27,"expMonth":1}]],
    [[{"cardNo":"4111111111111111","cvv":null,"note":"new","deep":{"pan":"5555555555554444","n":7,"yes":true,"list":[1,null,"x"]}}]],
    [[{"4111111111111111":"a key","cardNo":"4111111111111111"}]],
    [[{"cardNo":{"a":1},"cvv":"123"}]], [[{"cardNo":true}]], [[{"none":"of them"}]], [[{}]],
  },
  netxd = {
    [[{"card":{"cvv":"012","smart":false,"postedDate":"2024-11-20T06:56:11.399Z"},"api":{"type":"X"}}]], [[{"card":{"smart":"yes"}}]], [[{"card":[1]}]],
  },
  whop = {
    [[{"id":"c_1","status":"active","spent_last_month":12,"billing":{"line1":"a"},"secrets":{"card_number":"4242424242424242","cvc":"1"}}]],
    [[{"id":"c_1","secrets":"none"}]],
  },
  payengine = { [[{"id":"c_1","token":"card_1","last_4":111,"exp_year":2027}]], [[{"id":"c_1","token":["card_1"]}]] },
  nayax = { [[{"status":{"verdict":"Approved","code":0},"tokenInfo":{"nayaxTokenId":"T1","cardFinalDigits":"1111"}}]] },
}

describe("testing.record", function()
  for _, provider in ipairs { "alix", "netxd", "whop", "payengine", "nayax" } do
    it("gives what a call of " .. provider .. " returns for that record, as the same errors", function()
      for _, body in ipairs(BODIES[provider]) do
        local params = PARAMS[provider] or { card_id = "c_1" }
        local record, err = canned(provider, 200, ENVELOPES[provider]:format(body), params)
        local made, wrong = testing.record(provider .. "." .. OPERATIONS[provider], body)
        assert.same(plain(record), plain(made), body)
        assert.equal(tostring(err), tostring(wrong), body)
        assert.same(err, wrong)
        assert.equal(getmetatable(err), getmetatable(wrong))
      end
    end)
  end

  it("takes a table as it takes its JSON, with secrets and tables in it", function()
    local secret = cards.secret("4111111111111111", "pan")
    local record = testing.record("alix.private_info", { cardNo = secret, cvv = "123", expYear = 27, deep = { list = { 1, "x" }, yes = true } })
    local same = testing.record("alix.private_info", [[{"cardNo":"4111111111111111","cvv":"123","expYear":27,"deep":{"list":[1,"x"],"yes":true}}]])
    assert.same(plain(same), plain(record))
    assert.equal("open", secret.state)
    assert.equal("pan", record.cardNo.class)
    assert.equal("undeclared", record.deep.list[2].class)
  end)

  it("works with mapping and masking", function()
    local card = cards.card(testing.record("whop.retrieve", { id = "c_1", last4 = "4242", secrets = { card_number = "4242424242424242", cvc = "123" } }))
    assert.equal("4242", card.last4)
    assert.is_true(card.number:luhn())
    assert.equal("************4242", cards.mask(card).number)
  end)

  it("is of a definition by its name, its module or a client, with lists and XML", function()
    local acme = cards.define {
      name = "acme", base_url = "https://api.acme.example", auth = { type = "bearer" },
      operations = {
        show = {
          path = "/a/{id}", params = { id = {} },
          response = { root = "data", fields = { pan = "pan", ["holder.name"] = "string" }, required = { "pan" } },
        },
        list = { path = "/b", response = { root = "items", fields = { ["[].pan"] = "pan" } } },
        soap = { path = "/c", response = { format = "xml", root = "Envelope.Body", fields = { ["cards[].pan"] = "pan", active = "boolean" } } },
        sealed = { path = "/d", response = { fields = { pan = { type = "pan", decrypt = { type = "aes-256-cbc", key = "shared_key", iv = "prefix" } } } } },
      },
      credentials = { shared_key = { type = "bytes", encoding = "hex" } },
    }
    for _, of in ipairs { acme, acme.new { token = "t", shared_key = ("00"):rep(32) } } do
      local record = testing.record(of, "show", { pan = "4111111111111111", holder = { name = "John" } })
      assert.equal("acme.show", getmetatable(record))
      assert.equal("pan", record.pan.class)
      assert.equal("John", record.holder.name)
    end
    assert.equal("pan", testing.record("acme.show", { pan = "4111111111111111" }).pan.class)
    assert.equal("pan", testing.record(acme, "list", { { pan = "4111111111111111" }, { pan = "4111111111111111" } })[2].pan.class)
    assert.same(nil, next(assert(testing.record(acme, "list", {}))))
    local soap = testing.record(acme, "soap", { cards = { pan = "4111111111111111" }, active = "true" })
    assert.equal("pan", soap.cards[1].pan.class)
    assert.is_true(soap.active)
    assert.equal("pan", testing.record(acme, "sealed", { pan = "4111111111111111" }).pan.class)
    local record, err = testing.record(acme, "show", { holder = { name = "John" } })
    assert.is_nil(record)
    assert.equal("acme.show: protocol (HTTP 200): pan: there is no value, and one is required", tostring(err))
  end)

  it("keeps the definition of a module that another one of its name has followed", function()
    local function defined(class)
      return cards.define { name = "acme", base_url = "https://a.example", operations = { show = { path = "/", response = { fields = { pan = class } } } } }
    end
    local first, second = defined "token", defined "pan"
    assert.equal("token", testing.record(first, "show", { pan = "1" }).pan.class)
    assert.equal("pan", testing.record(second, "show", { pan = "1" }).pan.class)
    assert.equal("pan", testing.record("acme.show", { pan = "1" }).pan.class)
  end)

  it("says where a text is no JSON", function()
    local record, err = testing.record("alix.private_info", "{\"cardNo\":")
    assert.is_nil(record)
    assert.equal("protocol", err.kind)
    assert.matches("at byte 10", err.message, 1, true)
  end)

  it("raises an error at the caller's line for what is no operation, or no body", function()
    for wrong, args in pairs {
      ["unknown provider 'alx' (did you mean 'alix'?)"] = { "alx.private_info", {} },
      ["alix: unknown operation 'private' (did you mean 'private_info'?)"] = { "alix.private", {} },
      ["the first argument must be of the form \"provider.operation\""] = { "alix", {} },
      ["the first argument must be a provider's name, its module or a client"] = { {}, "private_info", {} },
      ["the body must be a table, or a text or secret that is JSON"] = { "alix.private_info", 12 },
      ["the body has a value that is no text, number, boolean, secret or table"] = { "alix.private_info", { cardNo = print } },
    } do
      local ok, err = pcall(function() testing.record(args[1], args[2], args[3]) end)
      assert.is_false(ok)
      assert.matches("record_spec.lua:%d+: cards.testing.record: ", err)
      assert.matches(wrong, err, 1, true)
    end
  end)
end)

describe("testing.answer", function()
  it("gives what a call returns for a whole answer: record, refusal, error", function()
    local refusal = [[{"success":false,"data":null,"errorCode":32,"message":"no"}]]
    for status, body in pairs {
      [200] = [[{"success":true,"data":{"cardNo":"4111111111111111","cvv":"123"},"errorCode":0}]],
      [400] = refusal, [404] = refusal, [503] = refusal, [302] = refusal,
    } do
      local record, err = canned("alix", status, body, { card_id = "c_1" })
      local made, wrong = testing.answer("alix.private_info", status, body)
      assert.same(plain(record), plain(made))
      assert.same(err, wrong)
      assert.equal(getmetatable(err), getmetatable(wrong))
    end
    local record, err = testing.answer("alix.private_info", 200, { success = false, errorCode = 7 })
    assert.is_nil(record)
    assert.equal("alix.private_info: declined (HTTP 200, code 7): the provider refused", tostring(err))
  end)

  it("raises an error for a status that is none, and for a table where no JSON is due", function()
    local soap = cards.define {
      name = "soap", base_url = "https://a.example",
      operations = { show = { path = "/", response = { format = "xml", root = "r", fields = { pan = "pan" } } } },
    }
    assert.has_error(function() testing.answer("alix.private_info", 99, {}) end)
    assert.has_error(function() testing.answer(soap, "show", 200, {}) end)
    assert.equal("pan", testing.answer(soap, "show", 200, "<r><pan>4111111111111111</pan></r>").pan.class)
  end)
end)
