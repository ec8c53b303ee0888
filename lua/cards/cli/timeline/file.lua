--- The file of a timeline: a line for each interval.

local core = require "cards.core"
local files = require "cards.cli.files"
local interval = require "cards.cli.timeline.interval"

local file = {}
file.__index = file

local LONGEST = 1048576 -- bytes of a line

--- The intervals of a file that is open for reading, as far as its lines are complete: a process that is killed may leave half a line.
-- @return a function that returns the next interval; at the end nil and the bytes of all complete lines. It raises an error for another kind of line
function file.intervals(input, path)
  local next_line, bytes, number = files.lines(files.pieces(input, path), path, LONGEST), 0, 0
  return function()
    local line, is_complete = next_line()
    if not is_complete then
      return nil, bytes
    end
    bytes, number = bytes + #line + 1, number + 1
    return interval.read(line) or error(("%s:%d: the line is no interval of a timeline"):format(path, number), 0)
  end
end

--- What is wrong with a file that stands where a timeline shall be; nil where it is one, or there is none.
function file.foreign(path)
  local input = files.exists(path) and io.open(path, "rb")
  if not input then
    return nil
  end
  local ok = pcall(file.intervals(input, path))
  input:close()
  return not ok and ("%s: it is there already, and is no timeline of a run: choose another --out, or remove it"):format(path) or nil
end

--- Opens the file of a run, at the place where it goes on.
-- @param is_new whether the run has written nothing before
-- @return an object with the methods `write` and `close`; or nil and the obstacle
function file.open(path, is_new)
  local wrong = file.foreign(path)
  if wrong then
    return nil, wrong
  end
  local output, why = core.append(path)
  if not output then
    return nil, ("%s: %s"):format(path, why)
  end
  local ok, failure = pcall(function()
    local next_line, lines_bytes = files.lines(files.pieces(output, path), path, LONGEST)
    local bytes, is_complete = 0, not is_new
    while is_complete do
      bytes = lines_bytes()
      is_complete = select(2, next_line())
    end
    local cut, reason = output:cut(bytes)
    return cut or error(("%s: %s"):format(path, reason), 0)
  end)
  if not ok then
    output:close()
    return nil, failure
  end
  return setmetatable({ output = output, path = path }, file)
end

--- Writes intervals. Raises an error where that fails.
function file:write(list)
  local lines = {}
  for i, one in ipairs(list) do
    lines[i] = interval.write(one) .. "\n"
  end
  local ok, why = self.output:write(table.concat(lines))
  if not ok then
    error(("%s: %s"):format(self.path, why), 0)
  end
end

--- Closes it.
function file:close()
  self.output:close()
end

return file
