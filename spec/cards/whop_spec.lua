--- Whop, trap by trap (docs/providers/whop.md). What all providers have in common is in contract_spec.lua.

local cards = require "cards"
local canned = require "support.canned"
local drive = require "support.drive"
local sandbox = require "support.sandbox"

local function call(params, overrides)
  local client = drive.client("whop", overrides)
  params.card_id = params.card_id or sandbox.unique_id "whop"
  local card, err = client:retrieve(params)
  return card, err, params.card_id
end

describe("whop", function()
  it("has the documented base URL as its default", function()
    local client = cards.whop.new { token = "t" }
    assert.matches("https://api.whop.com/api/v1", tostring(client), 1, true)
  end)

  it("sends its token as a bearer token", function()
    local _, _, id = drive.call "whop"
    assert.equal("Bearer whop_token_sandbox", sandbox.seen(id).last.headers.authorization)
  end)

  it("takes account_id or user_id, and not both", function()
    for name, value in pairs { account_id = "biz_1", user_id = "user_1" } do
      local card, err, id = call { [name] = value }
      assert.is_nil(err)
      assert.equal("card", card.object)
      assert.equal(("/whop/cards/%s?%s=%s"):format(id, name, value), sandbox.seen(id).last.uri)
    end
    local card, err, id = call { account_id = "biz_1", user_id = "user_1" }
    assert.is_nil(card)
    assert.equal("invalid_request", err.kind)
    assert.matches("account_id", err.message, 1, true)
    assert.matches("user_id", err.message, 1, true)
    assert.equal(0, sandbox.seen(id).count)
  end)

  it("sends no query without either of them", function()
    local _, _, id = call {}
    assert.equal("/whop/cards/" .. id, sandbox.seen(id).last.uri)
  end)

  it("keeps an account id with & and = in it one value", function()
    local _, _, id = call { account_id = "biz_1&user_id=user_2#x y+%41" }
    assert.equal("/whop/cards/" .. id .. "?account_id=biz_1%26user_id%3Duser_2%23x%20y%2B%2541", sandbox.seen(id).last.uri)
  end)

  it("keeps its own headers from those that a client or call adds, and no other provider's", function()
    for _, name in ipairs { "Authorization", "API-VERSION-DATE" } do
      local ok, message = pcall(drive.client, "whop", { headers = { [name] = "x" } })
      assert.is_false(ok)
      assert.matches(("headers.%s is set by the library"):format(name), message, 1, true)
    end
    local client = drive.client("whop", { headers = { ["Access-Token"] = "x" } })
    local ok, message = pcall(client.retrieve, client, "c", { headers = { ["Api-Version-Date"] = "x" } })
    assert.is_false(ok)
    assert.matches("headers.Api-Version-Date is set by the library", message, 1, true)
  end)

  it("sends Api-Version-Date where it is set, as it is, and otherwise none", function()
    for _, date in ipairs { "2026-08-21-1", "2026-06-09", "tomorrow" } do
      local _, err, id = call({}, { api_version_date = date })
      assert.equal(date, sandbox.seen(id).last.headers["api-version-date"])
      assert.equal(date == "tomorrow" and "invalid_request" or nil, err and err.kind)
    end
    local _, _, id = call {}
    assert.is_nil(sandbox.seen(id).last.headers["api-version-date"])
  end)

  it("succeeds without secrets for a card that is not active", function()
    for _, case in ipairs { "null_secrets", "missing_secrets" } do
      local card, err = drive.call("whop", case)
      assert.is_nil(err)
      assert.is_nil(card.secrets)
      assert.equal("4242", card.last4)
    end
  end)

  it("has nullable fields, which are absent then", function()
    local card = assert(drive.call("whop", "nulls"))
    assert.is_nil(card.name)
    assert.is_nil(card.spent_last_month)
    assert.is_nil(card.created_at)
  end)

  it("gives limit.amount and spent_last_month as they come: dollars and cents, not converted", function()
    local card = assert(canned("whop", 200, '{"id":"c","limit":{"amount":99.5,"frequency":"monthly"},"spent_last_month":9950}', "c"))
    assert.equal(99.5, card.limit.amount)
    assert.equal(9950, card.spent_last_month)
    if math.type then
      assert.equal("float", math.type(card.limit.amount))
      assert.equal("integer", math.type(card.spent_last_month))
    end
  end)

  it("gives last4 and the month the zeros back that a number loses", function()
    local card = assert(canned("whop", 200, '{"id":"c","last4":42,"expiration_month":3,"expiration_year":2027,"secrets":{"cvc":7}}', "c"))
    assert.equal("0042", card.last4)
    assert.equal("03", card.expiration_month)
    assert.equal("2027", card.expiration_year)
    assert.equal("007", card.secrets.cvc:reveal())
  end)

  it("reads the code of an error, or its type for a 429", function()
    local _, err = drive.call("whop", "status=404")
    assert.equal("not_found", err.kind)
    assert.equal("resource_not_found", err.code)
    _, err = drive.call("whop", "status=429")
    assert.equal("rate_limited", err.kind)
    assert.equal("rate_limit_exceeded", err.code)
    assert.equal("Try again in 12 seconds.", err.message)
    assert.is_true(err.retryable)
    assert.equal("whop.retrieve: rate_limited (HTTP 429, code rate_limit_exceeded): Try again in 12 seconds.", tostring(err))
  end)

  it("obeys retry-after-ms before Retry-After, and x-should-retry: false", function()
    local _, err = drive.call("whop", "status=429,retry_after=30,retry_after=ms:250")
    assert.equal(0.25, err.retry_after)
    _, err = drive.call("whop", "status=429,x_should_retry=false")
    assert.is_false(err.retryable)
  end)

  it("does not take an error at HTTP 200 for a card", function()
    local card, err = drive.call("whop", "declined_200")
    assert.is_nil(card)
    assert.equal("protocol", err.kind)
    assert.equal("bad_request", err.code)
  end)

  it("takes another id in the answer for somebody else's card, and none for its own", function()
    local card, err = canned("whop", 200, '{"id":"other","last4":"4242"}', "c")
    assert.is_nil(card)
    assert.equal("protocol", err.kind)
    card = assert(canned("whop", 200, '{"last4":"4242"}', "c"))
    assert.equal("4242", card.last4)
  end)
end)
