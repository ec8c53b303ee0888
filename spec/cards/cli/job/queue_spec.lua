--- The rows that a worker holds.

local new_queue = require("cards.cli.job.queue").new

--- A queue over a job that answers takes with these replies, in turn.
-- @return it, and the list of what was asked for: "COUNT alone" or "COUNT ", and how many rows of others
local function queue_of(replies)
  local asked, of_others = {}, {}
  local store = {
    id = "id",
    must = function(_, _, _, _, _, most, room, alone)
      table.insert(asked, most .. " " .. alone)
      table.insert(of_others, room)
      return table.remove(replies, 1)
    end,
  }
  return new_queue {
    store = store, worker = "w", concurrency = 4, make = function(text) return { id = text } end, deliveries = 3,
  }, asked, of_others
end

--- Runs a row of the queue to its end. @return its number
local function do_one(queue)
  local item = { number = 0 }
  assert(queue:wait(item))
  queue:leave(item)
  queue:release(item.number)
  return item.number
end

describe("the queue of a worker", function()
  it("runs a row alone that workers ended with, and takes none beside it", function()
    local queue, asked = queue_of { { "1 1 = a\n2 1 = b\n", 1, 0, 3, 3, 0 }, { "3 3 = c\n", 0, 2, 3, 3, 1 }, { "", 0, 3, 3, 3, 0 } }
    assert.equal(2, queue:take())
    assert.is_nil(queue:take())
    assert.equal(1, do_one(queue))
    assert.is_nil(queue:take())
    assert.equal(2, do_one(queue))
    assert.equal(1, queue:take())
    assert.is_nil(queue:take())
    assert.equal(3, do_one(queue))
    assert.equal(0, queue:take())
    assert.same({ "4 ", "1 alone", "4 " }, asked)
  end)

  it("takes one row after the other that a worker gave back, without a pause", function()
    local queue, _, of_others = queue_of {
      { "1 1 = a\n", 0, 0, 4, 4, 1 }, { "2 1 = b\n", 0, 1, 4, 4, 1 }, { "3 1 = c\n", 0, 2, 4, 4, 0 }, { "", 0, 3, 4, 4, 0 },
    }
    for row = 1, 3 do
      assert.equal(1, queue:take())
      assert.equal(row, do_one(queue))
    end
    queue:take()
    assert.same({ 4, 4, 4, 0 }, of_others)
  end)
end)
