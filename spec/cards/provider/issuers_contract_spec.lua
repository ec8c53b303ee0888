--- The definitions of examples/providers that encrypt, sign, log in or go in steps, against the stand-ins of spec/sandbox/issuers: the card
-- that comes out, what wrong credentials and unknown cards become, and that nothing of it is seen.

local cards = require "cards"
local cjson = require "cjson"
local drive = require "support.drive"
local issuers = require "support.issuers"
local module = require "support.module"

local OTHER, OTHER_PUBLIC = issuers.key "other.pem", issuers.key "other.pub.pem"

local count = 0

--- Parameters that are the wallet's: a signature for each, as each is good once.
local function wallet(id)
  count = count + 1
  return { card_id = id, signature = "0x" .. ("%010d%010d"):format(os.time(), count):rep(7):sub(1, 130), signed_at = os.time() * 1000 }
end

-- By provider:
--   params     of `show`, for an id; nil where a bare id will do
--   requests   how many the first call takes, and each further one
--   wrong      a list of { what `new` is given otherwise, kind, code }
--   ids        a list of { id that the stand-in knows, kind, code }
--   also, only a further operation, and what its card has that the one of `show` has not
local CONTRACT = {
  adyen = { requests = { 2, 1 }, wrong = { { { api_key = "other" }, "auth", "00_401" } }, ids = { { "missing", "invalid_request", "30_031" } } },
  airwallex = {
    requests = { 2, 1 },
    wrong = { { { api_key = "other" }, "auth", "credentials_invalid" } },
    ids = { { "missing", "not_found", "not_found" } },
  },
  antom = {
    wrong = { { { private_key = OTHER }, "auth", "INVALID_SIGNATURE" }, { { client_id = "other" }, "auth", "CLIENT_INVALID" },
      { { cvv_key = OTHER }, "protocol", "SUCCESS" } },
    ids = { { "missing", "not_found", "CARD_NOT_EXIST" }, { "declined", "declined", "RISK_REJECT" } },
  },
  enfuce = { wrong = { { { token = "other" }, "auth" } }, ids = { { "missing", "not_found", "Not Found" } } },
  highnote = {
    wrong = { { { api_key = "other" }, "auth", "UNAUTHENTICATED" } },
    ids = { { "missing", "not_found" }, { "denied", "auth", "FORBIDDEN" } },
  },
  klarna = {
    wrong = { { { password = "other" }, "auth", "UNAUTHORIZED" }, { { key_id = "other" }, "auth", "ACCESS_DENIED" }, { { private_key = OTHER }, "protocol" } },
    ids = { { "missing", "not_found", "NO_SUCH_ORDER" } },
  },
  kulipa = {
    params = wallet, requests = { 2, 2 },
    wrong = { { { api_key = "other" }, "auth", "unauthorized" } },
    ids = { { "missing", "not_found", "card_not_found" }, { "elsewhere", "protocol" } },
  },
  mastercard = {
    wrong = { { { consumer_key = "other" }, "auth", "AUTHENTICATION_FAILED" }, { { signing_key = OTHER }, "auth", "AUTHENTICATION_FAILED" },
      { { decryption_key = OTHER }, "protocol" } },
    ids = { { "missing", "not_found", "CARD_CONTRACT_NOT_FOUND" }, { "account", "invalid_request", "NOT_CARD_CONTRACT" } },
    also = "cvc", only = "cvv",
  },
  modulr = {
    requests = { 2, 2 },
    wrong = { { { hmac_secret = "other" }, "auth", "PERMISSION" }, { { api_key = "other" }, "auth", "PERMISSION" } },
    ids = { { "missing", "not_found", "NOTFOUND" }, { "expired", "auth", "TOKENEXPIRED" } },
  },
  mono = { wrong = { { { secret_key = "other" }, "auth", "failed" } }, ids = { { "missing", "not_found", "failed" } } },
  rapyd = {
    wrong = { { { secret_key = "other" }, "auth", "UNAUTHENTICATED_API_CALL" }, { { access_key = "other" }, "auth", "UNAUTHENTICATED_API_CALL" } },
    ids = { { "missing", "not_found", "ERROR_GET_ISSUED_CARD" } },
  },
  skyflow = {
    requests = { 2, 1 },
    wrong = { { { private_key = OTHER }, "auth", "Unauthorized" }, { { key_id = "other" }, "auth", "Unauthorized" },
      { { vault_id = "other" }, "not_found", "Not Found" } },
    ids = { { "missing", "not_found", "Not Found" } },
  },
  thredd = {
    wrong = { { { password = "other" }, "invalid_request", "soap:Client" }, { { issuer_code = "X" }, "invalid_request", "soap:Client" } },
    ids = { { "missing", "declined", "***" } }, -- three digits may be a CVV
  },
  visa = {
    params = function(id) return { instruction_id = id, token_id = "token-of-a-card" } end,
    wrong = { { { shared_secret = "other" }, "auth", "invalidCredentials" }, { { key_id = "other" }, "invalid_request", "invalidKeyId" },
      { { server_key = OTHER_PUBLIC }, "invalid_request", "decryptionError" }, { { private_key = OTHER }, "protocol" } },
    ids = { { "missing", "not_found", "dataNotFound" } },
  },
  wise = {
    requests = { 2, 1 },
    wrong = { { { user_token = "other" }, "auth", "invalid_token" }, { { private_key = OTHER }, "protocol" } },
    ids = { { "missing", "not_found", "card.not.found" }, { "blocked", "declined", "card.status.invalid" } },
  },
}

--- Calls `show`, or another operation, of a client with these overrides. @return record, err
local function show(name, id, overrides, operation)
  local client = module(name).new(issuers.config(name, overrides))
  local params = CONTRACT[name].params
  return client[operation or "show"](client, params and params(id) or id)
end

--- The neutral card, its secrets revealed, with only what is expected.
local function card_of(record, expected)
  local card = drive.revealed(assert(cards.card(record)))
  local found = {}
  for key in pairs(expected) do found[key] = card[key] end
  return found, card
end

--- No text has any of the secrets of a stand-in's card or configuration.
local function hides(name, ...)
  for _, text in ipairs { ... } do
    local secrets = issuers.card(name)
    for _, secret in ipairs { secrets.number or secrets.cvv, secrets.holder_name } do
      assert.is_nil(text:find(secret, 1, true), text)
    end
    for key, value in pairs(issuers.config(name)) do
      if type(value) == "string" and key ~= "base_url" and not key:find "_id$" then assert.is_nil(text:find(value, 1, true), text) end
    end
  end
end

for _, name in ipairs(issuers.names) do
  local contract = CONTRACT[name]

  describe("examples/providers/" .. name .. ".lua", function()
    it("has at most 60 lines and a page for each operation", function()
      local lines = 0
      for _ in io.lines("examples/providers/" .. name .. ".lua") do lines = lines + 1 end
      assert.is_true(lines <= 60, lines .. " lines")
      for operation in pairs(cards.describe(module(name))) do
        assert.matches("^https://", cards.describe(module(name), operation).page)
      end
    end)

    it("has examples that come out as they say", function()
      assert.same({}, cards.define.try(module(name)))
    end)

    it("becomes a neutral card", function()
      local expected = issuers.card(name)
      local record, err = show(name, "card-one")
      assert.is_nil(err, tostring(err))
      if contract.only then expected[contract.only] = nil end
      local found, card = card_of(record, expected)
      assert.same(expected, found)
      assert.equal(name, card.provider)
    end)

    if contract.also then
      it("has another operation", function()
        local expected = { [contract.only] = issuers.card(name)[contract.only] }
        local record, err = show(name, "card-one", nil, contract.also)
        assert.is_nil(err, tostring(err))
        assert.same(expected, (card_of(record, expected)))
      end)
    end

    it("takes as many requests as it says", function()
      local client = module(name).new(issuers.config(name))
      for i = 1, 3 do
        local before = issuers.requests(name)
        local record, err = client:show(contract.params and contract.params "card-one" or "card-one")
        assert.is_truthy(record, tostring(err))
        assert.equal((contract.requests or { 1, 1 })[i == 1 and 1 or 2], issuers.requests(name) - before)
      end
    end)

    it("shows nothing of it in texts and masks", function()
      local record = assert(show(name, "card-one"))
      local card = cards.card(record)
      local safe = cards.mask(card)
      hides(name, tostring(record), tostring(card), cjson.encode(safe), tostring(module(name).new(issuers.config(name))))
      local number = issuers.card(name).number
      assert.equal(number and ("*"):rep(#number - 4) .. number:sub(-4), safe.number)
      assert.equal(not contract.only and "***" or nil, safe.cvv)
    end)

    for i, wrong in ipairs(contract.wrong) do
      it(("refuses with wrong credentials, case %d: %s"):format(i, wrong[2]), function()
        local record, err = show(name, "card-one", wrong[1])
        assert.is_nil(record)
        assert.equal(wrong[2], err.kind, tostring(err))
        assert.equal(wrong[3], err.code, tostring(err))
        hides(name, tostring(err), cjson.encode { err.message })
      end)
    end

    for _, case in ipairs(contract.ids) do
      it(("says %s for the id %s"):format(case[2], case[1]), function()
        local record, err = show(name, case[1])
        assert.is_nil(record)
        assert.equal(case[2], err.kind, tostring(err))
        assert.equal(case[3], err.code, tostring(err))
        hides(name, tostring(err))
      end)
    end
  end)
end

describe("a failed decryption", function()
  it("says the same whatever failed", function()
    local messages = {}
    for _, case in ipairs { { "klarna", { private_key = OTHER } }, { "visa", { private_key = OTHER } }, { "wise", { private_key = OTHER } } } do
      local _, err = show(case[1], "card-one", case[2])
      messages[tostring(err):match "[^:]*$"] = true -- the place in front of it is the definition's
    end
    assert.is_nil(next(messages, (next(messages))), cjson.encode(messages))
  end)
end)

describe("keys of the definitions", function()
  it("are asked for where they are missing", function()
    for name, key in pairs { klarna = "private_key", mastercard = "signing_key", visa = "server_key", antom = "cvv_key", skyflow = "key_id" } do
      local config = issuers.config(name)
      config[key] = nil
      local ok, message = pcall(module(name).new, config)
      assert.is_false(ok)
      assert.matches(key .. " is required", message, 1, true)
    end
  end)

  it("are refused where they are of the wrong half", function()
    local ok, message = pcall(module "klarna".new, issuers.config("klarna", { private_key = OTHER_PUBLIC }))
    assert.is_false(ok)
    assert.matches("private_key", message, 1, true)
  end)
end)
