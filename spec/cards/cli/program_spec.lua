--- The program `cards`, but for `cards run`.

local cli = require "support.cli"
local core = require "cards.core"
local program = require "support.program"
local sandbox = require "support.sandbox"

local folder, write, read, remove

setup(function()
  folder, write, read, remove = cli.folder()
end)

teardown(function() remove() end)

local function runs(expected, arguments, options)
  local output, status = cli.run(arguments, options)
  assert.equal(0, status, output)
  assert.truthy(output:find(expected, 1, true), output)
  return output
end

local function fails(status_expected, expected, arguments, options)
  local output, status = cli.run(arguments, options)
  assert.equal(status_expected, status, output)
  assert.truthy(output:find(expected, 1, true), output)
  assert.is_nil(output:find("traceback", 1, true), output)
  return output
end

describe("cards", function()
  it("says how it is used", function()
    runs("Usage: cards", { "--help" })
    fails(2, "a command is required", {})
    fails(2, "cal", { "cal" })
    fails(2, "--nothing", { "check", "--nothing" })
  end)
end)

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

  it("calls any provider, with parameters from the environment too", function()
    local credentials = sandbox.credentials "netxd"
    runs("679", { "call", "netxd", "get_cvv", "--card-id", "c_1", "--product", "DEFAULT", "--program", "DEFAULT", "--channel", "VISA_DPS",
      "--reference", "visadps100013", "--policy", write("fn.lua", "return { provider = fn(function() return '679' end) }") }, { env = {
      CARDS_NETXD_BASE_URL = sandbox.url "HTTPS_URL" .. "/netxd", CARDS_NETXD_CREDENTIAL = credentials.credential, CARDS_NETXD_API_KEY = credentials.api_key,
      CARDS_NETXD_SIGNATURE = credentials.signature, CARDS_NETXD_ACCOUNT_NUMBER = "400320588344662", CARDS_NETXD_CUSTOMER_ID = "100000000006001",
    } })
  end)

  it("says what is wrong", function()
    fails(1, "alix.private_info: declined", { "call", "alix", "private_info", "--card-id", "sandbox-declined" })
    fails(1, "card_id", { "call", "alix", "private_info" })
    fails(2, "did you mean 'private_info'?", { "call", "alix", "privat_info" })
    fails(2, "did you mean 'alix'?", { "call", "alx", "private_info" })
    fails(2, "--crd-id", { "call", "alix", "private_info", "--crd-id", "c_1" })
    fails(1, "timeout", { "call", "alix", "private_info", "--card-id", "c_1", "--timeout=-1" })
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

describe("cards check", function()
  it("passes what is in order", function()
    local flow = write("flow.lua", "error 'not run' return function(row) return row end")
    local output = runs("examples/mappings/whop.lua: a mapping without mistakes", { "check", "examples/mappings/whop.lua", flow })
    assert.truthy(output:find(flow .. ": a flow, compiled and not run", 1, true))
  end)

  it("says every mistake with its line", function()
    local policy = write("wrong.lua", "return {\n  number = keep,\n  exp_year = keep,\n  cvv = pan {},\n}")
    local mapping = write("map.lua", "return { ['alix.private_info'] = {\n  numbr = 'cardNo',\n  cvv = { 'cvv', trm } } }")
    local broken = write("broken.lua", "return function(row)\n  return row +\nend")
    local output = fails(1, policy .. ":2: ", { "check", policy, mapping, broken, "/nowhere.lua" })
    for _, expected in ipairs { policy .. ":4: ", mapping .. ":3: unknown name 'trm': the nearest is 'trim'", broken .. ":3: ", "/nowhere.lua" } do
      assert.truthy(output:find(expected, 1, true), output)
    end
  end)

  it("puts the examples of a definition to the test", function()
    local text = [[
return { name = "tested", base_url = "https://tested.example", auth = { type = "bearer", credential = "token" },
  operations = { show = { path = "/c", response = { fields = { id = "string" } } } },
  examples = {
    { operation = "show", status = 200, answer = '{"id":"a"}' },
    { operation = "show", status = 200, answer = 'x' },
  } }
]]
    local path = write("tested.lua", text)
    fails(1, path .. ":5: ", { "check", path })
    runs("a definition without mistakes", { "check", write("tested.lua", (text:gsub("'x'", [['{"id":"b"}']]))) })
  end)
end)

describe("cards describe", function()
  it("lists operations, credentials and fields", function()
    runs("netxd.get_cvv\n", { "describe" })
    runs("CARDS_ALIX_ACCESS_TOKEN or CARDS_ALIX_ACCESS_TOKEN_FILE", { "describe", "alix" })
    runs("  card_id  string, required, into path", { "describe", "alix.private_info" })
    runs("fields of the record (data):", { "describe", "alix.private_info" })
    runs("fields of the record:", { "describe", "whop.retrieve" })
    local output = runs("", { "describe", "whop.retrieve", "--json" }, { only = "stdout" })
    assert.equal("pan", core.json_decode(output).response.fields["secrets.card_number"])
    fails(1, "did you mean 'whop'?", { "describe", "whp" })
    fails(1, "did you mean 'retrieve'?", { "describe", "whop.retrive" })
  end)
end)

describe("cards policy explain", function()
  it("says what a policy shows of each field", function()
    local policy = write("policy.lua", "return { number = pan { first = 6, last = 4 } }")
    local output = runs("first 6, last 4", { "policy", "explain", policy })
    assert.matches("FIELD", output)
    output = runs("", { "policy", "explain", "--json", policy }, { only = "stdout" })
    assert.is_table(core.json_decode(output)[1])
    local definition = write("explained.lua",
      'return { name = "explained", operations = { show = { path = "/", response = { fields = { ["holder.title"] = "string" } } } } }')
    local own = write("own_policy.lua", "return { holder = { title = initials } }")
    assert.matches("explained +show +holder%.title +string +initials\n", runs("", { "policy", "explain", "--provider", definition, own }))
    runs("a policy without mistakes", { "check", definition, own })
    fails(1, own .. ":1: holder: no provider has such a field", { "policy", "explain", own })
    fails(1, "it is a mapping, not a policy", { "policy", "explain", "examples/mappings/whop.lua" })
    fails(1, write("wrong.lua", "return {\n cvv = keep }") .. ":2: ", { "policy", "explain", folder .. "/wrong.lua" })
  end)
end)

describe("cards new-provider", function()
  it("writes files that pass their own checks", function()
    runs(folder .. "/acme_2_spec.lua", { "new-provider", "acme_2", "--dir", folder })
    runs("a mapping without mistakes", { "check", folder .. "/acme_2.lua", folder .. "/acme_2_mapping.lua" })
    assert.matches("CARDS_ACME_2_TOKEN", read "acme_2.lua")
    local output, status = program.shell(("%s /usr/bin/busted -o TAP %s"):format(os.getenv "LUA_BIN", folder .. "/acme_2_spec.lua"))
    assert.equal(0, status, output)
    assert.matches("ok 3", output)
    fails(1, "it is there already", { "new-provider", "acme_2", "--dir", folder })
    os.remove(folder .. "/acme_2.lua")
    fails(1, "acme_2_mapping.lua: it is there already", { "new-provider", "acme_2", "--dir", folder })
    assert.is_nil(read "acme_2.lua")
    fails(1, "lower-case letters", { "new-provider", "../x", "--dir", folder })
    fails(1, "is a provider already", { "new-provider", "alix", "--dir", folder })
    fails(1, "/nowhere", { "new-provider", "other", "--dir", "/nowhere" })
  end)

  it("takes names that are words of Lua's, or of the spec's", function()
    for _, name in ipairs { "end", "cards", "it" } do
      runs(folder, { "new-provider", name, "--dir", folder })
      local output, status = program.shell(("%s /usr/bin/busted -o TAP %s"):format(os.getenv "LUA_BIN", folder .. "/" .. name .. "_spec.lua"))
      assert.equal(0, status, output)
    end
  end)
end)

describe("the program cards", function()
  it("says where what it shows cannot be written", function()
    local policy = write("policy.lua", "return { number = pan { last = 4 } }")
    for _, command in ipairs { "describe", "describe --json", "check " .. policy, "policy explain " .. policy, "policy explain --json " .. policy } do
      local output, status = program.shell(("%s lua/cards/cli/cards %s >/dev/full"):format(os.getenv "LUA_BIN", command))
      assert.equal(1, status, command)
      assert.matches("cards: standard output: .*No space left", output)
    end
  end)
end)
