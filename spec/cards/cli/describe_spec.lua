--- cards describe: operations, credentials and fields.

local cli = require "support.cli"
local core = require "cards.core"

local runs, fails = cli.runs, cli.fails

describe("cards describe", function()
  it("lists operations, credentials and fields", function()
    runs("netxd.get_cvv\n", { "describe" })
    runs("CARDS_ALIX_ACCESS_TOKEN or CARDS_ALIX_ACCESS_TOKEN_FILE", { "describe", "alix" })
    runs("  card_id  string, required, into path", { "describe", "alix.private_info" })
    runs("fields of the record (data):", { "describe", "alix.private_info" })
    runs("fields of the record:", { "describe", "whop.retrieve" })
    local output = runs("", { "describe", "whop.retrieve", "--json" }, { only = "stdout" })
    assert.equal("pan", core.json_decode(output).response.fields["secrets.card_number"])
    fails(2, "did you mean 'whop'?", { "describe", "whp" })
    fails(2, "did you mean 'retrieve'?", { "describe", "whop.retrive" })
  end)
end)
