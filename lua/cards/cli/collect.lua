--- cards collect: writes the results of a job in Redis into files, as cards run writes them.

local cards = require "cards"
local check = require "cards.util.check"
local collector = require "cards.cli.job.collector"
local core = require "cards.core"
local failure = require "cards.cli.program.failure"
local figures = require "cards.util.figures"
local files = require "cards.cli.files"
local journal = require "cards.cli.run.journal"
local new_progress = require("cards.cli.run.progress").new
local option = require "cards.cli.run.option"
local output = require "cards.cli.run.output"
local pulse = require "cards.cli.job.pulse"
local report = require "cards.cli.report"
local say = require "cards.cli.program.say"
local store = require "cards.cli.job.store"
local summary = require "cards.cli.run.summary"

local collect = {}

function collect.add(parser)
  option.address(parser, "--from")
  parser:option("--out", "NDJSON. A summary of the job is in OUT.summary.json."):argname "FILE":target "output":count(1)
  parser:option("--errors", "NDJSON, one line for each row that failed (OUT.errors)."):argname "FILE"
  parser:option("--order", "That of the lines: as the rows stand in the input, or as they finish."):choices { "rows", "finish" }:default "rows"
  parser:flag("--keep", "Leave the results in Redis.")
  parser:option("--report", "Where to write a report of the job when it is complete, a page of HTML, as `cards report` does."):argname "FILE"
  option.patience(parser)
  parser:epilog("It follows a job to its end. The same command goes on with an interrupted one. What is written is taken out of Redis.")
end

local function check_options(options, paths)
  if options.output == "-" or options.errors == "-" then
    return "--out and --errors take files, by which an interrupted collect goes on"
  end
  return option.not_own("--errors", paths.errors, { options.output, paths.summary, paths.journal, paths.timeline })
    or option.not_own("--report", options.report, paths, { options.output })
end

--- Holds the job, so that nobody else collects it. Waits for the lock of one that was killed.
-- @return true; or nil and the obstacle
local function lock(job, token)
  local gives_up, left = core.now() + 2 * collector.HOLDS, math.huge
  while true do
    local reply, err = job:script("job_lock", "collector", token, collector.HOLDS * 1000)
    if not reply then
      return nil, err
    elseif reply[1] == 1 then
      return true
    elseif core.now() >= gives_up or reply[3] > left then -- its holder has renewed it
      return nil, ("%s: another cards collect is at work, %s"):format(job.address, check.line(reply[2]))
    end
    left = reply[3]
    cards.sleep(0.2)
  end
end

local function unlock(job, token)
  job:script("job_unlock", "collector", token)
end

--- Opens the files where they go on. @return as journal.open
local function open_files(options, paths, job)
  local resumed, obstacle = journal.open({ job = job.id }, options.output, paths.errors,
    ("%s: the results of another job are in it: choose another --out"):format(options.output))
  if not resumed then
    return nil, obstacle
  end
  local trimmed = tonumber(job.meta.trimmed or 0)
  if trimmed > resumed.count then
    return nil, ("%s: %s of the job were collected into other files: go on with those"):format(job.address, figures.several(trimmed, "result"))
  end
  return resumed
end

--- Opens the job and the files. @return { store, resumed }; or nil, the obstacle and the status
local function open(options, paths, token)
  local job, why, status = store.find(options.address, options.patience)
  if not job then
    return nil, why, status
  end
  local ok, held = lock(job, token)
  if not ok then
    return nil, held
  end
  local resumed, obstacle = open_files(options, paths, job)
  if not resumed then
    unlock(job, token) -- so that the next attempt need not wait for it
    return nil, obstacle
  end
  return { store = job, resumed = resumed }
end

--- Writes the timeline of the job so far, in one step. @return true; or nil and the obstacle
local function write_timeline(task, path)
  local lines, cursor = {}, "-"
  while true do
    local reply, err = task.store:call("XRANGE", task.store.keys.timeline, cursor, "+", "COUNT", 1000)
    if not reply then
      return nil, tostring(err)
    end
    for _, entry in ipairs(reply) do
      lines[#lines + 1] = entry[2][2] .. "\n"
      cursor = "(" .. entry[1]
    end
    if #reply < 1000 then
      return files.write(path, table.concat(lines))
    end
  end
end

--- Says what became of it, and writes the summary. @return the exit status, or nil and the error
local function conclude(task, made, paths, ended, why)
  local totals = task.summary
  totals:stop()
  task.progress:stop()
  if not ended then -- what was not settled stays in Redis: nobody knows in which step that failed, or was interrupted
    pcall(made.flush, made)
  end
  unlock(task.store, task.token)
  say("%s written in %s, %s/s: %s succeeded, %s failed", figures.several(totals.rows, "result"), figures.duration(totals.seconds),
    figures.count(math.floor(totals.rate + 0.5)), figures.count(totals.rows - totals.failed), figures.count(totals.failed))
  local interrupted = core.interrupted()
  local message = not ended and (interrupted and "interrupted; the same command goes on" or check.line(why)) or nil
  local written, unwritten = files.write(paths.summary, totals:json(interrupted and "interrupted" or ended or "error", message))
  if written and not interrupted then
    written, unwritten = write_timeline(task, paths.timeline)
    if written and task.report then
      written, unwritten = report.of_run(task.results.name, paths.errors, task.report)
    end
  end
  if interrupted then
    say("%s", message)
    return failure.INTERRUPTED
  elseif not ended or not written then
    return nil, message or unwritten
  end
  local failed = totals.earlier_failed + totals.failed
  say("%s: the job is complete: %s, of which %s failed%s", task.store.address, figures.several(totals.earlier + totals.rows, "row"), figures.count(failed),
    failed > 0 and (" (%s): see %s"):format(summary.list(totals.kinds), paths.errors) or "")
  return failed > 0 and 1 or 0
end

function collect.run(options)
  core.interrupt_on_term()
  local paths = journal.paths(options.output, options.errors)
  local wrong = check_options(options, paths)
  if wrong then
    return nil, wrong, failure.USAGE
  end
  for _, path in ipairs { options.output, paths.errors, paths.timeline } do
    wrong = wrong or journal.unfit(path, "collect", "choose another path")
  end
  wrong = wrong or options.report and report.unfit(options.report)
  if wrong then
    return nil, wrong
  end
  local identity = pulse.identity()
  local opened, why, status = open(options, paths, identity.name)
  if not opened then
    return nil, why, status
  end
  os.remove(paths.summary) -- that of an earlier run would tell of this one
  local resumed, made = opened.resumed, nil
  if resumed.count > 0 then
    say("%s %s written already", figures.several(resumed.count, "result"), resumed.count == 1 and "is" or "are")
  end
  local totals = summary.new(resumed)
  local function share()
    local written = resumed.count + totals.rows
    return made.total > 0 and written / made.total or nil, written
  end
  local task = {
    store = opened.store, token = identity.name, results = output.new(resumed.output, options.output), errors = output.new(resumed.errors, paths.errors),
    files = { resumed.output, resumed.errors }, done = resumed.done, count = resumed.count, in_order = options.order == "rows", keep = options.keep,
    summary = totals, progress = new_progress(share, totals), report = options.report,
  }
  made = collector.new(task)
  local ok, ended = pcall(made.run, made)
  return conclude(task, made, paths, ok and ended, ended)
end

return collect
