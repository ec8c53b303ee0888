--- Lines on their way to a file: many in one piece, none for long.

local core = require "cards.core"

local output = {}
output.__index = output

local MOST, LONGEST = 65536, 0.2 -- bytes and seconds that lines wait

--- @param file something with write(text), which returns nil and why where it fails
-- @param name of the file, for errors
function output.new(file, name)
  return setmetatable({ file = file, name = name, lines = {}, count = 0, bytes = 0, written = core.now() }, output)
end

--- Writes what waits; an error where that fails.
function output:flush()
  self.written = core.now()
  if self.count == 0 then
    return
  end
  local text = table.concat(self.lines, "\n", 1, self.count) .. "\n"
  self.count, self.bytes = 0, 0
  local ok, why = self.file:write(text)
  if not ok then
    error(("%s: %s"):format(self.name, why), 0)
  end
end

--- Takes a line without its end.
function output:add(line)
  local count = self.count + 1
  self.lines[count], self.count, self.bytes = line, count, self.bytes + #line
  if self.bytes >= MOST or (count % 16 == 0 and core.now() - self.written >= LONGEST) then
    self:flush()
  end
end

return output
