--- The built-in providers written as definitions: what C tables say, definitions can say. Each of them is described as its table is, sends the same
-- requests, and makes the same records and errors of the same answers.

local cards = require "cards"
local cjson = require "cjson"
local core = require "cards.core"
local drive = require "support.drive"
local sandbox = require "support.sandbox"

local root = debug.getinfo(1, "S").source:match "^@(.*)spec/cards/define/define_built_in_spec%.lua$"

local defined, clients = {}, {}
for _, provider in ipairs(sandbox.PROVIDERS) do
  defined[provider] = assert(cards.load(("%sspec/support/built_in/%s.lua"):format(root, provider)))
end

--- A client of the definition, kept where nothing is overridden.
local function client_of(provider, overrides)
  local made = not overrides and clients[provider]
  if not made then
    local config = sandbox.config(provider, overrides)
    config.retries = 0
    made = defined[provider].new(config)
  end
  clients[provider] = not overrides and made or clients[provider]
  return made
end

--- A table without the names by which two providers differ.
local function nameless(value, provider)
  if type(value) == "string" then
    return (value:gsub(provider .. "_defined", provider))
  elseif type(value) ~= "table" then
    return value
  end
  local copy = {}
  for key, inner in pairs(value) do
    copy[key] = nameless(inner, provider)
  end
  return copy
end

--- What the sandbox saw last for an id; nil for nothing.
local function seen(id)
  local last = sandbox.seen(drive.revealed(id)).last
  return last and { method = last.method, uri = last.uri, headers = last.headers, body = last.body }
end

--- What a call ended in: the record with its secrets revealed, its neutral card, or the error.
local function outcome(record, err, provider)
  if record then
    return { record = drive.revealed(record), card = nameless(drive.revealed(cards.card(record)), provider) }
  end
  local shown = { text = nameless(tostring(err), provider) }
  for key, value in pairs(err) do
    shown[key] = value
  end
  shown.provider, shown.request_id = nil, nil
  return shown
end

--- One call of the built-in provider and one of its definition, with the same id. @return what was sent and what came of it, of each
local function both(provider, case, params, overrides)
  local id = params and params.id or sandbox.unique_id(provider)
  local function call(client)
    local given = sandbox.params(provider, id)
    for key, value in pairs(params or {}) do
      given[key] = key ~= "id" and value or nil
    end
    local record, err = drive.call(provider, case, { client = client, id = id, params = given })
    return seen(id), outcome(record, err, provider)
  end
  local sent, got = call(drive.client(provider, overrides))
  local sent_too, got_too = call(client_of(provider, overrides))
  return sent, sent_too, got, got_too
end

local function assert_same_call(...)
  local sent, sent_too, got, got_too = both(...)
  assert.same(sent, sent_too)
  assert.same(got, got_too)
  return sent, got
end

local function read(path)
  local file = assert(io.open(path, "rb"))
  local text = file:read "*a"
  file:close()
  return text
end

--- The answers in which the descriptor matters: what is a success, the fields and their types, what is repeated, where code and message stand.
local ANSWERS = { "declined", "declined_200", "bad_request", "bad_request,nested_error", "unauthorized", "not_found", "rate_limited", "server_error",
  "numbers_for_strings", "strings_for_numbers", "cvv_number=12", "last4_number=42", "big_integer_declared", "wrong_types", "nulls", "null_objects", "null_root",
  "array_root", "undeclared", "undeclared_keys", "missing_secrets", "null_secrets", "wrong_id", "wrong_card", "wrong_reference" }

--- Parameters and settings beside those that the sandbox's specs use.
local MORE = {
  whop = { { params = { account_id = "biz_1 &" } }, { params = { user_id = "user_1" }, overrides = { api_version_date = "2026-08-21-1" } },
    { params = { user_id = "user_1", account_id = "biz_1" } } },
  netxd = { { params = { channel = "PULSE", customer_id = "a\"\\/\195\169", account_number = cards.secret "77" } }, { params = { channel = "VISA" } },
    { params = { reference = false } } },
  nayax = { { params = { validation_key = "v/1" } }, { params = { machine_id = false, card_holder_id = false } } },
  alix = { { params = { id = "a b/c" } }, { params = { id = cards.secret "a b" } } },
}

for _, provider in ipairs(sandbox.PROVIDERS) do
  local operation = sandbox.operation(provider)

  describe(provider .. " as a definition", function()
    it("is described as the built-in provider is", function()
      assert.same(cards.describe(provider), nameless(cards.describe(defined[provider]), provider))
      local function given(name)
        local about, by_name = core.provider(name), {}
        for _, credential in ipairs(about.credentials) do
          by_name[credential.name] = credential
        end
        return { base_url = about.base_url, credentials = by_name }
      end
      assert.same(given(provider), given(provider .. "_defined"))
    end)

    it("has the same methods", function()
      for name in pairs(cards[provider]) do
        assert.equal(type(cards[provider][name]), type(defined[provider][name]), name)
      end
      for name in pairs(defined[provider]) do
        assert.equal(type(defined[provider][name]), type(cards[provider][name]), name)
      end
    end)

    it("sends the same requests", function()
      local sent, got = assert_same_call(provider)
      assert.truthy(got.record)
      assert.equal(cards.describe(provider, operation).method, sent.method)
      for _, more in ipairs(MORE[provider] or {}) do
        assert_same_call(provider, nil, more.params, more.overrides)
      end
      local _, missing = drive.client(provider)[operation](drive.client(provider), {})
      local _, missing_too = client_of(provider)[operation](client_of(provider), {})
      assert.equal(tostring(missing), nameless(tostring(missing_too), provider))
    end)

    it("refuses what the built-in provider refuses in new", function()
      for _, overrides in ipairs { { base_url = false }, { acces_token = "x" }, { defaults = { x = 1 } }, { headers = { ["Access-Token"] = "x" } },
        { headers = { ["api-version-date"] = "x" } }, { signature = "s", private_key = "k" } } do
        local ok, message = pcall(cards[provider].new, sandbox.config(provider, overrides))
        local ok_too, message_too = pcall(defined[provider].new, sandbox.config(provider, overrides))
        assert.equal(ok, ok_too)
        assert.equal(ok or message:match "cards%..*$", ok_too or nameless(message_too:match "cards%..*$", provider))
      end
    end)

    for _, case in ipairs(ANSWERS) do
      it("makes the same of the answer " .. case, function()
        local _, _, got, got_too = both(provider, case)
        assert.same(got, got_too)
      end)
    end
  end)
end

describe("the signature of netxd as a definition", function()
  local function params() return { id = sandbox.unique_id "netxd" } end

  it("is made with a private key, over the part of the body that is sent", function()
    for _, key in ipairs { read(sandbox.url "NETXD_KEY"), cards.secret(read(sandbox.url "NETXD_KEY_SEC1")) } do
      local sent, sent_too, got, got_too = both("netxd", nil, params(), { signature = false, private_key = key })
      assert.equal("679", got.record.card.cvv) -- the sandbox checks the signature
      assert.same(got, got_too)
      local body, body_too = cjson.decode(sent.body), cjson.decode(sent_too.body)
      assert.not_equal(body.params.api.signature, body_too.params.api.signature)
      body.params.api.signature = body_too.params.api.signature
      assert.same(body, body_too)
    end
  end)

  it("is what a function returns of the same bytes", function()
    local payloads = {}
    local function sign(payload)
      table.insert(payloads, payload)
      return "netxd_signature_sandbox"
    end
    assert_same_call("netxd", nil, params(), { signature = false, sign = sign })
    assert.equal(2, #payloads)
    assert.equal(payloads[1], payloads[2])
    assert.equal("GET_CVV", cjson.decode(payloads[2]).transactionType)
  end)

  it("is refused in new where the key is none", function()
    local config = sandbox.config("netxd", { signature = false, private_key = "no PEM" })
    local ok, message = pcall(defined.netxd.new, config)
    assert.is_false(ok)
    assert.matches("private_key is neither PEM, JWK nor base64 of DER", message, 1, true)
  end)
end)
