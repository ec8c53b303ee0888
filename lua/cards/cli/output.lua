--- Lines on their way to a file: many in one piece, none for long.

local core = require "cards.core"

local output = {}
output.__index = output

--- Whether an error is that of Lua's own program for Ctrl-C, which may come up within any function. Nobody may take it for one of a row.
function output.is_interrupt(err)
  return type(err) == "string" and err:find "interrupted!$" ~= nil
end

local MOST, LONGEST = 65536, 0.2 -- bytes and seconds that lines wait

--- @param file something with write(text), which returns nil and why where it fails
-- @param name of the file, for errors
function output.new(file, name)
  return setmetatable({ file = file, name = name, lines = core.json_lines(), count = 0, written = core.now() }, output)
end

--- Writes what waits; an error where that fails.
function output:flush()
  self.written = core.now()
  if self.count == 0 then
    return
  end
  self.count = 0
  local ok, why = self.file:write(self.lines:take())
  if not ok then
    error(("%s: %s"):format(self.name, why), 0)
  end
end

--- Takes a line, {"row":row,"name":value}. @return true, or false and why the value has no place in JSON; an error where the file cannot be written
function output:add(row, name, value)
  local ok, bytes = pcall(self.lines.add, self.lines, row, name, value)
  if not ok then
    if output.is_interrupt(bytes) then
      error(bytes, 0)
    end
    return false, bytes
  end
  local count = self.count + 1
  self.count = count
  if bytes >= MOST or (count % 16 == 0 and core.now() - self.written >= LONGEST) then
    self:flush()
  end
  return true
end

return output
