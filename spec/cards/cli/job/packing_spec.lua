--- Rows as lines of text.

local packing = require "cards.cli.job.packing"

local LETTERS = { "\\", "\t", "\n", "\r", "t", "n", "a", "\0", "\233", '"', " " }

local function random_field(random)
  local letters = {}
  for i = 1, random(0, 6) do
    letters[i] = LETTERS[random(#LETTERS)]
  end
  return table.concat(letters)
end

describe("the text of a row", function()
  it("has its fields, whatever is in them, and no line break", function()
    math.randomseed(7)
    for _ = 1, 2000 do
      local fields, copy = {}, {}
      for i = 1, math.random(1, 4) do
        fields[i] = random_field(math.random)
        copy[i] = fields[i]
      end
      local text = packing.pack(fields)
      assert.is_nil(text:find "\n")
      assert.same(copy, packing.fields(text))
    end
  end)

  it("is the line of NDJSON as it stands", function()
    assert.equal('{"a":"\\t"}', packing.pack '{"a":"\\t"}')
  end)
end)
