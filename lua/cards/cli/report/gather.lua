--- What a report is made from: the files of runs, read in memory that does not grow with them.

local classes = require "cards.cli.run.classes"
local core = require "cards.core"
local figures = require "cards.util.figures"
local files = require "cards.cli.files"
local interval = require "cards.cli.timeline.interval"
local journal = require "cards.cli.run.journal"
local new_errors = require("cards.cli.report.errors").new
local new_points = require("cards.cli.report.points").new
local timeline = require "cards.cli.timeline.file"
local words = require "cards.cli.report.words"

local gather = {}
gather.__index = gather

local LARGEST = 65536 -- bytes of a summary
local BEGINNING = '{"row":' -- of each line of an output
local SHARES = { p50 = 0.5, p95 = 0.95, p99 = 0.99 }

local is_count = interval.is_count

--- Nothing gathered yet.
function gather.new()
  return setmetatable({ runs = {}, errors = new_errors(), points = new_points(), slowest = {}, notes = {} }, gather)
end

--- Opens a file and calls `use` with it. @return what that returns; nil where there is no file. Raises an error
local function with_file(path, use)
  local input = files.exists(path) and io.open(path, "rb")
  if not input then
    return nil
  end
  local ok, result = pcall(use, input, path)
  input:close()
  return ok and result or error(result, 0)
end

--- How many lines a file has, as far as they are complete.
local function count_lines(input, path)
  local count = 0
  for piece in files.pieces(input, path) do
    local at = 0
    repeat
      at = piece:find("\n", at + 1, true)
      count = at and count + 1 or count
    until not at
  end
  return count
end

--- The summary of a run, where there is one that is right.
function gather:read_summary(path, name)
  local text = core.read_file(path, LARGEST)
  local value = text and core.json_decode(text)
  local is_right = type(value) == "table" and is_count(value.rows) and is_count(value.failed) and value.failed <= value.rows and type(value.ended) == "string"
  if text and not is_right then
    self:note("%s.summary.json is no summary of a run, and was not read.", name)
  end
  return is_right and value or nil
end

--- Adds a sentence for the reader.
function gather:note(format, ...)
  table.insert(self.notes, format:format(...))
end

--- Adds an interval of a run.
function gather:interval(run, one)
  self.points:add(one)
  run.counted = (run.counted or 0) + one.rows
  for name, rows in pairs(one.failed) do
    run.failed_by[name] = (run.failed_by[name] or 0) + rows
  end
  for _, entry in ipairs(one.slowest) do
    interval.add_slow(self.slowest, { entry[1], entry[2], run })
  end
end

--- Adds a run whose intervals follow, and which has no files.
function gather:run(name)
  local run = { name = words.name(name), failed_by = {} }
  table.insert(self.runs, run)
  return run
end

--- Says what is not as it is usually.
local function note_run(self, run, summary, has_errors)
  if not summary then
    self:note("%s has no summary: its run goes on, or was killed. Its rows were counted.", run.name)
  end
  if not has_errors and run.failed > 0 then
    local known = run.counted and "timeline" or "summary"
    self:note("The errors of %s are in another file than %s.errors: only what its %s says is known.", run.name, run.name, known)
  end
  if not run.counted then
    self:note("%s has no timeline: nothing is known of its rows over time.", run.name)
  elseif run.counted < run.rows then
    self:note("%s of %s are not in its timeline, as a process was killed, or began without one.", figures.several(run.rows - run.counted, "row"), run.name)
  elseif run.counted > run.rows then
    self:note("In %s %s were run again, and are in its timeline each time.", run.name, figures.several(run.counted - run.rows, "row"))
  end
end

--- Adds the files of a run.
-- @param output the path of its output
-- @param errors_path of its errors; nil for the usual one
-- @return true; or nil and the obstacle
function gather:files(output, errors_path)
  local paths = journal.paths(output, errors_path)
  local run = self:run(output:match "[^/]*$")
  local ok, wrong = pcall(function()
    if not files.exists(output) then
      error(select(2, io.open(output, "rb")) or output .. ": it is no regular file", 0)
    end
    local beginning = core.read_file(output, #BEGINNING)
    if beginning ~= "" and beginning ~= BEGINNING then
      error(output .. ": it is no output of cards run or cards collect", 0)
    end
    local summary = self:read_summary(paths.summary, run.name)
    local has_timeline = with_file(paths.timeline, function(input, path)
      for one in timeline.intervals(input, path) do
        self:interval(run, one)
      end
      return true
    end)
    run.counted = has_timeline and (run.counted or 0) or nil
    local failed = with_file(paths.errors, function(input, path) return self.errors:read(input, path) end)
    run.failed = summary and summary.failed or failed or 0
    run.rows = summary and summary.rows or run.failed + with_file(output, count_lines)
    run.ended = summary and summary.ended
    run.summary = summary
    note_run(self, run, summary, failed)
    if not failed and run.counted then
      self.errors:add_named(run.failed_by)
    elseif not failed and summary and type(summary.errors) == "table" then
      for kind, rows in pairs(summary.errors) do
        self.errors:add(is_count(rows) and rows or 0, "", tostring(kind))
      end
    end
  end)
  return ok or nil, wrong
end

--- How long it took, and how long rows took: from the timelines; where there is none from the one summary.
local function figures_of_time(self, data)
  local points, only = self.points, #self.runs == 1 and self.runs[1].summary
  if points.count > 0 then
    data.points, data.stretches = points:list()
    data.width, data.first, data.last, data.total, data.seconds = points.width, points.first, points.last, points.total, 0
    for _, stretch in ipairs(data.stretches) do
      data.seconds = math.max(data.seconds + stretch.last - stretch.first, 1e-3)
    end
    data.paused = #data.stretches > 1 and points.last - points.first - data.seconds or 0
    data.rate = points.total.rows / data.seconds
    data.total_failed = interval.sum(points.total.failed)
    for name, share in pairs(SHARES) do
      data[name] = classes.percentile(points.total.times, share)
    end
  elseif only then
    for _, name in ipairs { "seconds", "rate", "p50", "p95", "p99" } do
      local value = only[name]
      data[name] = type(value) == "number" and value >= 0 and value <= 1e12 and value or nil
    end
  end
end

--- Ends the gathering.
-- @return { runs = list of { name, rows, failed, ended = word of its summary or nil, counted = rows in its timeline or nil }, rows, failed, succeeded, errors =
--   list as errors:list has it, slowest = list of { row, seconds, run }, notes, seconds, rate, p50, p95, p99 = numbers or nil; and where there is a timeline
--   points and stretches, as points:list has them, width, first, last, total = their sum as an interval, total_failed = rows in it, paused = seconds
--   between stretches }
function gather:finish()
  local data = { runs = self.runs, notes = self.notes, slowest = self.slowest, rows = 0, failed = 0 }
  for _, run in ipairs(self.runs) do
    if not run.rows then -- it has no files
      run.rows, run.failed = run.counted or 0, interval.sum(run.failed_by)
      self.errors:add_named(run.failed_by)
    end
    data.rows, data.failed = data.rows + run.rows, data.failed + run.failed
  end
  data.succeeded = data.rows - data.failed
  data.errors = self.errors:list()
  figures_of_time(self, data)
  return data
end

return gather
