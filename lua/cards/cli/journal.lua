--- The journal of a run, by which an interrupted run continues. It is a file beside the output that identifies the input; the output and the file of errors
-- show which rows are done.
--
-- Each line of those two begins with the number of its row. A process that is killed may leave half a line: that is cut off, and the row is done again.

local core = require "cards.core"
local files = require "cards.cli.files"
local to_json = require "cards.cli.json"

local journal = {}

local BLOCK = 1024 -- rows
local MOST_DIGITS = 15 -- of the number of a row: each Lua has such numbers exactly

--- A set of the numbers of rows, from 1 on. They are added nearly in order, so a block of rows that are all done needs no table.
local done = {}
done.__index = done

function journal.new_set()
  return setmetatable({ blocks = {}, counts = {} }, done)
end

--- Adds a number. @return false where it is in the set already
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

--- Whether a number is in the set.
function done:has(number)
  local rows = self.blocks[(number - number % BLOCK) / BLOCK]
  return rows == true or (rows ~= nil and rows[number] ~= nil)
end

local LONGEST_NOTE = 4096 -- bytes

local FINGERPRINT = "cards run, the bytes of the input" -- the key of the hash: no secret, as the hash only identifies the input

--- Identifies an input by its length and a hash of its bytes. One gigabyte takes about a second.
local function fingerprint(path)
  local file, why = io.open(path, "rb")
  if not file then
    return nil, why
  elseif not file:seek "end" then
    file:close()
    return nil, ("%s: it is no file that can be read twice"):format(path)
  end
  file:seek "set"
  local bytes, hash = 0, ""
  local ok, wrong = pcall(function()
    for piece in files.pieces(file, path) do
      bytes, hash = bytes + #piece, core.hash(FINGERPRINT, hash .. piece)
    end
  end)
  file:close()
  if not ok then
    return nil, wrong
  end
  return { bytes = bytes, hash = hash }
end

--- The numbers of the rows in a file of lines.
-- @return a function that returns the next number; at the end nil and the bytes of all complete lines. It raises an error for another kind of line
local function numbers(file, path)
  local next_line, bytes = files.lines(files.pieces(file, path), path, math.huge), 0
  return function()
    local line, is_complete = next_line()
    if not is_complete then
      return nil, bytes
    end
    bytes = bytes + #line + 1
    local digits = line:match '^{"row":(%d+),'
    local number = digits and #digits <= MOST_DIGITS and tonumber(digits) or 0
    if number < 1 then
      error(("%s: a line is not of a run: choose another --out, or remove the file"):format(path), 0)
    end
    return number
  end
end

--- Merges the numbers in both files nearly in order, so that the set stays small.
-- @return the set, the count of all numbers and of those in the second file, and the bytes of complete lines in each file
-- @param first, second { file, path }
local function collect(first, second)
  local set, count, seconds = journal.new_set(), 0, 0
  local next_first, next_second = numbers(first.file, first.path), numbers(second.file, second.path)
  local a, first_bytes = next_first()
  local b, second_bytes = next_second()
  while a or b do
    local number
    if a and (not b or a <= b) then
      number = a
      a, first_bytes = next_first()
    else
      number = b
      seconds = seconds + 1
      b, second_bytes = next_second()
    end
    if not set:add(number) then
      error(("row %d stands twice in %s and %s"):format(number, first.path, second.path), 0)
    end
    count = count + 1
  end
  return set, count, seconds, first_bytes, second_bytes
end

local function is_same(known, input)
  return type(known) == "table" and known.bytes == input.bytes and known.hash == input.hash
end

--- Opens the files of a run, at the place where it continues.
-- @param input, output, errors paths
-- @return { done = set of rows, count = rows in it, failed = those that failed, output, errors = files to append to }; or nil and the obstacle
function journal.open(input, output, errors)
  local path = output .. ".journal"
  local now, why = fingerprint(input)
  if not now then
    return nil, why
  end
  local known = files.exists(path)
  if not known and (files.exists(output) or files.exists(errors)) then
    local taken = files.exists(output) and output or errors
    return nil, ("%s: it is there already, and not of a run that can go on: choose another --out, or remove it"):format(taken)
  end
  local note, refused = core.append(path)
  if not note then
    return nil, ("%s: %s"):format(path, refused)
  end
  local text = note:read(LONGEST_NOTE) or ""
  if text:find "\n" then
    if not is_same(core.json_decode(text), now) then
      return nil, ("%s has changed since the run began whose output is %s: remove that output, %s and %s to begin anew"):format(input, output, errors, path)
    end
  else -- a new run, or one that was killed before it wrote anything
    local ok, failure = note:cut(0)
    ok = ok and note:write(to_json(now) .. "\n") and note:sync()
    if not ok then
      return nil, ("%s: %s"):format(path, failure or "it cannot be written")
    end
  end
  local targets = { { path = output }, { path = errors } }
  for _, target in ipairs(targets) do -- before they are read, so that nobody can put another file in their place
    target.file, why = core.append(target.path)
    if not target.file then
      return nil, ("%s: %s"):format(target.path, why)
    end
  end
  local found, set, count, failed, output_bytes, errors_bytes = pcall(collect, targets[1], targets[2])
  if not found then
    return nil, set
  end
  for i, bytes in ipairs { output_bytes, errors_bytes } do
    local cut, reason = targets[i].file:cut(bytes)
    if not cut then
      return nil, ("%s: %s"):format(targets[i].path, reason)
    end
  end
  return { done = set, count = count, failed = failed, note = note, output = targets[1].file, errors = targets[2].file }
end

return journal
