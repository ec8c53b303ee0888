--- Buffered lines of an output file: written many at a time, but none waits for long while others come.

local core = require "cards.core"
local to_json = require "cards.cli.json"

local output = {}
output.__index = output

local MOST, LONGEST = 65536, 0.2 -- bytes and seconds after which lines are written

--- @param file with a method write(text), which returns nil and the reason where it fails
-- @param name of the file, for errors
function output.new(file, name)
  return setmetatable({ file = file, name = name, lines = {}, bytes = 0, written = core.now(), broken = false }, output)
end

--- Writes the buffered lines. Raises an error where that fails, and from then on: what is lost with them is not to pass for written.
function output:flush()
  if self.broken then
    error(self.broken, 0)
  end
  local text = table.concat(self.lines)
  if text ~= "" then
    self.broken = self.name .. ": interrupted while lines were written" -- by a signal, which may raise an error anywhere in here
    self.lines, self.bytes = {}, 0
    local ok, why = self.file:write(text)
    if not ok then
      self.broken = ("%s: %s"):format(self.name, why)
      error(self.broken, 0)
    end
    self.broken = false
  end
  self.written = core.now()
end

--- The line {"row":row,"name":value}, with a second name and value if there is one.
-- @return it, with its end; or nil and why JSON cannot represent a value
function output.line(row, name, value, second, value_of_second)
  local json, wrong = to_json(value)
  local more = ""
  if json and second then
    more, wrong = to_json(value_of_second)
    more = more and (',"%s":%s'):format(second, more)
  end
  if not json or not more then
    return nil, wrong
  end
  return ('{"row":%d,"%s":%s%s}\n'):format(row, name, json, more)
end

--- Adds such a line. Raises an error where the file cannot be written.
-- @return true; or nil and why JSON cannot represent a value
function output:add(...)
  local line, wrong = output.line(...)
  if not line then
    return nil, wrong
  end
  self:write(line)
  return true
end

--- Adds a line, or several. Raises an error where the file cannot be written.
function output:write(line)
  self.lines[#self.lines + 1], self.bytes = line, self.bytes + #line
  if self.bytes >= MOST or core.now() - self.written >= LONGEST then
    self:flush()
  end
end

return output
