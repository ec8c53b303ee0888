--- The providers of examples/providers, one by one: what comes out, what describe says, what the mask shows. What all providers have in common is in
-- contract_spec.lua and leak_spec.lua.

local cards = require "cards"
local cjson = require "cjson"
local drive = require "support.drive"
local leak = require "support.leak"
local module = require "support.module"
local program = require "support.program"
local sandbox = require "support.sandbox"

-- By provider: the header that the credentials become, what every request asks for, where the secrets stand, the neutral card of the sandbox's answer with
-- its secrets revealed, and what differs from it in its mask.
local EXPECTED = {
  lithic = {
    base_url = "https://api.lithic.com",
    authorization = "lithic_api_key_sandbox",
    number = "pan", cvv = "cvv",
    card = { provider = "lithic", number = "4111111289144142", cvv = "776", last4 = "4142", bin = "411111", type = "VIRTUAL", status = "OPEN",
      exp_month = 6, exp_year = 2027, created_at = "2021-06-28T22:53:15Z" },
    masked = { number = "************4142" },
  },
  stripe = {
    base_url = "https://api.stripe.com",
    authorization = "Bearer stripe_key_sandbox",
    query = { ["expand[]"] = { "number", "cvc" } },
    number = "number", cvv = "cvc",
    card = { provider = "stripe", number = "4000009990000104", cvv = "123", last4 = "0104", bin = "400000", brand = "Visa", type = "virtual",
      status = "active", exp_month = 8, exp_year = 2027, holder_name = "Jenny Rosen", email = "jenny.rosen@example.com", phone = "+18008675309",
      created_at = "2023-04-10T21:57:48Z",
      billing = { line1 = "123 Main Street", city = "Anytown", region = "CA", postal_code = "12345", country = "US" } },
    masked = { number = "************0104" },
  },
  marqeta = {
    authorization = "Basic " .. leak.base64 "marqeta_application_sandbox:marqeta_admin_sandbox",
    query = { show_cvv_number = { "true" } },
    number = "pan", cvv = "cvv_number",
    card = { provider = "marqeta", number = "5112345112345114", cvv = "837", last4 = "5114", bin = "511234", type = "VIRTUAL_PAN", status = "ACTIVE",
      exp_month = 3, exp_year = 2028, created_at = "2024-03-14T17:20:18Z" },
    masked = { number = "************5114" },
  },
  revolut = {
    base_url = "https://b2b.revolut.com/api/1.0",
    authorization = "Bearer revolut_token_sandbox",
    number = "pan", cvv = "cvv",
    card = { provider = "revolut", number = "4111111111111111", cvv = "123", last4 = "1111", bin = "411111", exp_month = 6, exp_year = 2030 },
    masked = { number = "************1111" },
  },
  brex = {
    base_url = "https://api.brex.com",
    authorization = "Bearer brex_token_sandbox",
    number = "number", cvv = "cvv",
    card = { provider = "brex", number = "5105105105105100", cvv = "737", last4 = "5100", bin = "510510", exp_month = 11, exp_year = 2028,
      holder_name = "Jane Doe" },
    masked = { number = "************5100" },
  },
}

local function query_of(uri)
  local query = {}
  for name, value in (uri:match "%?(.*)$" or ""):gmatch "([^&=]+)=([^&]*)" do
    name = name:gsub("%%(%x%x)", function(hex) return string.char(tonumber(hex, 16)) end)
    query[name] = query[name] or {}
    table.insert(query[name], value)
  end
  return query
end

for _, provider in ipairs(sandbox.DEFINED) do
  local expected = EXPECTED[provider]

  describe("examples/providers/" .. provider .. ".lua", function()
    it("has the documented base URL as its default, or none", function()
      local credentials = sandbox.credentials(provider)
      if expected.base_url then
        assert.matches(expected.base_url, tostring(module(provider).new(credentials)), 1, true)
      else
        local ok, message = pcall(module(provider).new, credentials)
        assert.is_false(ok)
        assert.matches("base_url is required", message, 1, true)
      end
    end)

    it("sends its credentials as documented, and asks for number and CVV", function()
      local _, err, id = drive.call(provider)
      assert.is_nil(err, tostring(err))
      local last = sandbox.seen(id).last
      assert.equal(expected.authorization, last.headers.authorization)
      assert.same(expected.query or {}, query_of(last.uri))
    end)

    it("becomes a neutral card", function()
      local record, err, id = drive.call(provider)
      assert.is_nil(err, tostring(err))
      local card = drive.revealed(assert(cards.card(record)))
      if provider ~= "revolut" then -- whose answer has no id
        assert.equal(id, card.id)
        card.id = nil
      end
      assert.same(expected.card, card)
    end)

    it("has a mask by default that shows what may be shown", function()
      local record = assert(drive.call(provider))
      local safe = cards.mask(cards.card(record))
      assert.equal(expected.masked.number, safe.number)
      assert.equal("***", safe.cvv)
      assert.equal(expected.card.last4, safe.last4)
      local text = cjson.encode(safe)
      for _, secret in ipairs { expected.card.number, expected.card.holder_name, expected.card.email } do
        assert.is_nil(text:find(secret, 1, true), text)
      end
    end)

    it("is described as a built-in one is", function()
      for _, of in ipairs { provider, module(provider), (drive.client(provider)) } do
        local about = cards.describe(of, "show")
        assert.equal(provider, about.provider)
        assert.equal("show", about.operation)
        assert.equal("GET", about.method)
        assert.equal("pan", about.response.fields[expected.number])
        assert.equal("cvv", about.response.fields[expected.cvv])
        assert.matches("^https://", about.page)
        local id = about.params[drive.id_param(provider)]
        assert.is_true(id.required)
        assert.equal("path", id.into)
      end
    end)

    it("has examples that come out as they say", function()
      assert.same({}, cards.define.try(module(provider)))
    end)
  end)
end

describe("a definition's errors", function()
  it("have no code where the provider has none", function()
    local _, err = drive.call("lithic", "not_found")
    assert.equal("not_found", err.kind)
    assert.is_nil(err.code)
    assert.equal("lithic.show: not_found (HTTP 404): Card not found", tostring(err))
  end)
end)

describe("the list of examples/providers/lithic.lua", function()
  -- The sandbox has five cards for every account, whose tokens are the account's with a letter behind it.
  local function tokens_of(records)
    local tokens = {}
    for _, record in ipairs(records) do
      for _, card in ipairs(record.data) do tokens[#tokens + 1] = card.token:match "%a$" end
    end
    return table.concat(tokens)
  end

  it("is gone through page by page, each asked for with the last token of the one before", function()
    local account, records = sandbox.unique_id "account", {}
    local pages = drive.client("lithic"):pages("list", { account_token = account, page_size = "2" })
    for record in pages do records[#records + 1] = record end
    assert.is_nil(pages.err)
    assert.equal("abcde", tokens_of(records))
    assert.equal(3, #records)
    local seen = sandbox.seen(account)
    assert.equal(3, seen.count)
    assert.same({ account_token = { account }, page_size = { "2" }, starting_after = { account .. "-d" } }, query_of(seen.last.uri))
    assert.equal("lithic_api_key_sandbox", seen.last.headers.authorization)
  end)

  it("is one call where everything fits, or where one page is enough", function()
    for size, tokens in pairs { ["5"] = "abcde", ["3"] = "abc" } do
      local account = sandbox.unique_id "account"
      local record, err = drive.client("lithic"):list { account_token = account, page_size = size }
      assert.is_nil(err, tostring(err))
      assert.equal(tokens, tokens_of { record })
      assert.equal(size ~= "5", record.has_more)
      assert.equal("4142", record.data[1].last_four)
      assert.is_nil(record.data[1].pan)
      assert.equal(1, sandbox.seen(account).count)
    end
  end)

  it("ends with the error of the page that failed", function()
    local account, count = sandbox.unique_id "account", 0
    local pages = drive.client("lithic"):pages("list", { account_token = account }, { headers = { ["X-Sandbox"] = "unavailable" } })
    for _ in pages do count = count + 1 end
    assert.equal(0, count)
    assert.equal("provider", pages.err.kind)
    assert.equal("lithic", pages.err.provider)
    assert.equal("list", pages.err.operation)
  end)
end)

describe("examples/own_provider.lua", function()
  it("prints a masked card of a provider that is a file", function()
    local command = "LITHIC_URL=%s/lithic CA_FILE=%s LITHIC_API_KEY=lithic_api_key_sandbox %s examples/own_provider.lua"
    local output, status = program.shell(command:format(sandbox.url "HTTPS_URL", sandbox.url "CA_FILE", os.getenv "LUA_BIN"))
    assert.equal(0, status, output)
    assert.equal("************4142\t***\tNew Card\nlithic\t************4142\t6\t2027\tOPEN\n", output)
  end)
end)
