--- cards call: by which mapping a record becomes a card.

local cli = require "support.cli"
local core = require "cards.core"
local sandbox = require "support.sandbox"

local runs, fails = cli.runs, cli.fails
local _, write, remove, definition, mapped, env

local DEFINITION = [[
  return { name = "%s", base_url = "https://mine.example", auth = { type = "header", name = "access-token", credential = "token" },
    operations = { show = { path = "/api/v2/cards/{card_id}/private-info", params = { card_id = { required = true } },
      response = { root = "data", fields = { cardNo = "pan", cvv = "cvv", expYear = "string" } },%s } } }
]]

setup(function()
  _, write, _, remove = cli.folder()
  definition = write("mine.lua", DEFINITION:format("mine", ""))
  mapped = write("mapped.lua", DEFINITION:format("mapped", 'card = { number = "cardNo", exp_year = { "expYear", year } }'))
  local token, url = sandbox.credentials("alix").access_token, sandbox.url "HTTPS_URL" .. "/alix"
  env = { CARDS_MINE_TOKEN = token, CARDS_MINE_BASE_URL = url, CARDS_MAPPED_TOKEN = token, CARDS_MAPPED_BASE_URL = url }
end)

teardown(function() remove() end)

local function shown(arguments)
  table.insert(arguments, "--json")
  return core.json_decode(runs("", arguments, { env = env, only = "stdout" }))
end

describe("cards call --provider", function()
  it("shows the card by the mapping in the definition", function()
    local card = shown { "call", "mapped", "show", "--provider", mapped, "--card-id", "c_1" }
    assert.same({ provider = "mapped", number = "************1111", last4 = "1111", bin = "411111", exp_year = 2027 },
      { provider = card.provider, number = card.number, last4 = card.last4, bin = card.bin, exp_year = card.exp_year })
    assert.equal("", (runs("", { "call", "mapped", "show", "--provider", mapped, "--card-id", "c_1" }, { env = env, only = "stderr" })))
  end)

  it("shows the record, masked, where there is no mapping, and says so", function()
    local arguments = { "call", "mine", "show", "--provider", definition, "--card-id", "c_1" }
    local output = runs("mine.show has no mapping to a card (--mapping FILE, or `card` in its definition)", arguments, { env = env })
    assert.matches("cardNo +%*+", output)
    assert.is_nil(output:find(sandbox.ALIX_PAN, 1, true))
    assert.is_table(shown(arguments)) -- what is said does not stand in the JSON
  end)

  it("takes several definitions, and names with - for _", function()
    local other = write("my_own.lua", DEFINITION:format("my_own", 'card = { number = "cardNo" }'))
    local arguments = { "call", "my-own", "show", "--provider", definition, "--provider", other, "--card-id", "c_1" }
    runs("my_own", arguments, { env = { CARDS_MY_OWN_TOKEN = env.CARDS_MINE_TOKEN, CARDS_MY_OWN_BASE_URL = env.CARDS_MINE_BASE_URL } })
    runs("************1111", { "call", "alix", "private-info", "--card-id", "c_1" })
  end)
end)

describe("cards call --mapping", function()
  it("shows the card by the mapping in a file, of a definition or of a built-in provider", function()
    local file = write("mine_mapping.lua", 'return { ["mine.show"] = { number = "cardNo", exp_year = { "expYear", year } } }')
    local card = shown { "call", "mine", "show", "--provider", definition, "--mapping", file, "--card-id", "c_1" }
    assert.equal("************1111", card.number)
    assert.equal(2027, card.exp_year)
    file = write("alix_mapping.lua", 'return { ["alix.private_info"] = { number = "cardNo", holder_name = function() return "Nobody" end } }')
    runs("holder_name", { "call", "alix", "private_info", "--mapping", file, "--card-id", "c_1" })
    assert.is_nil(shown({ "call", "alix", "private_info", "--mapping", file, "--card-id", "c_1" }).cvv)
  end)

  it("takes the place of the mapping in the definition", function()
    local file = write("other_mapping.lua", 'return { ["mapped.show"] = { cvv = "cvv" } }')
    local card = shown { "call", "mapped", "show", "--provider", mapped, "--mapping", file, "--card-id", "c_1" }
    assert.equal("***", card.cvv)
    assert.is_nil(card.number)
  end)

  it("says what is wrong with the file, before the call", function()
    local function wrong(expected, name, text)
      fails(1, expected, { "call", "alix", "private_info", "--mapping", text and write(name, text) or name, "--card-id", "sandbox-never" })
    end
    wrong("it is no mapping, but a policy", "policy.lua", "return { number = pan { last = 4 } }")
    wrong("it has a mapping of whop.retrieve, but none of alix.private_info", "examples/mappings/whop.lua")
    wrong("typo.lua:2: ", "typo.lua", 'return { ["alix.private_info"] = {\n number = "cardNr" } }')
    wrong("/nowhere", "/nowhere")
  end)

  it("fails where a function of the mapping fails", function()
    local file = write("failing.lua", 'return { ["alix.private_info"] = { number = "cardNo", holder_name = function() error "x" end } }')
    fails(3, "the mapping's function for holder_name failed", { "call", "alix", "private_info", "--mapping", file, "--card-id", "c_1" })
  end)
end)
