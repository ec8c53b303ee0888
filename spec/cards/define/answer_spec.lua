--- Answers to an operation of a definition: fields in arrays, success rules, echoes, errors, examples; nothing undeclared is shown.

local cards = require "cards"
local core = require "cards.core"
local acme = require "support.acme"
local sandbox = require "support.sandbox"

local function read(operation, body, status)
  cards.define(acme.definition(operation))
  return core.read("acme", "show", status or 200, body)
end

local function fields(map, root)
  return { response = { root = root, fields = map }, success = {} }
end

describe("fields in arrays", function()
  it("are declared for the elements", function()
    local record = assert(read(fields { ["items[].pan"] = "pan", ["items[].holder.name"] = "string", ["items[].n"] = { type = "string", digits = 4 },
      ["tags[]"] = "string", ["codes[]"] = "cvv" },
      [[{"items":[{"pan":"4111111111111111","holder":{"name":"A"},"n":42,"extra":"e"},{"pan":5555555555554444,"holder":{"name":"B"}}],
      "tags":["x","y"],"codes":["123",456],"other":["z",7,{"pan":"s"}]}]]))
    assert.equal("pan", record.items[1].pan.class)
    assert.equal("5555555555554444", record.items[2].pan:reveal())
    assert.equal("A", record.items[1].holder.name)
    assert.equal("0042", record.items[1].n)
    assert.equal("undeclared", record.items[1].extra.class)
    assert.same({ "x", "y" }, record.tags)
    assert.equal("cvv", record.codes[1].class)
    assert.equal("456", record.codes[2]:reveal())
    assert.equal("undeclared", record.other[1].class)
    assert.equal("undeclared", record.other[2].class)
    assert.equal("undeclared", record.other[3].pan.class)
  end)

  it("may be empty, null, or hold nulls", function()
    local declared = fields { ["items[].pan"] = "pan", ["tags[]"] = "string" }
    assert.same({}, read(declared, [[{"items":[]}]]).items)
    local record = read(declared, [[{"items":null,"tags":["a",null,"b"]}]])
    assert.is_nil(record.items)
    assert.same({ "a", nil, "b" }, record.tags)
  end)

  it("are a protocol error where something else stands", function()
    local declared = fields { ["items[].pan"] = "pan", ["tags[]"] = "string", id = "string" }
    for body, message in pairs {
      [ [[{"items":{"pan":"4111111111111111"}}]] ] = "items: something else stands where an array is documented",
      [ [[{"items":"x"}]] ] = "items: something else stands where an array is documented",
      [ [[{"items":["x"]}]] ] = "items[]: something else stands where an object is documented",
      [ [=[{"items":[["x"]]}]=] ] = "items[]: something else stands where an object is documented",
      [ [[{"tags":[{"a":1}]}]] ] = "tags[]: an object or array stands where a single value is documented",
      [ [[{"tags":"x"}]] ] = "tags: something else stands where an array is documented",
    } do
      local record, err = read(declared, body)
      assert.is_nil(record)
      assert.equal("acme.show: protocol (HTTP 200): " .. message, tostring(err))
    end
  end)

  it("cannot be feigned by a name", function()
    local declared = fields { ["items[].name"] = "string", id = "string" }
    local record = assert(read(declared, [[{"id":"1","items[]":{"name":"4111111111111111"},"items[].name":"4111111111111111","items":[]}]]))
    assert.equal("undeclared", record["items[]"].name.class)
    assert.equal("undeclared", record["items[].name"].class)
  end)

  it("do not show in errors", function()
    local declared = fields { ["cards[].pin"] = "secret", ["codes[]"] = "cvv" }
    declared.success = { path = "ok", equals = true }
    declared.error = { message = "message" }
    local _, err = read(declared, [[{"ok":false,"cards":[{"pin":"Sesame-abc"}],"codes":["Opener-xyz"],"message":"no Sesame-abc nor Opener-xyz"}]])
    assert.equal("acme.show: declined (HTTP 200): no *** nor ***", tostring(err))
  end)
end)

describe("a success rule", function()
  local function kind(success, body, status)
    local record, err = read({ success = success, response = { fields = { id = "string" } } }, body, status)
    return record and "ok" or err.kind
  end

  it("is about a value of any type, or about none", function()
    assert.equal("ok", kind({ path = "ok", equals = true }, [[{"ok":true,"id":"1"}]]))
    assert.equal("declined", kind({ path = "ok", equals = true }, [[{"ok":false,"id":"1"}]]))
    assert.equal("protocol", kind({ path = "ok", equals = true }, [[{"id":"1"}]]))
    assert.equal("ok", kind({ path = "failed", equals = false }, [[{"failed":false,"id":"1"}]]))
    assert.equal("declined", kind({ path = "status.code", equals = 0 }, [[{"status":{"code":7},"id":"1"}]]))
    assert.equal("ok", kind({ path = "status.code", equals = 0 }, [[{"status":{"code":0},"id":"1"}]]))
    assert.equal("declined", kind({ path = "verdict", equals = "Approved" }, [[{"verdict":"No","id":"1"}]]))
    assert.equal("declined", kind({ path = "error", absent = true }, [[{"error":{"code":1},"id":"1"}]]))
    assert.equal("ok", kind({ path = "error", absent = true }, [[{"error":null,"id":"1"}]]))
    assert.equal("protocol", kind({ path = "error", absent = true, shape = true }, [[{"error":{"code":1},"id":"1"}]]))
  end)

  it("is one of several, which all have to hold", function()
    local both = { { path = "ok", equals = true }, { path = "code", equals = 0 } }
    assert.equal("ok", kind(both, [[{"ok":true,"code":0,"id":"1"}]]))
    assert.equal("declined", kind(both, [[{"ok":true,"code":1,"id":"1"}]]))
    assert.equal("invalid_request", kind(both, [[{"id":"1"}]], 400))
  end)
end)

describe("errors of a definition", function()
  it("have code and message from the first path that has one", function()
    local operation = { success = { path = "ok", equals = true }, error = { code = { "a.code", "code" }, message = { "a.text", "text" }, details = "errors" } }
    local _, err = read(operation, [[{"ok":false,"code":"c9","text":"no","errors":{"field_one":["bad"]}}]])
    assert.equal("c9", err.code)
    assert.equal("no (field_one)", err.message)
    _, err = read(operation, [[{"a":{"code":12,"text":"other"},"code":"c9"}]], 422)
    assert.equal("invalid_request", err.kind)
    assert.equal("12", err.code)
    assert.equal("other", err.message)
  end)

  it("never repeat a credential, in whatever form it was sent", function()
    for _, auth in ipairs { { type = "bearer" }, { type = "basic", credential = "token" }, { type = "basic", credential = { "user", "token" } },
      { type = "header", name = "X-Key", credential = "token" } } do
      local secret = "Sesame-7Hq2Zx9Lm-Xy"
      local config = { token = secret, user = type(auth.credential) == "table" and "user-name-of-mine" or nil }
      local module = cards.define(acme.definition(nil, { auth = auth }))
      local _, err = acme.client(module, config):show("sandbox-echo_secrets=400", { headers = { ["X-Other"] = "Other-Secret-99" } })
      assert.truthy(err)
      for _, text in ipairs { tostring(err), err.code or "", err.message } do
        assert.is_nil(text:find("Sesame", 1, true), text)
        assert.is_nil(text:find("U2VzYW1l", 1, true), text)
        assert.is_nil(text:find("dXNlci1uYW1l", 1, true), text)
        assert.is_nil(text:find("4111111111111111", 1, true), text)
      end
    end
  end)
end)

describe("an echo of a definition", function()
  it("is a protocol error where the answer is about another card", function()
    local module = cards.define(acme.definition { echo = { ["data.id"] = "card_id" } })
    local client = acme.client(module)
    assert(client:show(sandbox.unique_id "acme"))
    local _, err = client:show("sandbox-wrong_id")
    assert.equal("protocol", err.kind)
    assert.matches("repeats another id", err.message, 1, true)
  end)

  it("may be of a value that is always the same", function()
    for month, kind in pairs { ["7"] = "none", ["8"] = "protocol" } do
      local params = { card_id = {}, month = { value = month, into = "header", wire = "X-Month" } }
      local record, err = acme.client(cards.define(acme.definition { params = params, echo = { ["data.exp_month"] = "month" } })):show(sandbox.unique_id "acme")
      assert.equal(kind, err and err.kind or record and "none")
    end
  end)

  it("may be required", function()
    local module = cards.define(acme.definition { echo = { ["data.other"] = { param = "card_id", required = true } } })
    local _, err = acme.client(module):show(sandbox.unique_id "acme")
    assert.equal("protocol", err.kind)
  end)
end)

describe("the examples of a definition", function()
  local ANSWER = [[{"ok":true,"data":{"id":"c","pan":"4111111111111111","cvv":"123","exp_month":3,"holder":{"name":"N"}}}]]
  local CARD = { number = "pan", cvv = "cvv", exp_month = "exp_month", holder_name = "holder.name" }

  local function tried(...)
    local definition = acme.definition({ card = CARD }, { examples = { ... } })
    return cards.define.try(cards.define(definition))
  end

  it("come out as they say", function()
    assert.same({}, tried())
    assert.same({}, tried({ operation = "show", answer = ANSWER },
      { operation = "show", answer = ANSWER, card = { number = "4111111111111111", cvv = "123", last4 = "1111", exp_month = 3, holder_name = "N" } },
      { operation = "show", answer = [[{"ok":false,"error":{"code":"x1","message":"no"}}]], error = { kind = "declined", code = "x1" } },
      { operation = "show", status = 404, answer = "", error = { kind = "not_found", status = 404 } }))
  end)

  it("or not, each with its place and without a value", function()
    local list = tried({ operation = "show", answer = ANSWER, card = { number = "4242424242424242", exp_month = "3", holder_name = "M", email = "a@b.c" } },
      { operation = "show", answer = "{}" },
      { operation = "show", answer = ANSWER, error = { kind = "declined" } },
      { operation = "show", status = 500, answer = "", error = { kind = "declined" } })
    local lines = {}
    for i, wrong in ipairs(list) do
      lines[i] = wrong.message
    end
    assert.same({
      "examples.1.card.email is absent",
      "examples.1.card.exp_month is a number, not a string",
      "examples.1.card.holder_name has another value",
      "examples.1.card.number has another value",
      "examples.2: acme.show: protocol (HTTP 200): the answer does not have the documented shape",
      "examples.3 is a success, not the expected error",
      "examples.4.error.kind has another value",
    }, lines)
    assert.same({ "examples", 1, "card", "email" }, list[1].path)
  end)

  it("say why a card has no number, or no date, whether or not they name it", function()
    local function reasons(card, example)
      local definition = acme.definition({ card = card }, { examples = { { operation = "show", answer = ANSWER, card = example } } })
      local lines = {}
      for i, wrong in ipairs(cards.define.try(cards.define(definition))) do
        lines[i] = wrong.message
        assert.is_nil(wrong.message:find "4111")
      end
      return lines
    end
    local made = "examples.1.card.number: 8 digits: a number that is put together has 12 to 19"
    assert.same({ made }, reasons { number = { "pan", cards.map.slice(1, 8) } })
    assert.same({ made }, reasons({ number = { "pan", cards.map.slice(1, 8) } }, { number = "41111111" }))
    assert.same({ "examples.1.card.number: 1 characters, of which 1 are no digits" }, reasons { number = "holder.name" })
    assert.same({ "examples.1.card.number: 10 digits: a number has 12 to 19, or at least 8 where its field is declared as pan" },
      reasons { number = function(record) return record.pan:first(6) .. record.pan:last(4) end })
    local unread = "examples.1.card.exp_month: month_year does not read it: say how it is spelled, as in month_year \"YYMM\""
    assert.same({ unread }, reasons({ exp_month = { "exp_month", cards.map.month_year } }, { exp_month = 3 }))
    assert.same({}, reasons({ number = "pan", exp_month = "exp_month" }, { number = "4111111111111111", exp_month = 3 }))
  end)

  it("are those of a defined provider", function()
    assert.has_error(function() cards.define.try "alix" end)
    assert.has_error(function() cards.define.try {} end)
  end)
end)

describe("cards.core.read", function()
  it("is what an operation makes of an answer, for built-in providers too", function()
    assert.equal("27", core.read("alix", "private_info", 200, [[{"success":true,"data":{"expYear":27}}]]).expYear)
    local record, err = core.read("whop", "retrieve", 404, "")
    assert.is_nil(record)
    assert.equal("whop.retrieve: not_found (HTTP 404): the provider does not know it", tostring(err))
    assert.has_error(function() core.read("nobody", "x", 200, "") end)
    assert.has_error(function() core.read("alix", "x", 200, "") end)
    assert.has_error(function() core.read("alix", "private_info", 20, "") end)
    assert.has_error(function() core.read("alix", "private_info", 200, ("x"):rep(2 ^ 20 + 1)) end)
  end)
end)
