--- cards call … --help: providers, operations and the options of an operation.

local cli = require "support.cli"
local core = require "cards.core"
local failure = require "cards.cli.program.failure"
local sandbox = require "support.sandbox"

local runs, fails = cli.runs, cli.fails
local _, write, remove

setup(function()
  _, write, _, remove = cli.folder()
end)

teardown(function() remove() end)

describe("cards call --help", function()
  it("lists providers, options and what each exit status means", function()
    local output = runs("--mapping FILE", { "call", "--help" })
    for _, name in ipairs(core.providers()) do
      assert.matches("\n   " .. name .. " +%w", output)
    end
    for _, row in ipairs(failure.statuses) do
      assert.matches(("\n   %d %s +%%u"):format(row[1], row[2]), output)
    end
    for line in output:gmatch "[^\n]+" do
      assert.truthy(#line <= 120, line)
    end
  end)

  it("lists the operations of a provider", function()
    runs("private_info            GET /api/v2/cards/{cardId}/private-info", { "call", "alix", "--help" })
  end)

  it("lists the parameters of an operation as options, with type, values and whether they are required", function()
    local output = runs("Usage: cards call alix private_info", { "call", "alix", "private_info", "--help" })
    assert.matches("\n   %-%-card%-id STRING +Text, required%.\n", output)
    assert.matches("\n   %-%-json +", output)
    assert.matches("\n   CARDS_ALIX_ACCESS_TOKEN +A credential, required%.\n", output)
    output = runs("--channel {PULSE,VISA_DPS}", { "call", "netxd", "get_cvv", "-h" })
    assert.matches("One of these, required", output)
    assert.matches("\n   %-%-reference STRING +Text%.\n", output)
    -- a secret is no option
    assert.is_nil(output:find("--account-number", 1, true))
    assert.matches("\n   CARDS_NETXD_ACCOUNT_NUMBER +A parameter that is a secret, required%.\n", output)
  end)

  it("does so for an operation of a definition", function()
    local file = write("mine.lua", [[
      return { name = "mine", base_url = "https://mine.example", operations = { show = { method = "POST", path = "/cards/{card_id}", params = {
        card_id = { required = true }, amount = { type = "integer" }, live = { type = "boolean", default = true }, tags = { type = "list" },
        meta = { type = "object" }, size = { type = "number" }, mode = { enum = { "a", "b" }, default = "a" }, json = {}, secret_word = { sensitive = true },
      } } } }
    ]])
    for _, arguments in ipairs { { "call", "mine", "show", "--provider", file, "--help" }, { "call", "--help", "--provider=" .. file, "mine", "show" } } do
      local output = runs("", arguments)
      if arguments[2] == "mine" then
        for label, text in pairs { ["--card-id STRING"] = "Text, required.", ["--amount INTEGER"] = "A whole number.",
          ["--live BOOLEAN"] = "true or false, or else true.", ["--tags LIST"] = "A text; again for each more of the list.",
          ["--meta OBJECT"] = "A JSON object.", ["--size NUMBER"] = "A number.", ["--mode {a,b}"] = "One of these, or else a.",
          ["--param-json STRING"] = "Text.", ["CARDS_MINE_SECRET_WORD"] = "A parameter that is a secret." } do
          assert.matches("\n   " .. label:gsub("%p", "%%%0") .. " +" .. text:gsub("%p", "%%%0") .. "\n", output)
        end
      else
        assert.matches("\n   mine +show\n", output)
      end
    end
    fails(2, "mine: unknown operation 'shw' (did you mean 'show'?)", { "call", "mine", "shw", "--provider", file })
  end)

  it("goes on with providers whose names are options, targets or commands of the program", function()
    for _, name in ipairs { "json", "name", "operation", "call", "policy" } do
      local text = ('return { name = "%s", base_url = "https://x.example", operations = { %s = { path = "/" } } }'):format(name, name)
      local file = write(name .. "_provider.lua", text)
      runs("GET /", { "call", name, name, "--provider", file, "--help" })
    end
  end)
end)

describe("cards call", function()
  it("sends what the options say in the types of the parameters", function()
    local file = write("typed.lua", [[
      return { name = "typed", base_url = "https://typed.example", operations = { show = {
        method = "POST", path = "/alix/api/v2/cards/{card_id}/private-info",
        params = { card_id = { required = true }, tags = { type = "list" }, meta = { type = "object" }, amount = { type = "integer" },
          live = { type = "boolean" } },
      } } }
    ]])
    local id, env = sandbox.unique_id(), { CARDS_TYPED_BASE_URL = sandbox.url "HTTPS_URL" }
    local function call(...)
      return { "call", "typed", "show", "--provider", file, "--retries", "0", "--card-id", id, ... }
    end
    fails(3, "HTTP 405", call("--tags", "a", "--tags", "b", "--meta", '{"k":1}', "--amount", "3", "--live", "true"), { env = env })
    assert.same({ tags = { "a", "b" }, meta = { k = 1 }, amount = 3, live = true }, core.json_decode(sandbox.seen(id).last.body))
    fails(3, "amount", call("--amount", "3.5"), { env = env })
    fails(3, "live", call("--live", "yes"), { env = env })
    fails(3, "meta", call("--meta", "{"), { env = env })
  end)
end)
