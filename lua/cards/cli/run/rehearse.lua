--- cards run --dry-run: reads the whole input and says what a run would do. The flow was loaded; no row is run, and no file is written.

local check = require "cards.util.check"
local figures = require "cards.util.figures"
local files = require "cards.cli.files"
local journal = require "cards.cli.run.journal"

local SHOWN = 5 -- mistakes of the input

local count, several = figures.count, figures.several

--- Reads all rows. @return { rows, open = those that are not done, within the limit, wrong = how many cannot be read, mistakes = list of the first ones }
local function read(next_row, done, limit)
  local found = { rows = 0, open = 0, wrong = 0, mistakes = {} }
  while true do
    local row, wrong, line = next_row()
    if row == nil then
      return found
    end
    found.rows = found.rows + 1
    local is_open = found.rows <= (limit or math.huge) and not (done and done:has(found.rows))
    found.open = found.open + (is_open and 1 or 0)
    if not row then
      found.wrong = found.wrong + 1
      if found.wrong <= SHOWN then
        table.insert(found.mistakes, ("row %d (line %d): %s"):format(found.rows, line, wrong))
      end
    end
  end
end

--- @param options of the command
-- @param task what is prepared: next_row, about, size, paths
-- @return the exit status, 1 where a row of the input cannot be read; or nil and the obstacle
return function(options, task)
  local looked, why
  if task.paths then
    why = files.no_folder(options.output) or files.no_folder(task.paths.errors)
    local input
    if not why then
      input, why = journal.fingerprint(options.input)
    end
    if input then
      looked, why = journal.look(input, options.output, task.paths.errors, journal.changed(options.input, options.output, task.paths.errors), options.retry)
    end
    if not looked then
      return nil, why
    end
  end
  local was_read, found = pcall(read, task.next_row, looked and looked.done, options.limit)
  if not was_read then
    return nil, check.line(found)
  end
  local columns = task.about.columns and ", columns: " .. check.line(table.concat(task.about.columns, ", ")) or ""
  local lines = { ("%s: %s%s"):format(check.line(options.input), several(found.rows, "row"), columns) }
  for _, mistake in ipairs(found.mistakes) do
    table.insert(lines, check.line(mistake))
  end
  if found.wrong > SHOWN then
    table.insert(lines, several(found.wrong, "row") .. " in all cannot be read")
  end
  if looked and looked.count > 0 then
    table.insert(lines, ("%s done already; %s of them failed, of which %s would be run again"):format(several(looked.count, "row"), count(looked.failed),
      count(looked.taken or 0)))
  end
  table.insert(lines, ("%s would be run, %d at the same time: results in %s, errors in %s"):format(several(found.open + (looked and looked.taken or 0), "row"),
    options.concurrency, check.line(options.output), check.line(task.paths and task.paths.errors or options.errors or "standard error")))
  table.insert(lines, "no row was run, and no file was written")
  io.stdout:write(table.concat(lines, "\n"), "\n")
  return found.wrong > 0 and 1 or 0
end
