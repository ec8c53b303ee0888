--- The numbers of rows that are done.

local journal = require "cards.cli.run.journal"

describe("the set of rows that are done", function()
  it("knows the numbers that were added, in any order", function()
    local set = journal.new_set()
    for i = 5000, 1, -1 do
      if i % 7 ~= 0 then
        assert.is_true(set:add(i))
      end
    end
    for i = 1, 5000 do
      assert.equal(i % 7 ~= 0, set:has(i))
      assert.equal(i % 7 == 0, set:add(i))
      assert.is_true(set:has(i))
    end
    assert.is_false(set:has(5001))
    assert.is_true(set.blocks[0])
    assert.is_true(set.blocks[3])
  end)
end)
