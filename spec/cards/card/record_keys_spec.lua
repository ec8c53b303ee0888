--- Names of a record's members that are card numbers: masked, and still as many.

local cards = require "cards"
local canned = require "support.canned"

--- The record of Alix whose answer has these members beside its own.
local function record_with(members)
  local body = '{"success":true,"data":{"cardNo":"4111111111111111","cvv":"111","expYear":"27","expMonth":"01",' .. members .. "}}"
  return assert(canned("alix", 200, body, "c_1"))
end

local function sorted_names(of)
  local names = {}
  for name in pairs(of) do names[#names + 1] = name end
  table.sort(names)
  return names
end

describe("a record with names that are card numbers", function()
  it("numbers them", function()
    local record = record_with '"map":{"4111111111111111":"a","4000056670071111":"b","5555555555554444":"c","4000056670071111 ":"d"}'
    assert.same({ "undeclared#1", "undeclared#2", "undeclared#3", "undeclared#4" }, sorted_names(record.map))
    assert.equal("a", record.map["undeclared#1"]:reveal())
    assert.equal("b", record.map["undeclared#2"]:reveal())
    assert.same({ "undeclared#1", "undeclared#2", "undeclared#3", "undeclared#4" }, sorted_names(cards.mask(record).map))
  end)

  it("has them beside names that look like what becomes of them", function()
    local record = record_with '"map":{"undeclared#1":"a","4111111111111111":"b","undeclared#2":"c","4000056670071111":"d"}'
    local values = {}
    for _, secret in pairs(record.map) do values[#values + 1] = secret:reveal() end
    table.sort(values)
    assert.same({ "a", "b", "c", "d" }, values)
  end)

  it("numbers what may be a CVV, a token or a credential as well", function()
    local record = record_with '"map":{"739":1,"tok_4f5Hc0aQ9zLr":2,"client":3,"cvv 12 3":4}'
    assert.same({ "client", "undeclared#1", "undeclared#2", "undeclared#3" }, sorted_names(record.map))
    local body = '{"success":true,"data":{"cardNo":"4111111111111111","cvv":"111","expYear":"27","expMonth":"01","map":{"%s":1,"x-%s-y":2,"bearer":3}}}'
    local token = require("support.sandbox").config("alix").access_token
    token = type(token) == "string" and token or token:reveal()
    record = assert(canned("alix", 200, body:format(token, token), "c_1"))
    assert.same({ "bearer", "undeclared#1", "undeclared#2" }, sorted_names(record.map))
  end)

  it("keeps thousands of them", function()
    local members = {}
    for i = 0, 99999 do
      local number = ("40000566%04d1111"):format(i % 10000) .. ("x"):rep(math.floor(i / 10000))
      if #members < 3000 and cards.redact(number) ~= number then members[#members + 1] = ('"%s":true'):format(number) end
    end
    local record = record_with('"map":{' .. table.concat(members, ",") .. "}")
    assert.equal(#members, #sorted_names(record.map))
    assert.is_true(#members == 3000)
    assert.equal(#members, #sorted_names(cards.mask(record).map))
  end)
end)
