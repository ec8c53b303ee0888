--- Values of answers to an operation of a definition as the world sends them: large integers, half characters, byte order marks, and what is empty.

local cards = require "cards"
local core = require "cards.core"
local acme = require "support.acme"

local BIG = "1618065507111835497"
local EMPTY = { "null", '""', "[]", "{}" }

local function read(operation, body, status, keys)
  operation.success = operation.success or {}
  cards.define(acme.definition(operation))
  return core.read("acme", "show", status or 200, body, keys)
end

local function fields(map, more)
  local response = { fields = map }
  for key, value in pairs(more or {}) do response[key] = value end
  return { response = response }
end

describe("a number of an answer", function()
  it("is the text as it was sent where a text or a secret is declared, or nothing", function()
    local declared = fields { s = "string", t = "token", k = "secret", ["list[].n"] = "string", ["tags[]"] = "secret" }
    for _, number in ipairs { BIG, "-" .. BIG, "1e20", "1.0", "-0", "0.10", "12345678901234567890123.50", ("9"):rep(100) } do
      local record = assert(read(declared, (([[{"s":%,"t":%,"k":%,"list":[{"n":%,"u":%}],"tags":[%],"u":{"v":[%]}}]]):gsub("%%", number))))
      assert.equal(number, record.s)
      assert.equal(number, record.list[1].n)
      for _, secret in ipairs { record.t, record.k, record.list[1].u, record.tags[1], record.u.v[1] } do
        assert.equal(number, secret:reveal())
      end
    end
  end)

  it("has its digits where it stands for some", function()
    local declared = fields { pan = "pan", cvv = "cvv", last4 = { type = "string", digits = 4 }, s = "string" }
    local record = assert(read(declared, '{"pan":6.212345678901234567e18,"cvv":12.0,"last4":42.0,"s":4.111111111111111E15}'))
    assert.equal("6212345678901234567", record.pan:reveal())
    assert.equal("012", record.cvv:reveal())
    assert.equal("0042", record.last4)
    assert.equal("4111111111111111", record.s:reveal()) -- a card's number hides as any other
  end)

  it("is an exact integer where one is declared, or names its field", function()
    local declared = fields { ["list[].i"] = "integer", at = "timestamp", n = "number" }
    for _, case in ipairs { { '{"list":[{"i":%s}]}', "list[].i" }, { '{"list":[{"i":"%s"}]}', "list[].i" }, { '{"at":%s}', "at" }, { '{"n":%s}', "n" } } do
      local record, err = read(declared, case[1]:format(BIG))
      if math.type then
        local value = record.at or record.n or record.list[1].i
        assert.equal(BIG, ("%d"):format(value))
      else
        assert.equal("acme.show: protocol (HTTP 200): " .. case[2] .. ": a number that is too large to be exact", tostring(err))
      end
      err = select(2, read(declared, case[1]:format "-9223372036854775809"))
      assert.equal(case[2], err.message:match "^[^:]+")
    end
    assert.equal(1e300, assert(read(declared, '{"n":1e300}')).n)
    assert.equal(-2 ^ 53, assert(read(declared, '{"n":-9007199254740992}')).n)
  end)

  it("has all its digits in a code, a request id and an echo", function()
    local operation = { success = { path = "ok", equals = true }, error = { code = "code", message = "text" }, code = { [BIG] = "not_found" } }
    local _, err = read(operation, ('{"ok":false,"code":%s,"text":%s,"request_id":%s}'):format(BIG:gsub("7$", "8"), BIG, BIG), 400)
    assert.equal("declined", err.kind)
    assert.equal((BIG:gsub("7$", "8")), err.code)
    assert.equal(BIG, err.request_id)
    assert.equal("not_found", select(2, read(operation, ('{"ok":false,"code":%s}'):format(BIG))).kind)
  end)

  it("is compared exactly with what a success says", function()
    local operation = fields { id = "string" }
    operation.success = { path = "n", equals = 2 ^ 53 }
    assert.equal("1", assert(read(operation, '{"id":"1","n":9007199254740992}')).id)
    assert.equal("1", assert(read(operation, '{"id":"1","n":9007199254740992.0}')).id)
    assert.equal("declined", select(2, read(operation, '{"id":"1","n":9007199254740993}')).kind)
    if math.type then
      local wrong = acme.definition { success = { path = "n", equals = math.tointeger(2 ^ 53) + 1 } }
      assert.matches("operations.show.success.equals is too large to be compared as a number", select(2, pcall(cards.define, wrong)), 1, true)
    end
  end)

  it("has them in what was decrypted, too", function()
    local operation = fields({ id = "string" }, { decrypt = { type = "aes-cbc", key = "key", at = "data", json = true } })
    operation.params = { card_id = {} }
    local definition = acme.definition(operation, { credentials = { key = { type = "bytes", encoding = "hex" } } })
    definition.operations.show.success = {}
    cards.define(definition)
    local plain = ([["{\"id\":%s,\"u\":%s,\"t\":\"\\u0000\"}"]]):format(BIG, BIG):gsub('^"', '"\239\187\191')
    local record = assert(core.read("acme", "show", 200, '{"data":' .. plain .. "}", true))
    assert.equal(BIG, record.id)
    assert.equal(BIG, record.u:reveal())
    assert.equal("\239\191\189", record.t:reveal())
  end)

  it("has a name of digits that is not shown", function()
    local record = assert(read(fields { id = "string" }, ('{"id":"1","%s":2}'):format(BIG)))
    assert.equal("2", record["undeclared#1"]:reveal())
  end)
end)

describe("a character that is none", function()
  it("is U+FFFD in a plain text, and an error in a declared secret", function()
    local declared = fields { s = "string", at = "timestamp", ["list[].s"] = "string", k = "secret", ["list[].pan"] = "pan" }
    for _, text in ipairs { [[\u0000]], [[\ud83d]], [[\uDE00]] } do
      local record = assert(read(declared, (([[{"s":"a@b","at":"@","list":[{"s":"@","u":"@"}]}]]):gsub("@", text))))
      assert.equal("a\239\191\189b", record.s)
      assert.equal("\239\191\189", record.at)
      assert.equal("\239\191\189", record.list[1].s)
      assert.equal("\239\191\189", record.list[1].u:reveal())
      for body, path in pairs { [ [[{"k":"a@"}]] ] = "k", [ [[{"list":[{"pan":"4111@"}]}]] ] = "list[].pan" } do
        local _, err = read(declared, (body:gsub("@", text)))
        assert.equal("protocol", err.kind)
        assert.equal(path .. ": a character of the text is none: \\u0000 or half a surrogate pair", err.message)
      end
    end
    assert.equal("\240\159\152\128", assert(read(declared, [[{"s":"\ud83d\ude00"}]])).s)
    assert.equal("\239\191\189\239\191\189", assert(read(declared, [[{"s":"\ude00\ud83d"}]])).s)
    assert.equal("\239\191\189A", assert(read(declared, [[{"s":"\ud83dA"}]])).s)
  end)

  it("does not show a card's number in a plain text", function()
    for _, text in ipairs { [[4111111111111111\u0000\u0000]], [[41111111\u000011111111]], [[no. 4111 1111 1111 1111\ud800]] } do
      local record = assert(read(fields { s = "string" }, ('{"s":"%s"}'):format(text)))
      assert.equal("undeclared", record.s.class)
    end
  end)

  it("is no text where its bytes are no UTF-8", function()
    for _, text in ipairs { "\233", "\237\160\128", "\192\128" } do
      local _, err = read(fields { s = "string" }, ('{"s":"%s"}'):format(text))
      assert.equal("acme.show: protocol (HTTP 200): the answer cannot be read: invalid UTF-8 in JSON at byte 6", tostring(err))
    end
  end)
end)

describe("a byte order mark", function()
  it("is skipped at the beginning of JSON, XML, a form and a text", function()
    local mark = "\239\187\191"
    assert.equal("1", assert(read(fields { id = "string" }, mark .. '{"id":"1"}')).id)
    assert.equal("1", assert(read(fields({ id = "string" }, { format = "form" }), mark .. "id=1")).id)
    assert.equal("1", assert(read(fields({ text = "string" }, { format = "text" }), mark .. "1\r\n")).text)
    assert.equal("1", assert(read(fields({ id = "string" }, { format = "xml", root = "a" }), mark .. "<a><id>1</id></a>")).id)
    assert.equal("no", select(2, read({ error = { message = "m" } }, mark .. '{"m":"no"}', 400)).message)
  end)

  it("alone is an answer without a body", function()
    assert.equal("an empty answer (HTTP 200)", select(2, read(fields { id = "string" }, "\239\187\191")).message)
    assert.same({}, (assert(read({ empty = true, response = {} }, "\239\187\191"))))
  end)
end)

describe("what is empty", function()
  it("is absent in the place of another type, and of an object", function()
    local declared = fields { id = "string", i = "integer", n = "number", b = "boolean", at = "timestamp", pan = "pan", cvv = "cvv", t = "token", k = "secret",
      ["o.p.s"] = "string", ["list[].s"] = "string", ["tags[]"] = "integer" }
    for _, empty in ipairs(EMPTY) do
      for _, name in ipairs { "i", "n", "b", "at", "pan", "cvv", "t", "k", "o", "list", "tags" } do
        local record = assert(read(declared, ('{"id":"1","%s":%s}'):format(name, empty)))
        if empty == "[]" and (name == "list" or name == "tags") then
          assert.same({}, record[name])
        else
          assert.same({ id = "1" }, record, name .. empty)
        end
      end
      assert.same({ id = "1", o = {} }, (assert(read(declared, ('{"id":"1","o":{"p":%s}}'):format(empty)))))
      assert.equal(empty == '""' and "" or nil, assert(read(declared, ('{"id":%s}'):format(empty))).id)
      assert.same({ nil, 2 }, assert(read(declared, ('{"tags":[%s,2]}'):format(empty))).tags)
    end
  end)

  it("is an error where a value is required", function()
    local declared = fields({ id = "string", pan = "pan", ["o.s"] = "string", ["list[].i"] = "integer" }, { required = { "pan", "o", "list[].i" } })
    local body = '{"pan":"4111111111111111","o":{"s":"x"},"list":[{"i":7}]}'
    assert.equal(7, assert(read(declared, body)).list[1].i)
    for _, empty in ipairs(EMPTY) do
      for path, value in pairs { pan = '"4111111111111111"', o = '{"s":"x"}', ["list[].i"] = "7" } do
        local at = body:find(value, 1, true)
        local _, err = read(declared, body:sub(1, at - 1) .. empty .. body:sub(at + #value))
        assert.equal("acme.show: protocol (HTTP 200): " .. path .. ": there is no value, and one is required", tostring(err))
      end
    end
  end)

  it("is the empty list where the record is one", function()
    for root, body in pairs { [""] = "%s", data = '{"data":%s}' } do
      for _, empty in ipairs(EMPTY) do
        local record = assert(read(fields({ ["[].id"] = "string" }, { root = root }), body:format(empty)))
        assert.same({}, record)
        assert.equal("acme.show", getmetatable(record))
      end
      local _, err = read(fields({ id = "string" }, { root = root }), body:format "[]")
      assert.matches("the answer has no .* object", err.message)
    end
  end)

  it("is no text in XML and forms either", function()
    local map = { id = "string", i = "integer", pan = "pan", ["o.s"] = "string", ["list[].s"] = "string" }
    local xml = assert(read(fields(map, { format = "xml", root = "a" }), "<a><id>1</id><i/><pan></pan><o/><list/></a>"))
    assert.same({ id = "1" }, xml)
    assert.same({ id = "1" }, (assert(read(fields(map, { format = "form" }), "id=1&i=&pan=&o=&list="))))
  end)
end)

describe("an object alone", function()
  it("is read as a list of one", function()
    local declared = fields { id = "string", ["items[].pan"] = "pan", ["items[].holders[].name"] = "string" }
    local record = assert(read(declared, '{"items":{"pan":"4111111111111111","holders":{"name":"N"},"u":"x"}}'))
    assert.equal("4111111111111111", record.items[1].pan:reveal())
    assert.equal("N", record.items[1].holders[1].name)
    assert.equal("undeclared", record.items[1].u.class)
    assert.same({ { id = "a" } }, (assert(read(fields { ["[].id"] = "string" }, '{"id":"a"}'))))
    assert.same({ { id = "a" } }, (assert(read(fields({ ["[].id"] = "string" }, { root = "data" }), '{"data":{"id":"a"}}'))))
    assert.same({ id = "a" }, (assert(read(fields({ id = "string" }, { root = "data[0]" }), '{"data":{"id":"a"}}'))))
  end)

  it("is one for what says success, a code and a message as well", function()
    local operation = { success = { path = "results[].ok", equals = true }, error = { code = "errors[0].code", message = "errors[].text" } }
    local _, err = read(operation, '{"results":{"ok":false},"errors":{"code":"E7","text":"No"}}')
    assert.equal("acme.show: declined (HTTP 200, code E7): No", tostring(err))
  end)
end)
