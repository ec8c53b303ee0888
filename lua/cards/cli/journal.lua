--- What an interrupted run left behind: a file beside the output says what it was a run of, the output and the file of errors say which rows are done.
--
-- Each line of both begins with its row's number, and reaches the file in one piece with others. A process that is killed may leave half a line: it is cut off,
-- and that row is done again.

local core = require "cards.core"
local done = require "cards.cli.done"
local exists = require "cards.cli.exists"
local to_json = require "cards.cli.json"

local journal = {}

local PIECE = 65536
local FINGERPRINT = "cards run, the bytes of the input" -- a key that is no secret: what is hashed is only told apart

--- What tells one input from another: its length, and a hash of its bytes, which takes about a second for a gigabyte.
local function fingerprint(path)
  local file, why = io.open(path, "rb")
  if not file then
    return nil, why
  elseif not file:seek "end" then
    file:close()
    return nil, ("%s: it is no file that can be read twice"):format(path)
  end
  file:seek "set"
  local bytes, hash, piece = 0, ""
  repeat
    piece, why = file:read(PIECE)
    if piece then
      bytes, hash = bytes + #piece, core.hash(FINGERPRINT, hash .. piece)
    end
  until not piece
  file:close()
  if why then
    return nil, ("%s: %s"):format(path, why)
  end
  return { bytes = bytes, hash = hash }
end

--- The numbers in a file of lines, one after the other.
-- @return a function that returns the next number, and at the end nil and how many bytes the whole lines have; an error for another kind of line
local function numbers(path)
  local file = io.open(path, "rb")
  local text, at, whole = "", 1, 0
  return function()
    while file do
      local line_end = text:find("\n", at, true)
      if line_end then
        local number = text:match('^{"row":(%d+),', at)
        if not number then
          error(("%s: a line is not of a run: choose another --out, or remove the file"):format(path), 0)
        end
        whole = whole + line_end + 1 - at
        at = line_end + 1
        return tonumber(number)
      end
      local piece, why = file:read(PIECE)
      if why then
        error(("%s: %s"):format(path, why), 0)
      elseif not piece then
        file:close()
        file = nil
      else
        text, at = text:sub(at) .. piece, 1
      end
    end
    return nil, whole
  end
end

--- The numbers of both files, as near to their order as they are, so that few gaps have to be remembered.
-- @return the set, how many there are, how many of them in the second file, and the bytes of whole lines in each
local function collect(first, second)
  local set, count, seconds = done.new(), 0, 0
  local next_first, next_second = numbers(first), numbers(second)
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
      error(("row %d stands twice in %s and %s"):format(number, first, second), 0)
    end
    count = count + 1
  end
  return set, count, seconds, first_bytes, second_bytes
end

local function is_same(told, input)
  return type(told) == "table" and told.bytes == input.bytes and told.hash == input.hash
end

--- Finds out where a run goes on, and opens its files.
-- @param input, output, errors paths
-- @return { done = set of rows, count, failed = how many of them, output, errors = files to append to }, or nil and what is in the way
function journal.open(input, output, errors)
  local path = output .. ".journal"
  local now, why = fingerprint(input)
  if not now then
    return nil, why
  end
  local known = exists(path)
  if not known and (exists(output) or exists(errors)) then
    return nil, ("%s: it is there already, and not of a run that can go on: choose another --out, or remove it"):format(exists(output) and output or errors)
  end
  local note, taken = core.append(path)
  if not note then
    return nil, ("%s: %s"):format(path, taken)
  end
  local file = io.open(path, "rb")
  local told = file and file:read "*a" or ""
  file:close()
  if told:find "\n" then
    if not is_same(core.json_decode(told), now) then
      return nil, ("%s has changed since the run began whose output is %s: remove that output, %s and %s to begin anew"):format(input, output, errors, path)
    end
  else -- a new one, or one that was killed before anything else
    local ok, failure = note:cut(0)
    ok = ok and note:write(to_json(now) .. "\n") and note:sync()
    if not ok then
      return nil, ("%s: %s"):format(path, failure or "it cannot be written")
    end
  end
  local found, set, count, failed, output_bytes, errors_bytes = pcall(collect, output, errors)
  if not found then
    return nil, set
  end
  local run = { done = set, count = count, failed = failed, note = note }
  for name, target in pairs { output = { output, output_bytes }, errors = { errors, errors_bytes } } do
    local opened, failure = core.append(target[1])
    if opened then
      local cut, reason = opened:cut(target[2])
      opened, failure = cut and opened, reason
    end
    if not opened then
      return nil, ("%s: %s"):format(target[1], failure)
    end
    run[name] = opened
  end
  return run
end

return journal
