--- Keys that another operation of the same definition gives: kept for the client's life, and fetched anew after a failure.

local bank = require "support.bank"
local cards = require "cards"
local core = require "cards.core"
local sandbox = require "support.sandbox"

local function id() return sandbox.unique_id "bank" end

--- A definition whose vault is signed with the holder of a card; the operation `key` gives that.
local function definition(key, operation)
  local made = bank.definition()
  local show = made.operations.show
  made.operations.key = { path = "/bank/cards/{card_id}", params = { card_id = { required = true } }, response = show.response }
  for name, value in pairs(operation or {}) do made.operations.key[name] = value end
  made.settings.key_card = { into = "none" }
  made.operations.signed = {
    path = "/bank/cards/{card_id}", params = { card_id = {} }, response = show.response,
    auth = { made.auth, { type = "signature", name = "X-Signature", algorithm = "hmac-sha256", over = "{path}", encoding = "hex",
      key = key or { from = "key", take = "holder", with = { card_id = "key_card" } } } },
  }
  return made
end

local function client(made, config)
  local key_card = id()
  sandbox.plant(key_card, { name = "first key" })
  local whole = { key_card = key_card }
  for name, value in pairs(config or {}) do whole[name] = value end
  return bank.client(made or definition(), whole), key_card
end

--- Whether the signature of the last request for a card was made with that key.
local function is_signed(card, key)
  local last = sandbox.seen(card).last
  return last.headers["x-signature"] == core.hmac(key, "hex", last.uri)
end

describe("a key of an operation", function()
  it("is fetched for the first call, and kept", function()
    local made, key_card = client()
    for _ = 1, 3 do
      local card = id()
      assert(made:signed(card))
      assert.is_true(is_signed(card, "first key"))
    end
    assert.equal(1, sandbox.seen(key_card).count)
    sandbox.plant(key_card, { name = "second key" })
    local card = id()
    assert(made:signed(card))
    assert.is_true(is_signed(card, "first key"))
  end)

  it("is fetched once for many calls", function()
    local made, key_card = client()
    local functions = {}
    for i = 1, 10 do functions[i] = function() return made:signed(id()) end end
    for _, result in ipairs { cards.all(functions) } do assert.is_truthy(result[1], tostring(result[2])) end
    assert.equal(1, sandbox.seen(key_card).count)
  end)

  it("is fetched anew by the call after one that failed with auth or protocol, and not after others", function()
    local made, key_card = client()
    assert(made:signed(id()))
    sandbox.plant(key_card, { name = "second key" })
    local count = 1
    for case, anew in pairs { forbidden = true, not_json = true, not_found = false, unavailable = false } do
      assert.is_nil((made:signed("sandbox-" .. case)))
      local card = id()
      assert(made:signed(card))
      count = count + (anew and 1 or 0)
      assert.equal(count, sandbox.seen(key_card).count, case)
    end
    local card = id()
    assert(made:signed(card))
    assert.is_true(is_signed(card, "second key"))
  end)

  it("that is none is one clear error, and is asked for again", function()
    local made = client(definition { from = "key", take = "iban", with = { card_id = "key_card" } })
    local card = id()
    local record, err = made:signed(card)
    assert.is_nil(record)
    assert.equal("bank.key: protocol: the key could not be had: the answer has no key at 'iban'", tostring(err))
    assert.equal(0, sandbox.seen(card).count)
  end)

  it("may be a JWK, an object of the answer", function()
    local made, key_card = client(definition { from = "key", take = "jwk", with = { card_id = "key_card" } })
    local _, err = made:signed(id())
    assert.equal("bank.key: protocol: the key could not be had: the answer has no key at 'jwk'", tostring(err))
    assert.equal(1, sandbox.seen(key_card).count)
    local text = assert(core.tree({ kty = "oct", k = cards.secret "c2VjcmV0" }, false, true))
    assert.equal("cards.secret", getmetatable(text))
    assert.equal('{"k":"c2VjcmV0","kty":"oct"}', text:reveal())
  end)

  it("names what is wrong with it", function()
    for _, case in ipairs {
      { { from = "kez", take = "holder" }, "operations.signed.auth.2.key.from must be one of key, login, show, signed (did you mean 'key'?)" },
      { { take = "holder" }, "operations.signed.auth.2.key.from must be one of" },
      { { from = "key" }, "operations.signed.auth.2.key.take must be a string that is not empty" },
      { { from = "key", take = "a..b" }, "operations.signed.auth.2.key.take must be a path such as" },
      { { from = "key", take = "holder", fron = 1 }, "operations.signed.auth.2.key.fron: unknown key (did you mean 'from'?)" },
      { { from = "key", take = "holder" }, "operations.signed.auth.2.key: key needs 'card_id', which `with` does not give" },
      { { from = "key", take = "holder", with = { card_id = "card" } }, "operations.signed.auth.2.key.with.card_id is no parameter, credential or setting" },
      { { from = "signed", take = "holder", with = { card_id = "key_card" } },
        "operations.signed.auth.2.key: goes in a circle: signed, signed" },
    } do
      local mistakes = cards.define.check(definition(case[1]))
      assert.equal(case[2], (mistakes[1] or { message = "no mistake" }).message:sub(1, #case[2]))
    end
  end)
end)
