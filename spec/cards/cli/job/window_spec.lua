--- The order of rows out of results that come in another one, in a window of bounded memory.

local new_set = require("cards.cli.run.journal").new_set
local new_window = require("cards.cli.job.window").new

--- A random order of the rows, in which most are near to their place, and some far.
local function shuffled(rows)
  local list = {}
  for row = 1, rows do
    list[row] = { row = row, at = row + math.random(0, 20) + (math.random(40) == 1 and math.random(0, rows) or 0) }
  end
  table.sort(list, function(a, b) return a.at < b.at or a.at == b.at and a.row < b.row end)
  return list
end

--- Reads results as the collector does, some at a time. @return the rows in the order in which they were written, and the most that were held at once
local function play(results, done, size, bytes)
  local written, most = {}, 0
  local window = new_window(done, size, bytes, function(_, row) table.insert(written, row) end)
  local cursor, idle = 0, 0
  while idle < 2 do
    local had_any = false
    for number = cursor + 1, math.min(cursor + 7, #results) do
      had_any = true
      window:add(number, results[number].row, "line")
      window.cursor = number
    end
    window:advance()
    local held = 0
    for _ in pairs(window.lines) do held = held + 1 end
    most = math.max(most, held)
    -- What is not written, nothing may be thrown away of.
    local lost
    for number = 1, window:written() do
      lost = lost or not (results[number].row < window.next or done:has(results[number].row)) and number
    end
    assert.is_falsy(lost)
    local turned
    cursor, turned = window:turn(not had_any)
    idle = (had_any or turned) and 0 or idle + 1
  end
  return written, most, window
end

describe("the window of cards collect", function()
  it("writes each row once, in order, and holds no more than it may", function()
    math.randomseed(3)
    for round = 1, 60 do
      local rows, size = math.random(0, 300), math.random(1, 40)
      local results = shuffled(rows)
      local bytes = round % 2 == 0 and 1e9 or 4 * math.random(1, 20)
      local written, most, window = play(results, new_set(), size, bytes)
      assert.equal(rows, #written)
      for row = 1, rows do
        assert.equal(row, written[row])
      end
      assert.is_true(most <= size)
      assert.equal(rows, window:written())
    end
  end)

  it("leaves out rows that are written already", function()
    math.randomseed(5)
    local done, expected = new_set(), {}
    for row = 1, 200 do
      if row % 3 == 0 or row < 20 then
        done:add(row)
      else
        table.insert(expected, row)
      end
    end
    assert.same(expected, (play(shuffled(200), done, 16, 1e9)))
  end)
end)
