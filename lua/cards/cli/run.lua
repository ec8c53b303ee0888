--- cards run FLOW: calls a flow for each row of a file, many at the same time, and writes a line for each.
--
-- A result becomes a line {"row":12,"result":…} of the output, an error a line {"row":12,"error":{…},"columns":{…}} of another file, in the order in which they
-- finish. Rows are counted from 1, without the line of names. An interrupted run can be continued: see cards.cli.run.journal.

local check = require "cards.util.check"
local core = require "cards.core"
local failure = require "cards.cli.program.failure"
local files = require "cards.cli.files"
local journal = require "cards.cli.run.journal"
local line_writer = require "cards.cli.run.lines"
local new_loop = require("cards.cli.run.loop").new
local new_progress = require("cards.cli.run.progress").new
local option = require "cards.cli.run.option"
local output = require "cards.cli.run.output"
local prepare = require "cards.cli.run.prepare"
local rehearse = require "cards.cli.run.rehearse"
local report = require "cards.cli.report"
local say = require "cards.cli.program.say"
local several = require("cards.util.figures").several
local summary = require "cards.cli.run.summary"
local timeline = require "cards.cli.timeline"
local timeline_file = require "cards.cli.timeline.file"

local run = {}

local function read_kinds(text)
  if not text:find "^%l[%l_,]*$" then
    return nil, ("--retry-failed takes kinds of errors, as in --retry-failed=timeout,network, and stands behind FLOW: '%s'"):format(check.shown(text))
  end
  local known, kinds = failure.kinds(), {}
  known.script = true -- an error that the flow made
  for _, kind in ipairs(option.names "--retry-failed"(text)) do
    if not known[kind] then
      return nil, "--retry-failed: " .. check.unknown(kind, known, "kind")
    end
    kinds[kind] = true
  end
  return kinds
end

function run.add(parser)
  parser:argument("flow", "A Lua file that returns a function of a row."):argname "FLOW"
  parser:option("--in", "CSV or NDJSON, - for standard input."):argname "FILE":target "input":count(1)
  parser:option("--out", "NDJSON, - for standard output. A summary of the run is in OUT.summary.json."):argname "FILE":target "output":count(1)
  parser:option("--errors", "NDJSON, one line for each row that failed (OUT.errors, or standard error)."):argname "FILE"
  option.error_columns(parser)
  option.input_format(parser)
  parser:option("--concurrency", "Rows at the same time."):default "64":convert(option.whole("--concurrency", 1, 100000))
  option.limit(parser)
  parser:option("--max-errors", "Begin no further row when N have failed. The same command goes on."):argname "N"
    :convert(option.whole("--max-errors", 1, 2 ^ 53))
  parser:option("--retry-failed", "Run the rows again that failed, or those of them with an error of these kinds (=timeout,network)."):argname "KINDS":args "?"
    :convert(read_kinds)
  option.busy_timeout(parser)
  parser:option("--report", "Where to write a report of the run at its end, a page of HTML, as `cards report` does."):argname "FILE"
  parser:flag("--dry-run", "Read the input and the flow and say what would be done. No row is run, and no file is written.")
  parser:epilog("The same command goes on with an interrupted run. A flow is trusted, and not confined. What it returns is written as JSON, secrets masked. "
    .. "The exit status is 1 where a row has failed or the run could not go on, and 130 after Ctrl-C or SIGTERM.")
end

--- Opens the outputs.
-- @return results, errors, and where there is a journal what journal.open returns, with the file of the timeline as `timeline`, and `changed`: a function of
--   how many bytes of the input were read, which returns what is wrong where they were not all of it; or nil and the obstacle
local function open_outputs(options, paths)
  if options.output == "-" then
    local errors = io.stderr
    if options.errors then
      local why
      errors, why = core.append(options.errors)
      if not errors then
        return nil, ("%s: %s"):format(options.errors, why)
      end
    end
    io.stdout:setvbuf "no"
    return output.new(io.stdout, "standard output"), output.new(errors, options.errors or "standard error")
  end
  local input, unread = journal.fingerprint(options.input)
  if not input then
    return nil, unread
  end
  local changed = journal.changed(options.input, options.output, paths.errors)
  local resumed, why = journal.open(input, options.output, paths.errors, changed, options.retry)
  if not resumed then
    return nil, why
  end
  resumed.timeline, why = timeline_file.open(paths.timeline, resumed.is_new)
  if not resumed.timeline then
    return nil, why
  end
  resumed.changed = function(bytes) return bytes ~= input.bytes and changed or nil end
  os.remove(paths.summary) -- that of an earlier run would tell of this one
  if resumed.count > 0 then
    say("%s %s done already", several(resumed.count, "row"), resumed.count == 1 and "is" or "are")
  end
  if options.retry and not resumed.taken then
    say "rows that failed and were not run again yet follow"
  elseif options.retry then
    local others = resumed.failed > 0 and (" (others failed: %s)"):format(summary.list(resumed.kinds)) or ""
    say("%s that failed %s run again%s", several(resumed.taken, "row"), resumed.taken == 1 and "is" or "are", others)
  end
  return output.new(resumed.output, options.output), output.new(resumed.errors, paths.errors), resumed
end

local ENDED = {
  limit = "ended after row %.0f, as --limit says",
  max_errors = "stopped, as many rows have failed as --max-errors allows (%.0f)",
  interrupted = "interrupted",
}

--- What becomes of the other rows, where the run has files by which it goes on.
local OTHERS = { limit = "; without it the same command goes on", max_errors = "; the same command goes on", interrupted = "; the same command goes on" }

--- What a run ended with that is not complete; nil for one that is.
local function ended_with(ended, options)
  return ENDED[ended] and ENDED[ended]:format(options[ended] or 0) .. (options.output == "-" and "" or OTHERS[ended])
end

--- Writes the report of a run that has ended. @return true; or nil and the obstacle
local function write_report(options, task, ended)
  if task.report then
    return task.report.write(options.report, ended)
  end
  return report.of_run(options.output, task.paths.errors, options.report)
end

--- Writes the summary, the report, and what the run ended with.
-- @param ended "complete", "limit", "max_errors", "interrupted" or "error"
-- @param wrong what the error is
-- @return the exit status, or nil and the error
local function conclude(options, task, totals, ended, wrong)
  totals:stop()
  local message = ended == "error" and check.line(wrong) or ended_with(ended, options)
  if totals.rows > 0 or ended ~= "error" then
    for _, line in ipairs(totals:lines()) do
      say("%s", line)
    end
  end
  local written, why = true, nil
  if task.paths then
    written, why = files.write(task.paths.summary, totals:json(ended, message))
  end
  if options.report then
    local reported, obstacle = write_report(options, task, ended)
    written, why = written and reported, why or obstacle
  end
  if ended == "error" then
    return nil, message
  elseif message then
    say("%s", message)
  end
  local failed = totals.earlier_failed + totals.failed
  if failed > 0 and ended ~= "interrupted" then
    say("%s failed: see %s", several(failed, "row"), task.errors.name)
  end
  if not written then
    return nil, why
  end
  return ended == "interrupted" and failure.INTERRUPTED or failed > 0 and 1 or 0
end

--- What the run of a loop ended with, once both outputs are flushed. @return as loop:run; or "interrupted" or "error", and the error
local function run_loop(loop, task, resumed, retry)
  local finished, ended = pcall(loop.run, loop)
  local flushed, unwritten = pcall(function()
    loop:finish_timeline()
    task.results:flush()
    task.errors:flush()
    local changed = finished and resumed and ended == "complete" and resumed.changed(task.about.position())
    if changed then
      error(changed, 0)
    elseif finished and resumed and (ended == "complete" or ended == "limit" and retry) then
      resumed.complete()
    end
  end)
  if finished and flushed then
    return ended
  end
  return core.interrupted() and "interrupted" or "error", finished and unwritten or ended
end

local NOTHING = { count = 0, failed = 0, kinds = {} }

--- What ends a run before its first row.
local function refuse(options, wrong, status)
  if core.interrupted() then
    io.stderr:write "\n"
    say("%s", ended_with("interrupted", options))
    return failure.INTERRUPTED
  end
  return nil, wrong, status
end

--- The loop over the rows of a task, with its summary and its progress.
local function make_loop(options, task, resumed)
  local totals, loop = summary.new(resumed or NOTHING), nil
  local function share()
    local read = task.about.position() / task.size
    return options.limit and math.max(read, loop.number / options.limit) or read, loop.number
  end
  local progress = new_progress(task.size and task.size > 0 and share, totals)
  if not task.paths and not options.errors then
    progress.due = math.huge -- standard error has the lines of errors
  end
  if not resumed and options.report then
    task.report = report.of_intervals "standard output"
  end
  local function keep(intervals)
    if resumed then
      task.results:flush() -- a row is not in the timeline before its line is written
      task.errors:flush()
      resumed.timeline:write(intervals)
    end
    if task.report then
      task.report.keep(intervals)
    end
  end
  loop = new_loop {
    flow = task.flow, next_row = task.next_row, about = task.about, done = resumed and resumed.count > 0 and resumed.done or nil,
    concurrency = options.concurrency, limit = options.limit, max_errors = options.max_errors, busy_timeout = options.busy_timeout,
    handle = line_writer(task.results, task.errors, task.columns), summary = totals, progress = progress, timeline = timeline.new(), keep = keep,
  }
  return loop, totals, progress
end

function run.run(options)
  core.interrupt_on_term()
  options.retry = options.retry_failed and { kinds = options.retry_failed[1], limit = options.limit }
  local task, wrong, status = prepare(options)
  if not task then
    return refuse(options, wrong, status)
  elseif options.dry_run then
    return rehearse(options, task)
  end
  local resumed
  task.results, task.errors, resumed = open_outputs(options, task.paths)
  if not task.results then
    return refuse(options, task.errors)
  end
  local loop, totals, progress = make_loop(options, task, resumed)
  local ended, why = run_loop(loop, task, resumed, options.retry)
  progress:stop()
  if ended == "interrupted" then
    io.stderr:write "\n"
  end
  return conclude(options, task, totals, ended, why)
end

return run
