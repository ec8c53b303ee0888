--- Parameters of a definition: where they go, as the sandbox sees them, and what they may be.

local cards = require "cards"
local acme = require "support.acme"
local program = require "support.program"
local sandbox = require "support.sandbox"

local function post(params, given)
  params.card_id = {}
  return acme.sent { operation = { method = "POST", params = params }, params = given }
end

describe("a parameter of a definition", function()
  it("goes into the query of a GET and the body of a POST where nothing is said", function()
    local last = acme.sent { operation = { params = { card_id = {}, b = {}, a = { wire = "A[]" } } }, params = { a = "1&2", b = "x" } }
    assert.matches("%?A%%5B%%5D=1%%262&b=x$", last.uri)
    assert.equal("", last.body)
    last = post({ a = {}, b = { wire = "B" } }, { a = "1", b = "x" })
    assert.equal([[{"B":"x","a":"1"}]], last.body)
  end)

  it("goes wherever it is told to", function()
    local last = post({ a = { into = "query" }, b = { into = "header", wire = "X-B" }, c = { into = "deep.path.c" }, d = { into = "body.deep.d" },
      e = { into = "body", wire = "deep.path.e" }, f = { into = "body" } }, { a = "1", b = "2", c = "3", d = "4", e = "5", f = "6" })
    assert.matches("?a=1", last.uri, 1, true)
    assert.equal("2", last.headers["x-b"])
    assert.equal("application/json", acme.sent { operation = { params = { card_id = {},
      accept = { into = "header", wire = "Accept", default = "application/json" } } } }.headers.accept)
    assert.equal([[{"deep":{"d":"4","path":{"c":"3","e":"5"}},"f":"6"}]], last.body)
  end)

  it("makes valid JSON of any paths, in any order", function()
    local cjson = require "cjson"
    local names = { "a", "a-b", "b.c", "b.d.e", "b-c", "b.d.f", "c", "B.x", "b.c2", "z.y.x.w", "b.dd" } -- a prime number of them
    for round = 1, 5 do
      local params, given = {}, {}
      for i, name in ipairs(names) do
        local key = ("p%02d"):format(i * round % #names)
        params[key] = name:find(".", 1, true) and { into = name } or { wire = name }
        given[key] = "v" .. name
      end
      local body = cjson.decode(post(params, given).body)
      for _, name in ipairs(names) do
        local at = body
        for step in name:gmatch "[^.]+" do
          at = at[step]
        end
        assert.equal("v" .. name, at)
      end
    end
  end)

  it("has a type, in a body as JSON has it", function()
    local params = { i = { type = "integer" }, n = { type = "number" }, b = { type = "boolean" }, s = { type = "string" } }
    assert.equal([[{"b":true,"i":5,"n":0.1,"s":"5"}]], post(params, { i = 5, n = 0.1, b = true, s = "5" }).body)
    assert.equal([[{"b":false,"i":-9007199254740992,"n":1e+300,"s":"x"}]], post(params, { i = -2 ^ 53, n = 1e300, b = false, s = "x" }).body)
    assert.equal([[{"b":true,"i":12,"n":-1.5e3}]], post(params, { i = "12", n = cards.secret "-1.5e3", b = "true" }).body)
  end)

  it("cannot become something else than its type", function()
    local params = { i = { type = "integer" }, n = { type = "number" }, b = { type = "boolean" } }
    for _, case in ipairs {
      { "i", "1,\"x\":2", "must be a whole number" }, { "i", "01", "must be a whole number" }, { "i", "1.0", "must be a whole number" },
      { "i", "", "is empty" }, { "i", "-", "must be a whole number" }, { "i", 1.5, "must be a whole number" }, { "i", 2 ^ 60, "must be a whole number" },
      { "i", true, "must be a number" }, { "i", {}, "must be a number" }, { "i", cards.secret "4x", "must be a whole number" },
      { "n", "1.", "must be a number" }, { "n", ".5", "must be a number" }, { "n", "1e", "must be a number" }, { "n", "NaN", "must be a number" },
      { "n", 0 / 0, "must be a number" }, { "n", 1 / 0, "must be a number" }, { "n", "0x10", "must be a number" },
      { "b", "True", "must be true or false" }, { "b", 1, "must be true or false" }, { "b", "null", "must be true or false" },
    } do
      local last, record, err = post(params, { [case[1]] = case[2] })
      assert.is_nil(last)
      assert.is_nil(record)
      assert.equal(("acme.show: invalid_request: %s %s"):format(case[1], case[3]), tostring(err))
    end
  end)

  it("has a default, of its type", function()
    local last = post({ a = { default = "x" }, i = { type = "integer", default = 5 }, b = { type = "boolean", default = false },
      n = { type = "number", default = 0.1 } }, {})
    assert.equal([[{"a":"x","b":false,"i":5,"n":0.1}]], last.body)
    last = acme.sent { operation = { params = { card_id = {}, show = { type = "boolean", default = true } } } }
    assert.matches("?show=true", last.uri, 1, true)
  end)

  it("may be one of a few only", function()
    local params = { kind = { enum = { "a", "b" } }, size = { type = "integer", enum = { 1, 2 } } }
    assert.equal([[{"kind":"b","size":2}]], post(params, { kind = "b", size = 2 }).body)
    local _, _, err = post(params, { kind = "c" })
    assert.equal("acme.show: invalid_request: kind is none of the values that the provider allows", tostring(err))
    _, _, err = post(params, { size = 3 })
    assert.equal("acme.show: invalid_request: size is none of the values that the provider allows", tostring(err))
  end)

  it("is compared as a number with those that it may be", function()
    local enum = { 1 / 3, 0.1, -0.0, 1e15, 1e16, 1e21, 2 ^ 53, 123456789012345.5 }
    for _, value in ipairs(enum) do
      local last, _, err = post({ n = { type = "number", enum = enum } }, { n = value })
      assert.not_equal("invalid_request", err and err.kind)
      assert.equal(value, tonumber(last.body:match '"n":([^}]*)}'))
    end
    assert.equal('{"n":0}', post({ n = { type = "integer", default = -0.0 } }, {}).body)
  end)

  it("may exclude another, and be unique", function()
    local params = { a = { excludes = "b" }, b = {}, key = { unique = true } }
    local _, _, err = post(params, { a = "1", b = "2" })
    assert.equal("acme.show: invalid_request: a and b exclude each other: give one of them", tostring(err))
    local one, two = post(params, {}).body, post(params, {}).body
    assert.matches('^{"key":"%x+"}$', one)
    assert.not_equal(one, two)
  end)

  it("makes an empty object of a body in which nothing is given", function()
    assert.equal("{}", post({ a = {} }, {}).body)
    local last = post({}, {})
    assert.equal("{}", last.body)
    assert.equal("2", last.headers["content-length"])
    last = acme.sent { operation = { method = "DELETE" } }
    assert.equal("", last.body)
    assert.is_nil(last.headers["content-type"])
  end)

  it("may have defaults in new, of its type", function()
    local operation = { params = { card_id = {}, n = { type = "integer" }, b = { type = "boolean" } } }
    local last = acme.sent { operation = operation, config = { defaults = { n = 5, b = true } } }
    assert.matches("?b=true&n=5", last.uri, 1, true)
    local module = cards.define(acme.definition(operation))
    local ok, message = pcall(acme.client, module, { defaults = { n = true } })
    assert.is_false(ok)
    assert.matches("defaults.n must be a number, a string or a secret", message, 1, true)
  end)

  it("may have a default in new for one operation that is none for another", function()
    local module = cards.define { name = "several", operations = {
      a = { path = "/a", params = { size = { type = "integer" } } },
      b = { path = "/b", params = { size = { enum = { "big", "small" } } } },
      c = { path = "/c", params = { size = { type = "boolean" } } },
    } }
    for _, size in ipairs { 5, "big", true } do
      module.new { base_url = "https://localhost", defaults = { size = size } }
    end
    local ok, message = pcall(module.new, { base_url = "https://localhost", defaults = { size = {} } })
    assert.is_false(ok)
    assert.matches("defaults.size must be a number, a string or a secret", message, 1, true)
  end)

  it("stands for itself as a bare string where just one is required", function()
    local function call(params, path)
      local module = cards.define(acme.definition { params = params, path = path })
      return acme.client(module):show "x"
    end
    assert(call { card_id = {}, other = {} })
    local _, err = call({ card_id = {}, other = { required = true } })
    assert.equal("acme.show: invalid_request: parameters must be a table: no single one is required", tostring(err))
    _, err = call({ other = {} }, "/cards")
    assert.equal("acme.show: invalid_request: parameters must be a table: no single one is required", tostring(err))
  end)
end)

describe("a value that is always the same", function()
  it("goes wherever a parameter goes, and is none", function()
    local params = { card_id = {}, a = { value = "x \"y\"" }, n = { value = 5, type = "integer", into = "deep.n" }, b = { value = false, type = "boolean" },
      q = { value = "1&2", into = "query", wire = "Q" }, h = { value = "v1", into = "header", wire = "X-Version" }, kind = { value = "a/b" } }
    local last = acme.sent { operation = { method = "POST", path = "/cards/{card_id}?x={kind}", params = params } }
    assert.equal([[{"a":"x \"y\"","b":false,"deep":{"n":5}}]], last.body)
    assert.matches("?x=a%2Fb&Q=1%262", last.uri, 1, true)
    assert.equal("v1", last.headers["x-version"])
    for name in pairs(cards.describe("acme", "show").params) do
      assert.equal("card_id", name)
    end
    local _, _, err = acme.sent { operation = { method = "POST", params = params, path = "/cards/{card_id}/{kind}" }, params = { a = "z" } }
    assert.matches("there is no parameter 'a' (known is card_id)", tostring(err), 1, true)
  end)

  it("keeps its header from those that a client adds", function()
    local module = cards.define(acme.definition { params = { card_id = {}, h = { value = "v1", into = "header", wire = "X-Version" } } })
    local ok, message = pcall(acme.client, module, { headers = { ["x-version"] = "other" } })
    assert.is_false(ok)
    assert.matches("headers.x-version is set by the library", message, 1, true)
  end)
end)

describe("a list of parameters", function()
  it("is the order of the body, in which what an object has in common stands together", function()
    local params = { { name = "card_id" }, { name = "z", into = "b.z" }, { name = "y" }, { name = "k", value = "1" }, { name = "x", into = "b.a.x" },
      { name = "w", into = "b.w" }, { name = "v", into = "b.a.v" } }
    local last = acme.sent { operation = { method = "POST", params = params }, params = { z = "1", y = "2", x = "3", w = "4", v = "5" } }
    assert.equal([[{"b":{"z":"1","a":{"x":"3","v":"5"},"w":"4"},"y":"2","k":"1"}]], last.body)
  end)

  it("is the order of the query and of a form, and credentials come behind it", function()
    local last = acme.sent { operation = { params = { { name = "card_id" }, { name = "b" }, { name = "a" } } }, params = { a = "1", b = "2" } }
    assert.matches("?b=2&a=1", last.uri, 1, true)
    last = acme.sent {
      operation = { method = "POST", encoding = "form", params = { { name = "card_id" }, { name = "b" }, { name = "a" } } }, params = { a = "1", b = "2" },
      overrides = { auth = { { type = "bearer" }, { type = "body", path = "A.key", credential = "key", prefix = "k-" } } },
      config = { base_url = sandbox.url "HTTPS_URL" .. "/acme_form", key = "s" },
    }
    assert.equal("b=2&a=1&A%5Bkey%5D=k-s", last.body)
  end)
end)

describe("a form", function()
  --- What the sandbox saw of a call, where it takes a form.
  local function form(params, given, overrides, config)
    params.card_id = {}
    config = config or {}
    config.base_url = sandbox.url "HTTPS_URL" .. "/acme_form"
    return acme.sent { operation = { method = "POST", encoding = "form", params = params }, params = given, overrides = overrides, config = config }
  end

  it("has the parameters of the body, encoded, and paths as names with brackets", function()
    local params = { a = {}, b = { into = "card.holder.name" }, c = { wire = "expand[]" }, d = { into = "card.tags[]" }, n = { type = "number" },
      t = { type = "boolean" }, q = { into = "query" } }
    local last, record, err = form(params, { a = "1&2=3+4 %", b = cards.secret "J\195\182 Doe", c = "number", d = "x", n = 0.5, t = true, q = "z" })
    assert.is_nil(err)
    assert.equal(7, record.exp_month)
    assert.equal("application/x-www-form-urlencoded", last.headers["content-type"])
    assert.equal("a=1%262%3D3%2B4%20%25&card%5Bholder%5D%5Bname%5D=J%C3%B6%20Doe&card%5Btags%5D%5B%5D=x&expand%5B%5D=number&n=0.5&t=true", last.body)
    assert.matches("?q=z", last.uri, 1, true)
  end)

  it("takes any bytes, and is empty where nothing is given", function()
    assert.equal("a=%FF", form({ a = {} }, { a = "\255" }).body)
    local last, record = form({ a = {} }, {})
    assert.equal(7, record.exp_month)
    assert.equal("", last.body)
    assert.equal("0", last.headers["content-length"])
    assert.equal("application/x-www-form-urlencoded", last.headers["content-type"])
  end)

  it("has credentials of the body, and is what is signed", function()
    local signed
    local function sign(request)
      signed = request.body
      return "signed"
    end
    local last = form({ a = {} }, { a = "1" }, { auth = { { type = "bearer" }, { type = "body", path = "auth.key", credential = "key" },
      { type = "signer", name = "X-Sig", sign = sign } } }, { key = "k&k" })
    assert.equal("a=1&auth%5Bkey%5D=k%26k", last.body)
    assert.equal("cards.secret", getmetatable(signed))
    assert.is_true(signed:equals(last.body))
  end)

  it("is no JSON: who takes that only refuses it", function()
    local _, _, err = acme.sent { operation = { method = "POST", params = { card_id = {}, a = {} } }, params = { a = "1" },
      config = { base_url = sandbox.url "HTTPS_URL" .. "/acme_form" } }
    assert.equal(415, err.status)
  end)

  it("does not show in an error", function()
    local _, _, err = form({ a = {} }, { card_id = "sandbox-echo_secrets=400", a = "my private text" })
    assert.is_nil(tostring(err):find("my private text", 1, true))
    assert.is_nil(tostring(err):find("my%20private%20text", 1, true))
  end)
end)

describe("the path of a definition", function()
  it("may have a query of its own", function()
    local operation = { path = "/cards/{card_id}?expand[]=number&expand[]=cvc", params = { card_id = {}, x = {} } }
    local last, record = acme.sent { operation = operation, params = { x = "1" } }
    assert.matches("?expand[]=number&expand[]=cvc&x=1", last.uri, 1, true)
    assert.equal(7, record.exp_month)
  end)

  it("keeps a parameter one segment", function()
    for _, id in ipairs { "a/b", "..", "a\\b", ".", "a\nb" } do
      local _, _, err = acme.sent { params = { card_id = id } }
      assert.equal("invalid_request", err.kind)
      assert.equal(0, err.attempts)
    end
    local id = sandbox.unique_id "a?b#c%2F"
    assert.equal("/acme/cards/" .. id:gsub("%%", "%%25"):gsub("?", "%%3F"):gsub("#", "%%23"), acme.sent { params = { card_id = id } }.uri)
  end)
end)

describe("an operation of a definition", function()
  it("is sent again after a failure only where it is safe: a GET by itself, others when they say so", function()
    for _, case in ipairs { { "GET", nil, 3 }, { "GET", false, 1 }, { "POST", nil, 1 }, { "DELETE", nil, 1 } } do
      local operation = { method = case[1], safe = case[2] }
      local last, _, err = acme.sent { operation = operation, config = { retries = 2, headers = { ["X-Sandbox"] = "fail_then_ok=2" } } }
      assert.equal(case[1], last.method)
      if case[1] ~= "GET" then
        assert.equal(405, err.status)
      else
        assert.equal(case[3], err and err.attempts or 3)
      end
    end
  end)
end)

describe("a card's number in the URL or a header", function()
  local function show(param, number)
    local params = { card_id = {}, number = param }
    return acme.sent { operation = { params = params }, params = { number = number } }
  end

  local function raises(what, number, param)
    local ok, message = pcall(show, param or { into = "query" }, number)
    assert.is_false(ok, tostring(number))
    assert.matches("cards.acme.show: number " .. what, message, 1, true)
    assert.is_nil(message:find "4111")
  end

  it("raises, unless the definition allows it", function()
    for into, param in pairs { query = { into = "query" }, header = { into = "header", wire = "X-Number" } } do
      for _, number in ipairs { "4111111111111111", "4111 1111-1111 1111", cards.secret "4111 1111 1111 1111", cards.secret("not a number", "pan") } do
        raises(("is a card's number, and would stand in the %s of the request: a definition can allow it (allow_pan = true)"):format(into), number, param)
      end
      param.allow_pan = true
      assert.is_table(show(param, "4111111111111111"))
    end
    assert.has_error(function() acme.sent { params = { card_id = "4111111111111111" } } end)
    assert.is_table(acme.sent { operation = { method = "POST", params = { card_id = {}, number = {} } }, params = { number = "4111111111111111" } })
  end)

  it("raises where it stands by itself in a longer value", function()
    for _, value in ipairs { "card 4111111111111111", "pan=4111111111111111&x=1", "card_4111-1111-1111-1111", "PAN4111111111111111",
      "4111111111111111/12/27", "17 4111 1111 1111 1111 ok",
      "6f1ed002-ab5c-4f38-9c4b-3a1f6d9b1d11,4111111111111111", cards.secret "x 4111111111111111", "501800000009" } do
      raises(value == "501800000009" and "is a card's number" or "has a card's number in it, and would stand in the query", value)
    end
    raises("has a card's number in it", { "c_1", "4111111111111111" }, { into = "query", type = "list" })
    raises("is a card's number", 4111111111111111, { into = "query", type = "integer" })
  end)

  it("raises where a default has it, in `new` or in the definition", function()
    local operation = { params = { card_id = {}, number = { into = "query" } } }
    assert.error_matches(function() acme.sent { operation = operation, config = { defaults = { number = "4111111111111111" } } } end,
      "number is a card's number", 1, true)
    operation.params.number.default = "4111111111111111"
    assert.error_matches(function() cards.define(acme.definition(operation)) end, "params.number.default has a card's number in it", 1, true)
    operation.params.number.allow_pan = true
    assert.is_table(acme.sent { operation = operation })
  end)

  it("raises where a base_url or the path has it", function()
    local url = "https://api.acme.example/v1/4111111111111111/cards"
    local base_url = "base_url has a card's number in it, and would stand in the URL or a header of each request"
    assert.error_matches(function() acme.sent { config = { base_url = url } } end, "cards.acme.new: " .. base_url, 1, true)
    assert.error_matches(function() acme.sent { overrides = { base_url = url } } end, base_url, 1, true)
    assert.error_matches(function() acme.sent { operation = { path = "/4111-1111-1111-1111/{card_id}" } } end, "show.path has a card's number in it", 1, true)
  end)

  it("raises where the definition itself has it, as a constant or the default of a setting, unless it allows it", function()
    local constant = { into = "header", wire = "X-Merchant", value = "4111111111111111" }
    local setting = { into = "query", default = "4111111111111111" }
    for place, case in pairs { ["operations.show.params.merchant.value"] = constant, ["settings.merchant.default"] = setting } do
      local with_constant = { operation = { params = { card_id = {}, merchant = constant } } }
      local options = case == constant and with_constant or { overrides = { settings = { merchant = setting } } }
      assert.error_matches(function() acme.sent(options) end, place .. " has a card's number in it, and would stand in the " .. case.into, 1, true)
      case.allow_pan = true
      local sent, record = acme.sent(options)
      assert.is_table(record)
      assert.equal("4111111111111111", case == constant and sent.headers["x-merchant"] or sent.uri:match "merchant=(%d+)$")
    end
  end)

  it("is none where it is within an id, a fraction, or behind the plus of a telephone's", function()
    local within = { "a1b4111111111111111c", "e6915270-5281-47c6-b0e2-ce11d316f1be", "card_aa465d56-6430-4034-9620-3065046f5359", "+4915123456787",
      "0.4111111111111111", "4111111111111111a9" }
    local none = { "4111111111111112", "1700000000000000000", "9999999999999995", "20261128194012", "550e8400-e29b-41d4-a716-446655440000" }
    for i, values in ipairs { within, none } do
      for _, value in ipairs(values) do
        assert.equal(i == 2, cards.redact(value) == value)
        local _, record, err = show({ into = "query" }, value)
        assert.is_table(record, tostring(err))
      end
    end
  end)

  it("is no matter where the call makes the value up", function()
    for _ = 1, program.watched and 40 or 200 do
      local _, record, err = acme.sent { operation = { params = { card_id = {},
        request = { unique = "digits", length = 16, into = "header", wire = "X-Request" } } } }
      assert.is_table(record, tostring(err))
    end
  end)

  it("raises in a setting and in headers, in `new` and of a call", function()
    local settings = { settings = { version = { into = "header", wire = "Acme-Version" } } }
    assert.error_matches(function() acme.sent { overrides = settings, config = { version = "4111111111111111" } } end,
      "cards.acme.new: version has a card's number in it", 1, true)
    settings.settings.version.allow_pan = true
    assert.is_table(acme.sent { overrides = settings, config = { version = "4111111111111111" } })
    assert.is_table(acme.sent { overrides = { settings = { version = { into = "body.version" } } }, operation = { method = "POST" },
      config = { version = "4111111111111111" } })
    for _, value in ipairs { "4111111111111111", "id 4111 1111 1111 1111", cards.secret("4111111111111111", "pan") } do
      for what, options in pairs { new = { config = { headers = { ["X-Number"] = value } } }, show = { call = { headers = { ["X-Number"] = value } } } } do
        local ok, message = pcall(acme.sent, options)
        assert.is_false(ok)
        assert.matches(("cards.acme.%s: headers.X-Number has a card's number in it"):format(what), message, 1, true)
        assert.is_nil(message:find "4111")
      end
    end
    assert.error_matches(function() acme.sent { config = { user_agent = "4111111111111111" } } end, "user_agent has a card's number in it", 1, true)
    assert.is_table(acme.sent { call = { headers = { ["X-Trace"] = "6f1ed002-ab5c-4f38-9c4b-3a1f6d9b1d11" } } })
  end)
end)
