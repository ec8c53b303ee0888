--- cards policy explain: what a policy shows of each field.

local cli = require "support.cli"
local core = require "cards.core"

local runs, fails = cli.runs, cli.fails
local folder, write, _, remove

setup(function()
  folder, write, _, remove = cli.folder()
end)

teardown(function() remove() end)

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
    fails(1, "it is no policy, but a mapping", { "policy", "explain", "examples/mappings/whop.lua" })
    fails(1, write("wrong.lua", "return {\n cvv = keep }") .. ":2: ", { "policy", "explain", folder .. "/wrong.lua" })
  end)
end)
