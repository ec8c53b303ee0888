--- examples/batch, as its first lines say.

local cli = require "support.cli"
local core = require "cards.core"

local folder, read, remove

before_each(function()
  local _
  folder, _, read, remove = cli.folder()
end)

after_each(function() remove() end)

describe("examples/batch", function()
  it("makes a masked line of each row, and tells what failed", function()
    local output, status = cli.run({ "run", "examples/batch/flow.lua", "--in", "examples/batch/ids.csv", "--out", folder .. "/cards.ndjson" })
    assert.equal(1, status, output)
    local results = {}
    for line in read "cards.ndjson":gmatch "[^\n]+" do
      local value = core.json_decode(line)
      results[value.row] = value.result
    end
    assert.same({
      { customer = "Doe, Jane", number = "************1111", expires = "2027-01" },
      { customer = "Roe, Richard", number = "************1111", expires = "2027-01" },
      nil,
      { customer = "Moe, Curly", number = "************1111", expires = "2027-01" },
    }, results)
    local failed = core.json_decode(read "cards.ndjson.errors")
    assert.same({ 3, "not_found" }, { failed.row, failed.error.kind })
  end)
end)
