--- Answers that are no JSON: XML, forms and texts are read as the same records, with the same secrets and errors.

local cards = require "cards"
local core = require "cards.core"
local acme = require "support.acme"

local function read(operation, body, status)
  operation.success = operation.success or {}
  operation.error = operation.error or {}
  cards.define(acme.definition(operation))
  return core.read("acme", "show", status or 200, body)
end

local SOAP = [[<?xml version="1.0" encoding="UTF-8"?>
<soap:Envelope xmlns:soap="http://schemas.xmlsoap.org/soap/envelope/" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance">
  <soap:Body>
    <ShowResponse xmlns="urn:acme">
      <Result code="00">%s</Result>
      <Card id="c_1"><Pan type="full">4111111111111111</Pan><Cvv>007</Cvv><Month>01</Month><Active>true</Active><Name xsi:nil="true"/><Note>new</Note></Card>
    </ShowResponse>
  </soap:Body>
</soap:Envelope>]]

local function soap(operation)
  operation.success = operation.success or { path = "Envelope.Body.ShowResponse.Result.#text", equals = "OK" }
  operation.response = { format = "xml", root = "Envelope.Body.ShowResponse.Card", fields = {
    ["@id"] = "string", ["Pan.#text"] = "pan", ["Pan.@type"] = "string",
    Cvv = "cvv", Month = "integer", Active = "boolean", Name = "string" } }
  operation.error = { code = "Envelope.Body.ShowResponse.Result.@code",
    message = { "Envelope.Body.ShowResponse.Result.#text", "Envelope.Body.Fault.faultstring" } }
  return operation
end

describe("an answer in XML", function()
  it("is a record with secrets", function()
    local record = assert(read(soap {}, SOAP:format "OK"))
    assert.equal("c_1", record["@id"])
    assert.equal("4111111111111111", record.Pan["#text"]:reveal())
    assert.equal("pan", record.Pan["#text"].class)
    assert.equal("full", record.Pan["@type"])
    assert.equal("007", record.Cvv:reveal())
    assert.equal(1, record.Month)
    assert.is_true(record.Active)
    assert.is_nil(record.Name)
    assert.equal("undeclared", record.Note.class)
  end)

  it("may refuse, in the provider's words and without a secret", function()
    local record, err = read(soap {}, SOAP:format "Card 4111111111111111 is blocked")
    assert.is_nil(record)
    assert.equal("declined", err.kind)
    assert.equal("00", err.code)
    assert.truthy(err.message:find("is blocked", 1, true))
    assert.is_nil(tostring(err):find("4111111111111111", 1, true))
    local _, fault = read(soap {}, "<e:Envelope><e:Body><e:Fault><faultstring>No such card</faultstring></e:Fault></e:Body></e:Envelope>", 500)
    assert.equal("provider", fault.kind)
    assert.equal("No such card", fault.message)
  end)

  it("is compared with numbers and booleans as they are written", function()
    for _, case in ipairs { { 0, "0" }, { true, "true" }, { 1.5, "1.5" }, { "x", "x" } } do
      local operation = { success = { path = "r.ok", equals = case[1] }, response = { format = "xml", root = "r", fields = { id = "string" } } }
      assert(read(operation, ("<r><ok>%s</ok><id>1</id></r>"):format(case[2])))
      assert.equal("declined", select(2, read(operation, "<r><ok>no</ok><id>1</id></r>")).kind)
    end
  end)

  it("has a list wherever a path says so", function()
    local operation = { response = { format = "xml", root = "r", fields = { ["cards.card[].pan"] = "pan", ["tag[]"] = "string" } },
      success = { path = "r.state", equals = "ok" } }
    for count = 1, 3 do
      local list = ("<card><pan>4111111111111111</pan></card>"):rep(count)
      local record = assert(read(operation, ("<r><state>ok</state><cards>%s</cards><tag>a</tag></r>"):format(list)))
      assert.equal(count, #record.cards.card)
      assert.equal("pan", record.cards.card[count].pan.class)
      assert.same({ "a" }, record.tag)
    end
    assert.is_nil(assert(read(operation, "<r><state>ok</state><cards><card/></cards><tag>a</tag></r>")).cards.card)
    local _, err = read({ response = { format = "xml", root = "r", fields = { pan = "pan" } } }, "<r><pan>1</pan><pan>2</pan></r>")
    assert.equal("protocol", err.kind)
  end)

  it("that is none is one clear error", function()
    for body, why in pairs {
      ["{\"pan\":1}"] = "not well-formed (invalid token) at byte 0",
      ["<r><pan>4111111111111111</pan>"] = "no element found at byte 30",
      ["<!DOCTYPE r [<!ENTITY x SYSTEM 'file:///etc/passwd'>]><r><pan>&x;</pan></r>"] = "a DOCTYPE in XML",
      ["<r><pan>&x;</pan></r>"] = "undefined entity at byte 8",
      [("<r>"):rep(100)] = "XML that is nested too deep",
    } do
      local record, err = read({ response = { format = "xml", root = "r", fields = { pan = "pan" } } }, body)
      assert.is_nil(record)
      assert.equal("protocol", err.kind)
      assert.truthy(err.message:find("the answer cannot be read: " .. why, 1, true), err.message)
    end
  end)

  it("may be JSON or a page of HTML where it is an error", function()
    local operation = { response = { format = "xml", root = "r", fields = { pan = "pan" } } }
    assert.equal("not_found", select(2, read(operation, [[{"error":"x"}]], 404)).kind)
    assert.equal("provider", select(2, read(operation, "<html><p>down<br></html>", 503)).kind)
  end)
end)

describe("an answer that is a form", function()
  local FORM = {
    response = { format = "form", fields = { ["card.number"] = "pan", ["card.cvv"] = "cvv", ok = "boolean", month = "integer", ["tag[]"] = "string" } },
    success = { path = "response", equals = 1 }, error = { code = "response_code", message = "responsetext" },
  }

  it("is a record with secrets", function()
    local record = assert(read(FORM, "response=1&card[number]=4111111111111111&card%5Bcvv%5D=123&ok=0&month=07&tag=a+b&extra=x\n"))
    assert.equal("4111111111111111", record.card.number:reveal())
    assert.equal("cvv", record.card.cvv.class)
    assert.is_false(record.ok)
    assert.equal(7, record.month)
    assert.same({ "a b" }, record.tag)
    assert.equal("undeclared", record.extra.class)
  end)

  it("may refuse, or be none", function()
    local _, err = read(FORM, "response=3&responsetext=Invalid Card&response_code=E300")
    assert.same({ "declined", "E300", "Invalid Card" }, { err.kind, err.code, err.message })
    _, err = read(FORM, [[{"error":"x"}]])
    assert.equal("protocol", err.kind)
    assert.truthy(err.message:find("a name without '=' in a form at byte 0", 1, true), err.message)
    _, err = read(FORM, "response=1&ok=perhaps&month=1")
    assert.truthy(err.message:find("ok: something else stands where true or false is documented", 1, true), err.message)
  end)
end)

describe("an answer that is a text", function()
  it("is the record's only field", function()
    local record = assert(read({ response = { format = "text", fields = { text = "token" } } }, "tok_123\r\n"))
    assert.equal("tok_123", record.text:reveal())
    local _, err = read({ response = { format = "text", fields = { text = "token" } } }, "a\255")
    assert.equal("protocol", err.kind)
  end)
end)

describe("the page about XML", function()
  it("has a definition whose examples come out as they say", function()
    local page = assert(io.open("docs/guide/xml.md")):read "*a"
    local path = os.tmpname()
    local file = assert(io.open(path, "w"))
    file:write((assert(page:match "```lua\n(.-)```")))
    file:close()
    local module = assert(cards.load(path))
    os.remove(path)
    assert.same({}, cards.define.try(module))
  end)
end)

describe("the format of a definition", function()
  it("is a known word, JSON by default, and described", function()
    local module = cards.define(acme.definition { response = { format = "xml", fields = { ["r.pan"] = "pan" } } })
    assert.equal("xml", cards.describe(module, "show").response.format)
    assert.equal("json", cards.describe(cards.define(acme.definition()), "show").response.format)
    assert.equal("json", cards.describe(cards.alix, "private_info").response.format)
    local ok, err = pcall(cards.define, acme.definition { response = { format = "yaml" } })
    assert.is_false(ok)
    assert.truthy(tostring(err):find("operations.show.response.format", 1, true), err)
  end)

  it("counts for its examples, too", function()
    local definition = acme.definition(soap { card = { number = "Pan.#text", cvv = "Cvv" } })
    definition.examples = { { operation = "show", answer = SOAP:format "OK", card = { number = "4111111111111111", cvv = "007" } },
      { operation = "show", answer = SOAP:format "no", error = { kind = "declined", code = "00" } } }
    assert.same({}, cards.define.try(cards.define(definition)))
  end)
end)
