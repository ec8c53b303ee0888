-- Where a secret came from: core.origin.

local cards = require "cards"
local core = require "cards.core"
local testing = require "cards.testing"

local function origin(secret)
  return table.concat({ core.origin(secret) }, " ")
end

describe("the origin of a secret", function()
  local record = testing.record("alix.private_info", { cardNo = "4111111111111111", cvv = "123", unknown = "x" })

  it("is the operation that it came from", function()
    assert.equal("alix private_info", origin(record.cardNo))
    assert.equal("alix private_info", origin(record.cvv))
    assert.equal("alix private_info", origin(record.unknown))
    assert.equal("whop retrieve", origin(testing.record("whop.retrieve", { secrets = { card_number = "4111111111111111" } }).secrets.card_number))
  end)

  it("is told apart for each operation of a definition", function()
    cards.define { name = "origins", base_url = "https://origins.example", operations = {
      a = { path = "/a", response = { fields = { number = "pan" } }, card = { number = "number" } },
      b = { path = "/b", response = { fields = { number = "pan" } }, card = { number = { "number", cards.map.digits } } },
    } }
    assert.equal("origins a", origin(testing.record("origins.a", { number = "4111111111111111" }).number))
    local b = testing.record("origins.b", { number = "4111 1111 1111 1111" })
    assert.equal("origins b", origin(b.number))
    assert.equal("origins b", origin(cards.card(b).number))
  end)

  it("stays where something is made of it", function()
    assert.equal("alix private_info", origin(record.cardNo:digits()))
    assert.equal("alix private_info", origin(cards.card(record).number))
  end)

  it("is unknown for one that a script made", function()
    assert.equal("", origin(cards.secret("4111111111111111", "pan")))
  end)

  it("asks for a secret", function()
    assert.has_error(function() core.origin "x" end)
  end)
end)
