--- Results on their way into the order of rows: a window of so many rows, from the first that is not written on.
--
-- Results come by number, nearly in the order of rows. Those of rows behind the window are left in Redis: it is read again from the first of them on, once the
-- window has moved. So the memory is that of the window, however long one row takes.

local window = {}
window.__index = window

--- @param done set of rows that are written already
-- @param rows, bytes of the window
-- @param write function(line, row)
function window.new(done, rows, bytes, write)
  local self = setmetatable({
    done = done, rows = rows, most = bytes, write = write, next = 1, lines = {}, numbers = {}, bytes = 0, cursor = 0, left = false, left_at = 0,
  }, window)
  self:advance()
  return self
end

--- Forgets what is not written yet, which is read again from the first result on.
function window:restart()
  self.lines, self.numbers, self.bytes, self.cursor, self.left, self.left_at = {}, {}, 0, 0, false, 0
end

--- The last row of the window.
function window:last()
  return self.next + self.rows - 1
end

--- Notes that a result is left where it is.
function window:leave(number)
  if not self.left then
    self.left, self.left_at = number, self.next
  elseif number < self.left then
    self.left = number
  end
end

--- Takes a result.
function window:add(number, row, line)
  if row < self.next or self.lines[row] or self.done:has(row) then
    return
  elseif row > self:last() or self.bytes + #line > self.most and row ~= self.next then
    return self:leave(number)
  end
  self.lines[row], self.numbers[row] = line, number
  self.bytes = self.bytes + #line
end

--- Writes the lines whose turn it is.
function window:advance()
  while true do
    local row = self.next
    local line = self.lines[row]
    if line then
      self.lines[row], self.numbers[row] = nil, nil
      self.bytes = self.bytes - #line
      self.write(line, row)
    elseif not self.done:has(row) then
      return
    end
    self.next = row + 1
  end
end

--- Where to read on, behind a result.
-- @param is_end whether there was none behind `cursor`
-- @return the result to read behind; whether that is an earlier one
function window:turn(is_end)
  local moved = self.next - self.left_at
  if self.left and (is_end and moved > 0 or moved >= self.rows / 2) then
    self.cursor, self.left = self.left - 1, false
    return self.cursor, true
  end
  return self.cursor, false
end

--- The last result up to which all are written.
function window:written()
  local first = self.left or self.cursor + 1
  for _, number in pairs(self.numbers) do
    if number < first then
      first = number
    end
  end
  return first - 1
end

return window
