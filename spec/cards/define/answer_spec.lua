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

  it("get the zeros back that a number lost: a CVV three digits, and American Express's four", function()
    for _, declared in ipairs { "cvv", { type = "cvv", digits = 3 } } do
      for pan, cvv in pairs { ["4111111111111111"] = "012", ["378282246310005"] = "0012", ["341111111111111"] = "0012" } do
        local record = assert(read(fields { pan = "pan", ["codes.cvv"] = declared }, ([[{"codes":{"cvv":12},"pan":"%s"}]]):format(pan)))
        assert.equal(cvv, record.codes.cvv:reveal())
      end
      assert.equal("012", assert(read(fields { ["codes.cvv"] = declared }, [[{"codes":{"cvv":12}}]])).codes.cvv:reveal())
    end
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
      [ [[{"items":"x"}]] ] = "items: something else stands where an array is documented",
      [ [[{"items":["x"]}]] ] = "items[]: something else stands where an object is documented",
      [ [=[{"items":[["x"]]}]=] ] = "items[]: something else stands where an object is documented",
      [ [[{"tags":[{"a":1}]}]] ] = "tags[]: an object or array stands where a single value is documented",
      [ [[{"items":[{"pan":{"a":1}}]}]] ] = "items[].pan: an object or array stands where a single value is documented",
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

  it("may allow several values", function()
    local several = { path = "ok", equals = { true, "OK", 1 } }
    for value, expected in pairs { ["true"] = "ok", ["\"OK\""] = "ok", ["1"] = "ok", ["false"] = "declined", ["\"NO\""] = "declined", ["2"] = "declined",
      ["null"] = "protocol", ["[]"] = "protocol" } do
      assert.equal(expected, kind(several, ([[{"ok":%s,"id":"1"}]]):format(value)), value)
    end
    assert.equal("declined", kind({ path = "list[].state", equals = { "a", "b" } }, [[{"id":"1","list":[{"state":null},{"state":"c"}]}]]))
    assert.equal("ok", kind({ path = "list[1].state", equals = "c" }, [[{"id":"1","list":[{"state":null},{"state":"c"}]}]]))
  end)

  it("may be about the status, among those of a success", function()
    local rules = { { path = "ok", equals = true }, { status = { 200, 201 } } }
    assert.equal("ok", kind(rules, [[{"ok":true,"id":"1"}]], 201))
    assert.equal("declined", kind(rules, [[{"ok":true,"id":"1"}]], 202))
    assert.equal("protocol", kind({ status = 200, shape = true }, [[{"id":"1"}]], 202))
    assert.equal("invalid_request", kind({ status = 200 }, [[{"id":"1"}]], 400))
  end)

  it("that is broken is a refusal at 2xx and from 400 to 422, where no status says more", function()
    for status, expected in pairs { [200] = "declined", [202] = "declined", [400] = "declined", [402] = "declined", [405] = "declined", [409] = "declined",
      [410] = "declined", [418] = "declined", [422] = "declined", [401] = "auth", [403] = "auth", [404] = "not_found", [408] = "protocol",
      [423] = "provider", [424] = "provider", [425] = "protocol", [429] = "rate_limited", [500] = "provider", [302] = "protocol" } do
      assert.equal(expected, kind({ path = "ok", equals = true }, [[{"ok":false}]], status), status)
    end
  end)

  it("is one of several, which all have to hold", function()
    local both = { { path = "ok", equals = true }, { path = "code", equals = 0 } }
    assert.equal("ok", kind(both, [[{"ok":true,"code":0,"id":"1"}]]))
    assert.equal("declined", kind(both, [[{"ok":true,"code":1,"id":"1"}]]))
    assert.equal("invalid_request", kind(both, [[{"id":"1"}]], 400))
  end)
end)

describe("the kind of an answer", function()
  local function kind_of(operation, body, status)
    local record, err = read(operation, body, status)
    return record and "ok" or err.kind, err
  end

  it("is that of its status where nothing else is said", function()
    for status, expected in pairs { [400] = "invalid_request", [402] = "declined", [405] = "invalid_request", [406] = "invalid_request", [407] = "protocol",
      [409] = "invalid_request", [410] = "not_found", [413] = "invalid_request", [415] = "invalid_request", [418] = "protocol", [422] = "invalid_request",
      [423] = "provider", [424] = "provider", [599] = "provider" } do
      for _, body in ipairs { "{}", "", "<html>" } do
        local kind, err = kind_of({ success = {} }, body, status)
        assert.equal(expected, kind, status)
        assert.equal(status, err.status)
        assert.equal(expected == "provider", err.retryable, status)
      end
    end
  end)

  it("is by a null, a code or a status, in this order, before anything else", function()
    local operation = { success = { path = "ok", equals = true }, response = { fields = { id = "string" } },
      error = { code = { "error.code", "errors[].code" } }, null = { ["data.node"] = "not_found", ["data.list[].card"] = "provider" },
      code = { card_blocked = "declined", [1019] = "rate_limited", ["7.5"] = "auth" },
      status = { [409] = "provider", [404] = "declined", [202] = "protocol" } }
    for _, case in ipairs {
      { "not_found", 200, [[{"ok":true,"id":"1","data":{"node":null}}]] },
      { "not_found", 500, [[{"data":{"node":null},"error":{"code":"card_blocked"}}]] },
      { "provider", 200, [[{"ok":true,"data":{"list":[{},{"card":null}]}}]] },
      { "ok", 200, [[{"ok":true,"id":"1","data":{"list":[{"card":null},{"card":1}]}}]] }, -- the first that has one
      { "ok", 200, [[{"ok":true,"id":"1","data":null}]] },
      { "ok", 200, [[{"ok":true,"id":"1","data":{}}]] },
      { "ok", 200, [[{"ok":true,"id":"1"}]] },
      { "declined", 200, [[{"ok":true,"id":"1","error":{"code":"card_blocked"}}]] },
      { "declined", 409, [[{"error":{"code":"card_blocked"}}]] },
      { "declined", 401, [[{"errors":[{},{"code":"card_blocked"}]}]] },
      { "rate_limited", 200, [[{"ok":false,"error":{"code":"other"},"errors":[{"code":1019}]}]] },
      { "auth", 400, [[{"error":{"code":7.5}}]] },
      { "declined", 200, [[{"ok":false,"error":{"code":"card_blocked2"}}]] },
      { "auth", 401, [[{"error":{"code":"card_block"}}]] },
      { "provider", 409, [[{"ok":false}]] },
      { "declined", 404, "" },
      { "protocol", 202, [[{"ok":true,"id":"1"}]] },
    } do
      assert.equal(case[1], (kind_of(operation, case[3], case[2])), case[3])
    end
  end)

  it("has the provider's message, or one that says what it is", function()
    local operation = { success = {}, error = { code = "code", message = "text" }, code = { a = "auth", n = "not_found", r = "rate_limited", d = "declined",
      i = "invalid_request", p = "provider", x = "protocol" } }
    for code, message in pairs { a = "the provider did not accept the credential", n = "the provider does not know it", r = "the provider wants fewer calls",
      d = "the provider refused", i = "the provider found the request invalid", p = "the provider has a problem of its own",
      x = "an answer that the provider's description calls wrong" } do
      local _, err = kind_of(operation, ([[{"code":%q}]]):format(code), 400)
      assert.equal(message, err.message)
      assert.equal(code, err.code)
      assert.equal(code == "r" or code == "p", err.retryable)
      _, err = kind_of(operation, ([[{"code":%q,"text":"Mine"}]]):format(code), 400)
      assert.equal(code == "x" and message .. ": Mine" or "Mine", err.message)
    end
    operation.safe, operation.method = false, "POST"
    local _, err = kind_of(operation, [[{"code":"r"}]], 400)
    assert.is_false(err.retryable)
  end)
end)

describe("an answer without a body", function()
  it("is a success where the definition says so, with a record that is empty", function()
    for _, operation in ipairs {
      { empty = true, success = { path = "ok", equals = true }, response = { root = "data", fields = { id = "string" }, required = "id" } },
      { empty = true, success = {}, response = {} },
      { empty = true, success = { status = { 204, 200 } }, response = { fields = { ["[].id"] = "string" } } },
    } do
      for _, status in ipairs { 200, 204 } do
        local record = assert(read(operation, "", status))
        assert.same({}, record)
        assert.equal("acme.show", getmetatable(record))
      end
      local _, err = read(operation, "", 404)
      assert.equal("not_found", err.kind)
    end
  end)

  it("is none where a rule about the status, or an echo says otherwise", function()
    local _, err = read({ empty = true, success = { status = 200 }, response = {} }, "", 204)
    assert.equal("declined", err.kind)
    _, err = read({ empty = true, success = {}, response = {} }, " ", 200)
    assert.equal("protocol", err.kind)
    _, err = read({ success = {}, response = {} }, "", 204)
    assert.equal("acme.show: protocol (HTTP 204): an empty answer (HTTP 204)", tostring(err))
  end)

  it("may have a body all the same", function()
    local operation = { empty = true, success = { path = "ok", equals = true }, response = { root = "data", fields = { id = "string" }, required = "id" } }
    assert.equal("1", assert(read(operation, [[{"ok":true,"data":{"id":"1"}}]])).id)
    local _, err = read(operation, [[{"ok":false,"data":{"id":"1"}}]])
    assert.equal("declined", err.kind)
    _, err = read(operation, [[{"ok":true,"data":{"id":null}}]])
    assert.equal("acme.show: protocol (HTTP 200): id: there is no value, and one is required", tostring(err))
  end)
end)

describe("a record that is a list", function()
  it("is at the top, or below the root", function()
    for root, body in pairs { [""] = [=[[{"id":"a"},{"id":"b"}]]=], data = [[{"data":[{"id":"a"},{"id":"b"}]}]] } do
      local record = assert(read(fields({ ["[].id"] = "string" }, root), body))
      assert.same({ { id = "a" }, { id = "b" } }, record)
      assert.equal("acme.show", getmetatable(record))
      assert.same({}, (assert(read(fields({ ["[].id"] = "string" }, root), (body:gsub("%[.*%]", "[]"))))))
      local _, err = read(fields({ ["[].id"] = "string" }, root), "7")
      assert.matches(root == "" and "the answer has no JSON list" or "the answer has no data list", err.message, 1, true)
    end
  end)

  it("or one of its elements is the record", function()
    local declared = { id = "string", pan = "pan" }
    for root, body in pairs { ["data[0]"] = [[{"data":[{"id":"a","pan":"1"},{"id":"b"}]}]], ["[1]"] = [=[[{"id":"b"},{"id":"a","pan":"1"}]]=],
      ["x[].y"] = [[{"x":[{"y":null},{"y":{"id":"a","pan":"1"}}]}]], ["['a.b'].c"] = [[{"a.b":{"c":{"id":"a","pan":"1"}}}]] } do
      local record = assert(read(fields(declared, root), body))
      assert.equal("a", record.id)
      assert.equal("pan", record.pan.class)
    end
    local _, err = read(fields(declared, "data[0]"), [[{"data":[]}]])
    assert.equal("acme.show: protocol (HTTP 200): the answer has no data[0] object", tostring(err))
  end)

  it("shows nothing of a secret without a name in an error", function()
    local declared = fields { ["[]"] = "cvv" }
    declared.success, declared.error = { path = "[1]", equals = "x" }, { message = "[1]" }
    local _, err = read(declared, [=[["Opener-xyz","no Opener-xyz"]]=])
    assert.equal("declined", err.kind)
    assert.is_nil(tostring(err):find("Opener", 1, true))
  end)
end)

describe("a description", function()
  it("has what an answer means as it is written", function()
    local module = cards.define(acme.definition {
      success = { { path = "a['b']", equals = { true, "OK" } }, { status = { 200, 201 } }, { path = "e", absent = true } }, empty = true,
      null = { ["data[0].node"] = "not_found" }, code = { [7] = "auth", x = "declined" }, status = { [409] = "provider" },
      retry = { header = "X-Retry", after = "X-Reset", status = { 409, 500 } }, error = { code = { "errors[0].code", "code" }, message = "['x.y']" },
      response = { root = "data[0]", fields = { ["a['b']"] = "string" }, required = { "a.b" } } })
    local about = cards.describe(module, "show")
    assert.same({ { path = "a['b']", equals = { true, "OK" } }, { status = { 200, 201 } }, { path = "e", absent = true } }, about.success)
    assert.is_true(about.empty)
    assert.same({ ["data[0].node"] = "not_found" }, about.null)
    assert.same({ ["7"] = "auth", x = "declined" }, about.code)
    assert.same({ ["409"] = "provider" }, about.status)
    assert(require "cards.cli.json"(about))
    assert.same({ header = "X-Retry", after = "X-Reset", status = { 409, 500 } }, about.retry)
    assert.same({ code = { "errors[0].code", "code" }, message = { "['x.y']" } }, about.error)
    assert.same({ root = "data[0]", fields = { ["a['b']"] = "string" }, required = { "a.b" }, format = "json" }, about.response)
    about = cards.describe("alix", "private_info")
    assert.same({ {}, {}, {}, {}, { status = {} } }, { about.null, about.code, about.status, about.response.required, about.retry })
    assert.is_nil(about.empty)
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
    assert.equal("whop.retrieve: not_found (HTTP 404): the provider does not know it, or base_url is wrong "
      .. "(the path behind it is /cards/{card_id})", tostring(err))
    assert.has_error(function() core.read("nobody", "x", 200, "") end)
    assert.has_error(function() core.read("alix", "x", 200, "") end)
    assert.has_error(function() core.read("alix", "private_info", 20, "") end)
    assert.has_error(function() core.read("alix", "private_info", 200, ("x"):rep(2 ^ 20 + 1)) end)
  end)
end)
