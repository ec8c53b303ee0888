--- PayEngine, trap by trap (docs/providers/payengine.md). What all providers have in common is in contract_spec.lua.

local cards = require "cards"
local canned = require "support.canned"
local drive = require "support.drive"
local sandbox = require "support.sandbox"

describe("payengine", function()
  it("has no default for the base URL", function()
    local ok, message = pcall(cards.payengine.new, { secret = "s" })
    assert.is_false(ok)
    assert.matches("base_url is required", message, 1, true)
  end)

  it("sends the literal secret behind Basic, not base64 of a user and a password", function()
    local id = sandbox.plant(sandbox.unique_id "payengine", { credential = "user:password" })
    assert(drive.call("payengine", nil, { id = id, client = drive.client("payengine", { secret = "user:password" }) }))
    assert.equal("Basic user:password", sandbox.seen(id).last.headers.authorization)
  end)

  it("has a token that can be used to pay: a secret of class token", function()
    local card = assert(drive.call "payengine")
    assert.equal("token", card.token.class)
    assert.equal("***", tostring(card.token))
    assert.equal(sandbox.PAYENGINE_TOKEN, card.token:reveal())
  end)

  it("gives a last_4 that is an integer, as its page says, its leading zeros back", function()
    for number, text in pairs { ["42"] = "0042", ["0"] = "0000", ["1111"] = "1111" } do
      local card = assert(drive.call("payengine", "last4_number=" .. number))
      assert.equal(text, card.last_4)
    end
  end)

  it("takes a last_4 that is a string, as its page shows, as it is", function()
    local id = sandbox.plant(sandbox.unique_id "payengine", { pan = "4111111111110042" })
    assert.equal("0042", assert(drive.call("payengine", nil, { id = id })).last_4)
  end)

  it("has integers for exp_month and exp_year, also where the provider writes strings", function()
    for _, case in ipairs { "", "strings_for_numbers" } do
      local card = assert(drive.call("payengine", case))
      assert.equal(12, card.exp_month)
      assert.equal(2023, card.exp_year)
      if math.type then assert.equal("integer", math.type(card.exp_month)) end
    end
    local card = assert(canned("payengine", 200, '{"id":"c","exp_month":"03","exp_year":"2027"}', "c"))
    assert.equal(3, card.exp_month)
  end)

  it("knows created_at from the example and expires_at from the table", function()
    local card = assert(canned("payengine", 200, '{"id":"c","created_at":"2021-12-27T03:35:38.947Z","expires_at":"2031-12-27T03:35:38.947Z"}', "c"))
    assert.equal("2021-12-27T03:35:38.947Z", card.created_at)
    assert.equal("2031-12-27T03:35:38.947Z", card.expires_at)
  end)

  it("does without card_updater and phone_number", function()
    local card = assert(drive.call("payengine", "null_objects"))
    assert.is_nil(card.card_updater)
    assert.is_nil(card.phone_number)
    assert.equal("John Doe", card.name)
    card = assert(canned("payengine", 200, '{"id":"c","name":"John Doe"}', "c"))
    assert.is_nil(card.card_updater)
    assert.is_nil(card.phone_number)
  end)

  it("reads code and message at the top level or under error", function()
    local bodies = {
      '{"code":"E121","message":"Invalid key"}', '{"error":{"code":"E121","message":"Invalid key"}}',
      '{"code":"E121","error":"Invalid key"}', '{"code":"E121","error":{"message":"Invalid key"}}',
    }
    for _, body in ipairs(bodies) do
      for status, kind in pairs { [400] = "invalid_request", [401] = "auth" } do
        local card, err = canned("payengine", status, body, "c")
        assert.is_nil(card)
        assert.equal(kind, err.kind)
        assert.equal("E121", err.code, body)
        assert.equal("Invalid key", err.message, body)
      end
    end
  end)

  it("has a code that is a string also where the provider writes a number", function()
    local _, err = canned("payengine", 422, '{"error":{"code":122,"message":"Wrong key type"}}', "c")
    assert.equal("122", err.code)
  end)

  it("knows the codes for a missing permission and a wrong key as auth", function()
    local _, err = drive.call("payengine", "status=401")
    assert.equal("auth", err.kind)
    assert.equal("E121", err.code)
    _, err = drive.call("payengine", "status=403")
    assert.equal("auth", err.kind)
    assert.equal("E120", err.code)
    _, err = drive.call("payengine", nil, { client = drive.client("payengine", { secret = "wrong" }) })
    assert.equal("auth", err.kind)
    assert.equal(401, err.status)
  end)

  it("does not take an error at HTTP 200 for a card", function()
    for _, body in ipairs { '{"error":{"code":"E129","message":"no"}}', '{"code":"E129","message":"no"}', '{"id":"c","error":"no"}' } do
      local card, err = canned("payengine", 200, body, "c")
      assert.is_nil(card)
      assert.equal("protocol", err.kind, body)
    end
  end)
end)
