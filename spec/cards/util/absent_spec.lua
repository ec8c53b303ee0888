local cards = require "cards"

local HERE = "absent_spec.lua:%d+: "

local function refused(pattern, call)
  local ok, message = pcall(call)
  assert.is_false(ok)
  assert.matches(HERE .. pattern, message)
end

local function client()
  return cards.alix.new { base_url = "https://api.example.com", access_token = "token" }
end

local acme = cards.define {
  name = "acme_absent", base_url = "https://api.acme.example", auth = { type = "bearer", credential = "token" },
  operations = { show_card = { path = "/cards/{card_id}", params = { card_id = {} } } },
}

describe("an operation that is not there", function()
  it("raises at the caller's line and names the nearest", function()
    refused("cards%.alix: unknown operation 'privat_info' %(did you mean 'private_info'%?%)$", function() client():privat_info "c_1" end)
    refused("cards%.alix: unknown operation 'privat_info' %(did you mean 'private_info'%?%)$", function() cards.alix.privat_info(client(), "c_1") end)
    refused("cards%.alix: unknown operation 'nwe' %(did you mean 'new'%?%)$", function() cards.alix.nwe {} end)
    refused("cards%.acme_absent: unknown operation 'show_crad' %(did you mean 'show_card'%?%)$", function() acme.new { token = "x" }:show_crad "c" end)
    refused("cards%.acme_absent: unknown operation 'shwo_card' %(did you mean 'show_card'%?%)$", function() acme.shwo_card() end)
  end)

  it("names all there are where none is near", function()
    refused("cards%.alix: unknown operation 'refund' %(known are from_env, new, private_info, start%)$", function() client():refund "c_1" end)
    refused("cards%.alix: unknown operation 'pages' %(known are from_env, new, private_info, start%)$", function() client():pages("private_info") end)
  end)

  it("is a function, so that a protected call gets the error", function()
    assert.is_false((pcall(client().privat_info, client(), "c_1")))
    assert.is_false((pcall(cards.alix.privat_info)))
  end)

  it("is told by start and describe as well", function()
    refused("cards%.alix%.start: unknown operation 'privat_info' %(did you mean 'private_info'%?%)$", function() client():start("privat_info", "c_1") end)
    refused("cards%.describe: alix has no operation 'privat_info' %(did you mean 'private_info'%?%)$", function() cards.describe(client(), "privat_info") end)
  end)

  it("is told by describe of a provider, too", function()
    refused("cards%.describe: unknown provider 'alyx' %(did you mean 'alix'%?%)$", function() cards.describe("alyx", "private_info") end)
    refused("cards%.describe: the first argument must be a client, a provider's module or its name$", function() cards.describe {} end)
  end)

  it("has a name, which start says where it gets the parameters first", function()
    refused("cards%.alix%.start: the name of an operation is expected first", function() client():start { card_id = "c_1" } end)
  end)

  it("is no matter where a function of the module is called with a colon: a dot is", function()
    for name, call in pairs {
      define = function() cards:define { name = "acme" } end, configure = function() cards:configure { max_in_flight = 8192 } end,
      breaker = function() cards:breaker { failures = 1 } end, limit = function() cards:limit { rate = 1 } end,
      progress = function() cards:progress { total = 3 } end, ["mask.policy"] = function() cards.mask:policy { number = cards.mask.hide } end,
    } do
      refused(("cards%%.%s: use a dot, and not a colon$"):format(name), call)
    end
  end)

  it("is told of the kit for tests too", function()
    local testing = require "cards.testing"
    refused("cards%.testing: unknown function 'recrod' %(did you mean 'record'%?%)$", function() testing.recrod("alix.private_info", {}) end)
    refused("cards%.alix: unknown operation 'privat_info' %(did you mean 'private_info'%?%)$", function() testing.client("alix", {}):privat_info "c_1" end)
  end)

  it("shows no card number in the place of a name", function()
    refused("cards%.alix: unknown operation '%*+1111'", function() client()["4111111111111111"](client()) end)
  end)
end)

describe("a name that cards does not have", function()
  it("raises where it is used, whichever way", function()
    for _, call in ipairs {
      function() cards.alyx.new { access_token = "x" } end, function() cards.alyx:new {} end, function() cards.alyx() end,
      function() cards.alyx.private_info(client(), "c_1") end,
    } do
      refused("cards: unknown name 'alyx' %(did you mean 'alix'%?%)$", call)
    end
    refused("cards: unknown name 'maks' %(did you mean 'mask'%?%)$", function() cards.maks {} end)
    refused("cards: unknown name 'maks' %(did you mean 'mask'%?%)$", function() cards.maks.policy {} end)
    assert.is_false((pcall(cards.alyx.new, {})))
  end)

  it("is nil where it is near none, so that a program can ask for it", function()
    assert.is_nil(cards.stripe)
    assert.is_nil(cards.on_reload)
  end)

  it("is what cards.define returned, where a definition has that name", function()
    refused("cards: acme_absent is what cards%.define returned for it: a definition is no field of cards$", function() cards.acme_absent.new {} end)
  end)
end)

describe("who looks a module over", function()
  it("finds what is there and nothing else", function()
    assert.is_nil(rawget(cards, "alyx"))
    assert.is_nil(rawget(cards.alix, "privat_info"))
    local names = {}
    for name in pairs(cards.alix) do
      names[#names + 1] = name
    end
    table.sort(names)
    assert.equal("from_env new private_info provider start", table.concat(names, " "))
    assert.is_false((pcall(require, "cards.alyx")))
  end)

  it("gets nil for what tools ask any value for", function()
    for _, value in ipairs { cards, cards.alix, client(), cards.alyx, acme } do
      for _, key in ipairs { "__tojson", "__jsontype", "_NAME", 1, true } do
        assert.is_nil(value[key])
      end
    end
  end)
end)
