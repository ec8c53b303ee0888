local cards = require "cards"
local acme = require "support.acme"
local to_json = require "cards.cli.json"

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

  it("shows where credentials and settings go, and nothing of what they are", function()
    local definition = acme.definition({ method = "POST", encoding = "form", echo = { ["data.id"] = "card_id" } }, {
      auth = { { type = "basic", credential = { "user", "password" } }, { type = "body", path = "auth.key", credential = "key" },
        { type = "signer", name = "X-Sig", credential = "secret", sign = function() return "Zq7signed" end } },
      settings = { version = { wire = "X-Version", required = true }, region = { into = "query", wire = "r", default = "eu" } },
    })
    local given = { token = false, user = "Zq7user", password = cards.secret "Zq7password", key = "Zq7key", secret = "Zq7secret",
      version = "Zq7version" }
    local module = cards.define(definition)
    for _, of in ipairs { module, "acme", acme.client(module, given) } do
      local about = cards.describe(of, "show")
      assert.same({
        { credential = "user", into = "header", wire = "Authorization", prefix = "Basic ", basic = true, password = "password" },
        { into = "header", wire = "X-Sig", signed = true }, { credential = "password" }, { credential = "secret" },
        { credential = "key", into = "body", wire = "auth.key" },
      }, about.auth)
      assert.same({ into = "header", wire = "X-Version", required = true }, about.settings.version)
      assert.same({ into = "query", wire = "r", default = "eu" }, about.settings.region)
      assert.equal("form", about.encoding)
      assert.is_nil(about.safe)
      assert.is_nil(about.pages)
      assert.same({ ["data.id"] = "card_id" }, about.echo)
      assert.is_nil(to_json(about):find("Zq7", 1, true))
    end
  end)

  it("shows the same of a built-in provider", function()
    local about = cards.describe("whop", "retrieve")
    assert.same({ { credential = "token", into = "header", wire = "Authorization", prefix = "Bearer " } }, about.auth)
    assert.same({ api_version_date = { into = "header", wire = "Api-Version-Date" } }, about.settings)
    assert.is_nil(about.encoding)
    assert.is_true(about.safe)
    assert.equal("json", cards.describe("nayax", "get_token").encoding)
  end)

  it("shows how the pages of a list go on", function()
    local pages = { items = "data.items", more = "data.more", last = "data.items[].id", into = "after" }
    local operation = { params = { card_id = {}, after = {} }, pages = pages }
    local shown = cards.describe(cards.define(acme.definition(operation)), "show").pages
    assert.same({ items = "data.items", more = "data.more", last = "id", into = "after" }, shown)
    operation.pages = { items = "data", cursor = "next", into = "after" }
    assert.same(operation.pages, cards.describe(cards.define(acme.definition(operation)), "show").pages)
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
