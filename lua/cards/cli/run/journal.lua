--- The journal of a run, by which an interrupted run continues. It is a file beside the output that identifies the input; the output and the file of errors
-- show which rows are done.
--
-- Each line of those two begins with the number of its row. A process that is killed may leave half a line: that is cut off, and the row is done again.
--
-- To run rows again that failed, their lines are taken out of the errors, which makes them rows that are not done. The errors are replaced in one step, and the
-- journal then gets a second line, which says what was taken out: the same command takes out nothing more before all rows are done.

local check = require "cards.util.check"
local core = require "cards.core"
local files = require "cards.cli.files"
local timeline = require "cards.cli.timeline.file"
local to_json = require "cards.cli.json"

local journal = {}

local BLOCK = 1024 -- rows
local MOST_DIGITS = 15 -- of the number of a row: each Lua has such numbers exactly

--- A set of the numbers of rows, from 1 on. They are added nearly in order, so a block of rows that are all done needs no table.
local done = {}
done.__index = done

--- A new set, without any number.
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

local PIECE = 65536 -- bytes of lines that are written at once, and of a summary at most
local LONGEST_NOTE = 4096 -- bytes

local FINGERPRINT = "cards run, the bytes of the input" -- the key of the hash: no secret, as the hash only identifies the input

--- Identifies an input by its length and a hash of its bytes. One gigabyte takes about a second.
-- @return { bytes, hash }; or nil and the obstacle
function journal.fingerprint(path)
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

--- The lines of a file of lines, for as long as they are complete.
-- @return a function that returns the number of the next row and its line; at the end nil and the bytes of all complete lines. It raises an error for
--   another kind of line
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
    return number, line
  end
end

--- The kind of the error in a line of errors. What a text in it holds has its quotes escaped, and columns stand behind the error.
local function kind_of(line)
  return line:match '"kind":"([%w_]+)"' or "script"
end

--- Merges the numbers in both files nearly in order, so that the set stays small.
-- @param results, errors { file, path }
-- @return { done = the set, count = of all numbers, failed = of those in the errors, kinds = how many there by kind, bytes = of the complete lines in each
--   file }
local function collect(results, errors)
  local set, count, failed, kinds = journal.new_set(), 0, 0, {}
  local next_result, next_error = numbers(results.file, results.path), numbers(errors.file, errors.path)
  local a, results_bytes = next_result()
  local b, line = next_error()
  while a or b do
    local number
    if a and (not b or a <= b) then
      number = a
      a, results_bytes = next_result()
    else
      number, failed = b, failed + 1
      local kind = kind_of(line)
      kinds[kind] = (kinds[kind] or 0) + 1
      b, line = next_error()
    end
    if not set:add(number) then
      error(("row %d stands twice in %s and %s"):format(number, results.path, errors.path), 0)
    end
    count = count + 1
  end
  return { done = set, count = count, failed = failed, kinds = kinds, bytes = { results_bytes, line } }
end

--- A function that says whether a line of errors is to be taken out.
-- @param retry { kinds = set of kinds, or nil for all, limit = the last row that counts, or nil }
local function selection(retry)
  return function(number, line)
    return number <= (retry.limit or math.huge) and (not retry.kinds or retry.kinds[kind_of(line)] ~= nil)
  end
end

--- Opens a file of a run anew, to read it from its beginning. Raises an error where that fails.
local function reopen(target)
  local why
  target.file:close()
  target.file, why = core.append(target.path)
  if not target.file then
    error(("%s: %s"):format(target.path, why), 0)
  end
end

--- Writes the lines of errors that stay into another file, and puts that in the place of the first in one step.
-- @param errors { file, path }; its file has to be opened anew afterwards
-- @return how many lines were taken out. Raises an error where that fails, and then none was
local function take_out(errors, is_taken)
  local path, taken, kept, size = errors.path .. ".part", 0, {}, 0
  local function must(ok, why)
    return ok or error(("%s: %s"):format(path, why), 0)
  end
  reopen(errors)
  local part = must(core.append(path))
  must(part:cut(0))
  local function write()
    must(part:write(table.concat(kept)))
    kept, size = {}, 0
  end
  for number, line in numbers(errors.file, errors.path) do
    if is_taken(number, line) then
      taken = taken + 1
    else
      kept[#kept + 1], size = line .. "\n", size + #line + 1
      if size >= PIECE then
        write()
      end
    end
  end
  write()
  must(part:sync())
  part:close()
  must(core.replace(path, errors.path))
  return taken
end

local function is_same(known, identity)
  for key, value in pairs(type(known) == "table" and identity or {}) do
    if known[key] ~= value then
      return false
    end
  end
  return type(known) == "table"
end

--- The paths of a run's files beside its output.
-- @param errors that of its errors; nil for the usual one
function journal.paths(output, errors)
  return { journal = output .. ".journal", errors = errors or output .. ".errors", summary = output .. ".summary.json", timeline = output .. ".timeline" }
end

--- Why there can be no new run, as a file is there already; nil where there can. The summary of an earlier run is in nobody's way.
local function taken(output, errors)
  local text = core.read_file(journal.paths(output).summary, PIECE)
  local known = text and core.json_decode(text)
  local other = text and not (type(known) == "table" and known.ended) and journal.paths(output).summary or nil
  for _, path in ipairs { output, errors, other } do
    if path == other or files.exists(path) then
      return ("%s: it is there already, and not of a run that can go on: choose another --out, or remove it"):format(path)
    end
  end
  return timeline.foreign(journal.paths(output).timeline)
end

--- Why an interrupted command could not read a path again, which may have a file or none yet; nil where it could.
-- @param command its name
-- @param advice what to do instead
function journal.unfit(path, command, advice)
  local _, why = core.read_file(path, 0)
  return why and why:find "it is no regular file$" and ("%s, so that an interrupted %s could not go on: %s"):format(why, command, advice) or nil
end

--- What is wrong where the input is another one than that of the files.
function journal.changed(input, output, errors)
  return ("%s has changed since the run began whose output is %s: remove that output, %s and %s to begin anew"):format(input, output, errors,
    journal.paths(output).journal)
end

--- Whether something is in the output or the errors.
local function is_begun(output, errors)
  for _, path in ipairs { output, errors } do
    if (core.read_file(path, 1) or "") ~= "" then
      return true
    end
  end
  return false
end

--- Reads the text of a journal. One of a run that wrote no line is as good as none where the input has changed.
-- @param identity of the input
-- @param changed what is wrong where it is not that of the journal
-- @return the first line, nil in a new journal; and what its second line says was taken out, if there is one. Or nil, nil and the obstacle
local function read_note(text, identity, output, errors, changed)
  local first, second = text:match "^([^\n]*\n)([^\n]*)"
  if first and not is_same(core.json_decode(first), identity) then
    return nil, nil, is_begun(output, errors) and changed or nil
  end
  local note = first and text:find "\n.*\n" and core.json_decode(second)
  return first, type(note) == "table" and note.retry or nil
end

--- Opens the journal itself.
-- @return { file, path, first = its first line, retry = what its second line says was taken out, is_new = whether it was empty }; or nil and the obstacle
local function open_note(identity, output, errors, changed)
  local path = journal.paths(output).journal
  local wrong = not files.exists(path) and taken(output, errors)
  if wrong then
    return nil, wrong
  end
  local file, refused = core.append(path)
  if not file then
    return nil, ("%s: %s"):format(path, refused)
  end
  local first, retry, other = read_note(file:read(LONGEST_NOTE) or "", identity, output, errors, changed)
  local is_new = not first
  if other then
    return nil, other
  elseif is_new then -- a new run, or one that was killed before it wrote anything
    first = to_json(identity) .. "\n"
    local ok, failure = file:cut(0)
    ok = ok and file:write(first) and file:sync()
    if not ok then
      return nil, ("%s: %s"):format(path, failure or "it cannot be written")
    end
  end
  return { file = file, path = path, first = first, retry = retry, is_new = is_new }
end

--- Sets or removes the second line of the journal. Raises an error where that fails.
local function set_retry(note, retry)
  local ok, why = note.file:cut(#note.first)
  if ok and retry then
    ok, why = note.file:write(to_json { retry = retry } .. "\n")
  end
  if not ok then
    error(("%s: %s"):format(note.path, why), 0)
  end
  note.retry = retry
end

--- What names a selection of rows that failed: "declined,timeout to 100".
local function retry_name(retry)
  local kinds = retry.kinds and check.keys(retry.kinds) or { "all" }
  return table.concat(kinds, ",") .. (retry.limit and (" to %d"):format(retry.limit) or "")
end

--- Opens the files of a run, at the place where it continues.
-- @param identity of the input, a table that JSON can have: its fingerprint
-- @param output, errors paths
-- @param changed what is wrong where the files belong to another input
-- @param retry { kinds, limit }: the rows that failed and are run again, see selection; nil for none
-- @return { is_new = whether the journal is, done = set of rows, count = rows in it, failed = those that failed, kinds = how many of those by kind, taken =
--   rows that failed and are run again from now on, or nil, output, errors = files to append to, complete = function to call when all rows are done, which
--   raises an error where the journal cannot be written }; or nil and the obstacle
function journal.open(identity, output, errors, changed, retry)
  local note, why = open_note(identity, output, errors, changed)
  if not note then
    return nil, why
  end
  local targets = { { path = output }, { path = errors } }
  for _, target in ipairs(targets) do -- before they are read, so that nobody can put another file in their place
    target.file, why = core.append(target.path)
    if not target.file then
      return nil, ("%s: %s"):format(target.path, why)
    end
  end
  local taken_out
  local found, resumed = pcall(function()
    local before = collect(targets[1], targets[2]) -- which finds files that are not of this run before anything is taken out of them
    if not retry or note.retry == retry_name(retry) then
      return before
    end
    taken_out = files.exists(errors) and take_out(targets[2], selection(retry)) or 0
    set_retry(note, retry_name(retry))
    for _, target in ipairs(targets) do
      reopen(target)
    end
    return collect(targets[1], targets[2])
  end)
  if not found then
    return nil, resumed
  end
  for i, bytes in ipairs(resumed.bytes) do
    local cut, reason = targets[i].file:cut(bytes)
    if not cut then
      return nil, ("%s: %s"):format(targets[i].path, reason)
    end
  end
  resumed.output, resumed.errors, resumed.taken, resumed.is_new = targets[1].file, targets[2].file, taken_out, note.is_new
  resumed.complete = function() set_retry(note, nil) end
  return resumed
end

local empty = { read = function() end, close = function() end }

--- What journal.open would find, with nothing written, made or locked.
-- @return { done, count, failed, kinds, taken } as there; or nil and the obstacle
function journal.look(identity, output, errors, changed, retry)
  local text = core.read_file(journal.paths(output).journal, LONGEST_NOTE)
  local wrong = not text and taken(output, errors)
  local _, open_retry, other
  if text then
    _, open_retry, other = read_note(text, identity, output, errors, changed)
  end
  if wrong or other then
    return nil, wrong or other
  end
  local function target(path) return { path = path, file = files.exists(path) and io.open(path, "rb") or empty } end
  local found, resumed = pcall(function()
    local resumed = collect(target(output), target(errors))
    resumed.taken = retry and 0 or nil
    if retry and open_retry ~= retry_name(retry) then
      local is_taken = selection(retry)
      for number, line in numbers(target(errors).file, errors) do
        resumed.taken = resumed.taken + (is_taken(number, line) and 1 or 0)
      end
    end
    return resumed
  end)
  if not found then
    return nil, resumed
  end
  return resumed
end

return journal
