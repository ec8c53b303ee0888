--- Which rows are done: a set of numbers that begin at 1 and come nearly in order, in little memory.

local BLOCK = 1024

local done = {}
done.__index = done

function done.new()
  return setmetatable({ blocks = {}, counts = {} }, done)
end

--- Adds a number. @return false where it was there
function done:add(number)
  local block = (number - number % BLOCK) / BLOCK
  local rows = self.blocks[block]
  if rows == true or (rows and rows[number]) then
    return false
  elseif not rows then
    rows = {}
    self.blocks[block], self.counts[block] = rows, 0
  end
  rows[number] = true
  self.counts[block] = self.counts[block] + 1
  if self.counts[block] == (block == 0 and BLOCK - 1 or BLOCK) then
    self.blocks[block], self.counts[block] = true, nil
  end
  return true
end

function done:has(number)
  local rows = self.blocks[(number - number % BLOCK) / BLOCK]
  return rows == true or (rows ~= nil and rows[number] ~= nil)
end

return done
