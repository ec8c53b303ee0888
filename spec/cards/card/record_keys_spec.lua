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
  it("has a name for each of them, though they end in the same digits", function()
    local record = record_with '"map":{"4111111111111111":"a","4000056670071111":"b","5555555555554444":"c","4000056670071111 ":"d"}'
    assert.same({ "************1111", "************1111 ", "************1111#2", "************4444" }, sorted_names(record.map))
    assert.equal("a", record.map["************1111"]:reveal())
    assert.equal("b", record.map["************1111#2"]:reveal())
    assert.same({ "************1111", "************1111 ", "************1111#2", "************4444" }, sorted_names(cards.mask(record).map))
  end)

  it("has them beside names that look like what becomes of them", function()
    local record = record_with '"map":{"4111111111111111":"a","************1111":"b","************1111#2":"c","4000056670071111":"d"}'
    local values = {}
    for _, secret in pairs(record.map) do values[#values + 1] = secret:reveal() end
    table.sort(values)
    assert.same({ "a", "b", "c", "d" }, values)
    assert.is_nil(table.concat(sorted_names(record.map), " "):find("40000566", 1, true))
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
