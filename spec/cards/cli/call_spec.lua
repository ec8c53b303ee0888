--- cards call: what it asks for and shows, and where its credentials come from.

local cli = require "support.cli"
local core = require "cards.core"
local sandbox = require "support.sandbox"

local runs, fails = cli.runs, cli.fails
local _, write, remove

setup(function()
  _, write, _, remove = cli.folder()
end)

teardown(function() remove() end)

describe("cards call", function()
  local call = { "call", "alix", "private_info", "--card-id", "c_1" }

  it("shows a card, masked", function()
    local output = runs("number     ************1111\n", call)
    assert.matches("provider +alix\n", output)
    assert.matches("cvv +%*%*%*\n", output)
    assert.is_nil(output:find(sandbox.ALIX_PAN, 1, true))
  end)

  it("shows it as JSON, by a policy from a file", function()
    local output = runs("", { "call", "alix", "private_info", "--json", "--card-id=c_1" }, { only = "stdout" })
    local expected = { provider = "alix", number = "************1111", cvv = "***", last4 = "1111", bin = "411111", exp_month = 1, exp_year = 2027 }
    assert.same(expected, core.json_decode(output))
    local policy = write("policy.lua", "return { number = pan { first = 6 }, exp_year = drop }")
    output = runs("", { "call", "alix", "private_info", "--json", "--card-id=c_1", "--policy", policy }, { only = "stdout" })
    assert.equal("411111**********", core.json_decode(output).number)
    assert.is_nil(core.json_decode(output).exp_year)
    fails(1, "it is no policy", { "call", "alix", "private_info", "--policy", "examples/mappings/whop.lua", "--card-id", "c_1" })
  end)

  it("takes credentials from the environment and from files, never from arguments", function()
    local path = write("token", sandbox.credentials("alix").access_token .. "\n")
    runs("************1111", call, { env = { CARDS_ALIX_ACCESS_TOKEN = false, CARDS_ALIX_ACCESS_TOKEN_FILE = path } })
    fails(1, "set CARDS_ALIX_ACCESS_TOKEN, or CARDS_ALIX_ACCESS_TOKEN_FILE", call, { env = { CARDS_ALIX_ACCESS_TOKEN = false } })
    fails(1, "/nowhere", call, { env = { CARDS_ALIX_ACCESS_TOKEN = false, CARDS_ALIX_ACCESS_TOKEN_FILE = "/nowhere" } })
    fails(1, "set CARDS_ALIX_BASE_URL", call, { env = { CARDS_ALIX_BASE_URL = false } })
    fails(1, "insecure_http", call, { env = { CARDS_ALIX_BASE_URL = sandbox.url "HTTP_URL" .. "/alix" } })
    runs("************1111", call, { env = { CARDS_ALIX_BASE_URL = sandbox.url "HTTP_URL" .. "/alix", CARDS_INSECURE_HTTP = "1" } })
    for _, option in ipairs { "--access-token", "--access-token=x", "--token", "--password", "--api_key", "--client-secret" } do
      local output = fails(2, "is no option, as arguments can be seen by every user", { "call", "alix", "private_info", option, "hunter2" })
      assert.is_nil(output:find "hunter2")
    end
    fails(2, "set CARDS_NETXD_ACCOUNT_NUMBER", { "call", "netxd", "get_cvv", "--account-number", "400320588344662" })
  end)

  it("says in one line that a card's number is no id, without it", function()
    for _, number in ipairs { "4111111111111111", "card 4111 1111 1111 1111" } do
      local output = fails(2, "card_id " .. (number:find "card" and "has a card's number in it" or "is a card's number"),
        { "call", "alix", "private_info", "--card-id", number })
      assert.is_nil(output:find("4111", 1, true))
      assert.is_nil(output:find("traceback", 1, true))
    end
  end)

  it("calls any provider, with parameters from the environment too", function()
    local credentials = sandbox.credentials "netxd"
    runs("679", { "call", "netxd", "get_cvv", "--card-id", "c_1", "--product", "DEFAULT", "--program", "DEFAULT", "--channel", "VISA_DPS",
      "--reference", "visadps100013", "--policy", write("fn.lua", "return { provider = fn(function() return '679' end) }") }, { env = {
      CARDS_NETXD_BASE_URL = sandbox.url "HTTPS_URL" .. "/netxd", CARDS_NETXD_CREDENTIAL = credentials.credential, CARDS_NETXD_API_KEY = credentials.api_key,
      CARDS_NETXD_SIGNATURE = credentials.signature, CARDS_NETXD_ACCOUNT_NUMBER = "400320588344662", CARDS_NETXD_CUSTOMER_ID = "100000000006001",
    } })
  end)

  it("says what is wrong", function()
    fails(7, "alix.private_info: declined", { "call", "alix", "private_info", "--card-id", "sandbox-declined" })
    fails(2, "card_id is required: give --card-id, or set CARDS_ALIX_CARD_ID", { "call", "alix", "private_info" })
    fails(2, "did you mean 'private_info'?", { "call", "alix", "privat_info" })
    fails(2, "did you mean 'alix'?", { "call", "alx", "private_info" })
    fails(2, "--crd-id", { "call", "alix", "private_info", "--crd-id", "c_1" })
    fails(2, "--timeout must be a number", { "call", "alix", "private_info", "--card-id", "c_1", "--timeout=-1" })
    fails(2, "--retries must be a whole number", { "call", "alix", "private_info", "--card-id", "c_1", "--retries", "1.5" })
  end)

  it("calls a provider that a file defines", function()
    local definition = write("mine.lua", [[
      return { name = "mine", base_url = "https://mine.example", auth = { type = "header", name = "access-token", credential = "token" },
        operations = { show = { path = "/api/v2/cards/{card_id}/private-info", params = { card_id = { required = true } },
          response = { root = "data", fields = { cardNo = "pan", cvv = "cvv", expYear = "string" } },
          card = { number = "cardNo", exp_year = { "expYear", year } } } } }
    ]])
    local env = { CARDS_MINE_TOKEN = sandbox.credentials("alix").access_token, CARDS_MINE_BASE_URL = sandbox.url "HTTPS_URL" .. "/alix" }
    runs("************1111", { "call", "mine", "show", "--provider", definition, "--card-id", "c_1" }, { env = env })
    runs("2027", { "call", "--provider=" .. definition, "mine", "show", "--card-id", "c_1" }, { env = env })
    fails(2, "it is no provider's definition", { "call", "mine", "show", "--provider", "examples/mappings/whop.lua" })
    fails(2, "/nowhere", { "call", "mine", "show", "--provider", "/nowhere" })
  end)
end)
