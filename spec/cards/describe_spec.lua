local cards = require "cards"

describe("cards.describe", function()
  it("returns the descriptor of an operation by module, by name and by client", function()
    local alix = cards.alix.new { base_url = "https://localhost", access_token = "t" }
    for _, of in ipairs { cards.alix, "alix", alix } do
      local about = cards.describe(of, "private_info")
      assert.equal("GET", about.method)
      assert.equal("pan", about.response.fields.cardNo)
      assert.is_true(about.params.card_id.required)
    end
  end)

  it("lists all operations without a name", function()
    assert.equal("POST", cards.describe(cards.netxd).get_cvv.method)
  end)

  it("names the nearest operation where there is none of that name", function()
    local ok, message = pcall(cards.describe, cards.whop, "retreive")
    assert.is_false(ok)
    assert.matches("did you mean 'retrieve'", message, 1, true)
  end)

  it("shows no number and no control character of a name that is none", function()
    for _, name in ipairs { "4111111111111111", "a\nb" } do
      local _, message = pcall(cards.describe, cards.whop, name)
      assert.is_nil(message:find(name, 1, true))
    end
  end)

  it("refuses what is no provider", function()
    assert.has_error(function() cards.describe({}, "x") end)
    assert.has_error(function() cards.describe(nil) end)
    assert.has_error(function() cards.describe "nobody" end)
  end)
end)
