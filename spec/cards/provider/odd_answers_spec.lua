--- Answers as the world sends them, for the providers that are built in: large integers, byte order marks, half characters, and what is empty.
-- What definitions have of it is in spec/cards/define/answer_values_spec.lua.

local cards = require "cards"
local canned = require "support.canned"
local core = require "cards.core"
local sandbox = require "support.sandbox"

local BIG = "1618065507111835497"
local EMPTY = { "null", '""', "[]", "{}" }

-- For each: an answer with %s in the place of more members of its record; its refusal with %s in the place of more members, the status, the kind and the code.
local ANSWERS = {
  alix = { '{"success":true,"data":{%s,"cardNo":"4111111111111111","cvv":"111"},"errorCode":0}',
    '{"success":false,"message":"no","data":null,%s,"errorCode":32}', 400, "declined", "32" },
  netxd = { '{"id":"1","result":{%s,"card":{"cvv":"679"}}}', '{"id":"1",%s,"error":{"code":"1019","message":"no"}}', 400, "declined", "1019" },
  whop = { '{"id":"c",%s,"secrets":{"card_number":"4242424242424242"}}', '{%s,"error":{"code":"bad","message":"no"}}', 400, "invalid_request", "bad" },
  payengine = { '{"id":"c",%s,"token":"tok_x"}', '{"code":"E129",%s,"message":"no"}', 400, "invalid_request", "E129" },
  nayax = { '{"status":{"verdict":"Approved","code":0},%s,"tokenInfo":{"nayaxTokenId":"T"}}',
    '{"status":{"verdict":"Declined","code":999,"statusMessage":"no"},%s}', 200, "declined", "999" },
}

-- For each: an answer with %s in the place of all members of its record.
local RECORDS = { alix = '{"success":true,"data":{%s}}', netxd = '{"id":"1","result":{%s}}', whop = "{%s}", payengine = "{%s}",
  nayax = '{"status":{"verdict":"Approved","code":0},%s}' }

local function read(provider, status, body)
  return core.read(provider, sandbox.operation(provider), status, body)
end

for _, provider in ipairs(sandbox.PROVIDERS) do
  local answer, refusal, status, kind, code = (table.unpack or unpack)(ANSWERS[provider]) -- luacheck: ignore

  describe(provider, function()
    it("gives the card beside an integer that no double holds, which has all its digits", function()
      local record = assert(read(provider, 200, answer:format('"traceId":' .. BIG .. ',"trace":{"ids":[' .. BIG .. ',1e400,0.10]}')))
      assert.equal(BIG, record.traceId:reveal())
      assert.equal(BIG, record.trace.ids[1]:reveal())
      assert.equal("1e400", record.trace.ids[2]:reveal())
      assert.equal("0.10", record.trace.ids[3]:reveal())
    end)

    it("gives the card behind a byte order mark and beside half characters", function()
      local record = assert(read(provider, 200, "\239\187\191" .. answer:format([["note":"a\u0000\ud83d","k\udc00":1]])))
      assert.equal("undeclared", record.note.class)
      assert.equal("a\239\191\189\239\191\189", record.note:reveal())
      assert.equal("1", record["k\239\191\189"]:reveal())
    end)

    it("refuses in its own words beside them", function()
      for _, odd in ipairs { BIG, "1e400", [["\u0000"]], [["\ude00\ud83d"]], "[" .. BIG .. "]" } do
        local record, err = read(provider, status, "\239\187\191" .. refusal:format('"traceId":' .. odd))
        assert.is_nil(record)
        assert.equal(kind, err.kind, odd)
        assert.equal(code, err.code, odd)
        assert.equal("no", err.message, odd)
      end
    end)

    it("says in the error of a status that its answer cannot be read", function()
      for error_status, expected in pairs { [400] = "invalid_request", [401] = "auth", [404] = "not_found", [429] = "rate_limited", [500] = "provider" } do
        local _, err = read(provider, error_status, "<html>4111111111111111")
        assert.equal(expected, err.kind)
        assert.matches("; the answer cannot be read: not JSON at byte 0$", err.message)
        _, err = read(provider, error_status, "")
        assert.is_nil(err.message:find("read", 1, true))
      end
    end)

    it("names a key that stands twice, and its place", function()
      for _, error_status in ipairs { 200, 400 } do
        local _, err = read(provider, error_status, answer:format '"list":[1,{"n":1,"n":2}]')
        assert.equal(error_status == 200 and "protocol" or "invalid_request", err.kind)
        assert.matches("a key that stands twice in one JSON object: [%a.]*list%[1%]%.n$", err.message)
        _, err = read(provider, error_status, answer:format '"4111111111111111":1,"4111111111111111":2')
        assert.is_nil(err.message:find("4111111", 1, true))
        assert.matches("stands twice", err.message)
      end
    end)

    it("takes what is empty for absent, in the place of each of its fields and objects", function()
      for path, type_name in pairs(cards.describe(provider, sandbox.operation(provider)).response.fields) do
        local first, last = path:match "^([^.]+)%.?(.*)$"
        for _, empty in ipairs(provider == "nayax" and first == "status" and {} or EMPTY) do -- without status it is no success
          local written = last == "" and empty or ('{"%s":%s}'):format(last, empty)
          local record = assert(read(provider, 200, RECORDS[provider]:format(('"%s":%s'):format(first, written))))
          local value = record[first]
          if last ~= "" then
            value = value[last]
            assert.is_nil(assert(read(provider, 200, RECORDS[provider]:format(('"%s":%s'):format(first, empty))))[first], first .. " " .. empty)
          end
          if type_name == "string" and empty == '""' then
            assert.equal("", value, path)
          else
            assert.is_nil(value, path .. " " .. empty)
          end
        end
      end
    end)
  end)
end

describe("a documented key that stands twice", function()
  it("is named even where it looks like a secret", function()
    local _, err = read("payengine", 200, '{"id":"c","address_line1":"a","address_line1":"b"}')
    assert.matches("twice in one JSON object: address_line1$", err.message)
    err = select(2, read("payengine", 200, '{"id":"c","address_line12":"a","address_line12":"b"}'))
    assert.matches("twice in one JSON object: [*]+$", err.message)
    err = select(2, read("whop", 200, '{"id":"c","secrets":{"card_number":"a","card_number":"4111111111111111"}}'))
    assert.matches("twice in one JSON object: secrets.card_number$", err.message)
  end)
end)

describe("a declared number", function()
  it("is an exact integer where Lua has integers, and else names its field", function()
    for _, case in ipairs { { "whop", '{"id":"c","spent_last_month":%s}', "spent_last_month" }, { "payengine", '{"id":"c","exp_year":%s}', "exp_year" } } do
      local record, err = read(case[1], 200, case[2]:format(BIG))
      if math.type then
        assert.is_nil(err)
        assert.equal("integer", math.type(record[case[3]]))
        assert.equal(BIG, ("%d"):format(record[case[3]]))
      else
        assert.equal("protocol", err.kind)
        assert.equal(case[3] .. ": a number that is too large to be exact", err.message)
      end
      assert.equal(2 ^ 53, assert(read(case[1], 200, case[2]:format "9007199254740992"))[case[3]])
      for _, large in ipairs { "9223372036854775808", "1e400" } do
        err = select(2, read(case[1], 200, case[2]:format(large)))
        assert.equal("protocol", err.kind)
        assert.equal(case[3], err.message:match "^[%w_]+")
      end
    end
  end)

  it("as a number of cents or dollars is never rounded either", function()
    local err = select(2, read("whop", 200, '{"id":"c","limit":{"amount":18446744073709551617}}'))
    assert.equal("limit.amount: a number that is too large to be exact", err.message)
    assert.equal(0.1, assert(read("whop", 200, '{"id":"c","limit":{"amount":0.10}}')).limit.amount)
  end)
end)

describe("a declared secret", function()
  it("that has lost a character is an error that names it", function()
    for _, text in ipairs { [[4111\u0000]], [[\ud83d]], [[\udc00\ud800]] } do
      local _, err = read("alix", 200, ('{"success":true,"data":{"cardNo":"%s"}}'):format(text))
      assert.equal("alix.private_info: protocol (HTTP 200): cardNo: a character of the text is none: \\u0000 or half a surrogate pair", tostring(err))
      err = select(2, read("whop", 200, ('{"id":"c","secrets":{"cvc":"%s"}}'):format(text)))
      assert.equal("secrets.cvc", err.message:match "^[%w_.]+")
    end
  end)

  it("has the digits of a number however it is written", function()
    for _, number in ipairs { "4111111111111111", "4111111111111111.0", "4.111111111111111E15", "41111111111111110e-1" } do
      assert.equal("4111111111111111", assert(read("alix", 200, ('{"success":true,"data":{"cardNo":%s}}'):format(number))).cardNo:reveal())
    end
    assert.equal("007", assert(read("whop", 200, '{"id":"c","secrets":{"cvc":7.0}}')).secrets.cvc:reveal())
  end)
end)

describe("an error or echo that is empty", function()
  it("is none", function()
    for _, empty in ipairs { "null", '""', "[]" } do
      assert.equal("679", assert(read("netxd", 200, '{"id":"1","result":{"card":{"cvv":"679"}},"error":' .. empty .. "}")).card.cvv:reveal())
      assert.equal("4242", assert(read("whop", 200, '{"id":"c","last4":"4242","error":' .. empty .. "}")).last4)
      local record = assert(canned("whop", 200, '{"id":' .. empty .. ',"last4":"4242"}', "c"))
      assert.equal("4242", record.last4)
      local _, err = canned("netxd", 200, '{"id":' .. empty .. ',"result":{"card":{"cvv":"679"}}}', "c")
      assert.equal("protocol", err.kind) -- it has to repeat it
    end
    assert.equal("declined", select(2, read("netxd", 200, '{"id":"1","result":{"card":{"cvv":"679"}},"error":{}}')).kind)
  end)
end)

describe("a record that is empty", function()
  it("is no record", function()
    for _, empty in ipairs(EMPTY) do
      for _, case in ipairs { { "alix", '{"success":true,"data":%s}' }, { "netxd", '{"id":"1","result":%s}' }, { "whop", "%s" }, { "payengine", "%s" } } do
        local record, err = read(case[1], 200, case[2]:format(empty))
        assert.is_nil(record)
        assert.equal("protocol", err.kind)
      end
    end
  end)
end)
