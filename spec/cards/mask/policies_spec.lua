--- The named policies, those of the examples, and the masked names of a record's fields.

local cards = require "cards"
local cjson = require "cjson"
local program = require "support.program"
local sandbox = require "support.sandbox"

local mask = cards.mask
local PAN, CVV = "4539148803436467", "987"

local function card()
  return {
    provider = "x", id = "card_1", number = cards.secret(PAN, "pan"), cvv = cards.secret(CVV, "cvv"), last4 = "6467", bin = "453914", brand = "visa",
    type = "virtual", status = "active", exp_month = 12, exp_year = 2027, holder_name = "Jane Doe", token = cards.secret("tok_0123456789", "token"),
    billing = { line1 = "123 Street 1", city = "Burbank", country = "US" }, email = "jane.doe@example.com", phone = "+14155056227",
    created_at = "2024-11-20T06:56:11Z", canceled_at = "2025-01-31T00:00:00Z", unknown = "MARKER",
  }
end

describe("cards.mask.policies", function()
  it("has what support may see, which is what cards.mask shows", function()
    assert.same(mask(card()), mask.policies.support(card()))
  end)

  it("has what holders may see of their own card", function()
    assert.same({
      id = "card_1", number = "************6467", last4 = "6467", brand = "visa", type = "virtual", status = "active", exp_month = 12, exp_year = 2027,
      holder_name = "Jane Doe", billing = { line1 = "123 Street 1", city = "Burbank", country = "US" }, email = "jane.doe@example.com",
      phone = "+14155056227", created_at = "2024-11-20T06:56:11Z", canceled_at = "2025-01-31T00:00:00Z", unknown = "***",
    }, mask.policies.cardholder(card()))
  end)

  it("has what auditors may see, and can join it with a key", function()
    assert.same({
      provider = "x", id = "card_1", number = "453914******6467", last4 = "6467", bin = "453914", brand = "visa", type = "virtual", status = "active",
      created_at = "2024-11-20T06:56:11Z", canceled_at = "2025-01-31T00:00:00Z", unknown = "***",
    }, mask.policies.audit(card()))
    local joined = mask.policies.audit:extend { number = mask.hash(cards.secret "a key of 16 bytes") }
    assert.equal(joined(card()).number, joined(card()).number)
    assert.matches("^%x+$", joined(card()).number)
  end)

  for name, policy in pairs(mask.policies) do
    it(name .. " shows no secret of any provider", function()
      for _, provider in ipairs(sandbox.PROVIDERS) do
        local client = cards[provider].new(sandbox.config(provider))
        local id = sandbox.plant(sandbox.unique_id(provider), { pan = PAN, cvv = "642", token = "tok_MARKER_0123" })
        local record = assert(client[sandbox.operation(provider)](client, sandbox.params(provider, id)))
        for _, shown in ipairs { policy(cards.card(record)), policy(record) } do
          local text = cjson.encode(shown)
          for _, secret in ipairs { PAN, "\"642\"", "tok_MARKER_0123" } do
            assert.is_nil(text:find(secret, 1, true), text)
          end
        end
      end
    end)
  end
end)

describe("the examples of policies", function()
  it("show each role what it may see: examples/own_policy.lua", function()
    local output, status = program.shell(("ALIX_URL=%s/alix CA_FILE=%s ALIX_ACCESS_TOKEN=alix_token_sandbox %s examples/own_policy.lua")
      :format(sandbox.url "HTTPS_URL", program.quote(sandbox.url "CA_FILE"), os.getenv "LUA_BIN"))
    assert.equal(0, status, output)
    assert.matches("agent +number=%*%*%*%*%*%*%*%*%*%*%*%*1111 +expiry=%*%*%*/2027", output)
    assert.matches("fraud +number=411111%*%*%*%*%*%*1111 +expiry=1/2027", output)
    assert.matches("stranger +number=%*%*%*%*%*%*%*%*%*%*%*%*1111 +expiry=%*%*%*/%*%*%*", output)
    assert.is_nil(output:find(sandbox.ALIX_PAN, 1, true))
  end)

  --- A policy file as its users have it: with the rules as its globals.
  local function load_policy(path)
    local chunk
    if setfenv then -- luacheck: globals setfenv
      chunk = setfenv(assert(loadfile(path)), mask)
    else
      chunk = assert(loadfile(path, "t", mask))
    end
    return chunk()
  end

  it("are right: examples/policies/support_no_name.lua", function()
    local rules = load_policy "examples/policies/support_no_name.lua"
    assert.same({}, mask.check(rules))
    local shown = mask.policies.support:extend(rules)(card())
    assert.same({ nil, "***6227", "***@example.com", "************6467" }, { shown.holder_name, shown.phone, shown.email, shown.number })
  end)

  it("are right: examples/policies/statistics.lua", function()
    local rules = load_policy "examples/policies/statistics.lua"
    assert.same({}, mask.check(rules))
    assert.same({
      provider = "x", bin = "453914", brand = "visa", type = "virtual", status = "active", exp_year = 2027, billing = { country = "US" },
      created_at = "2024", canceled_at = "2025", unknown = "***",
    }, mask.policy(rules)(card()))
  end)
end)
