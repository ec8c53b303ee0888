--- cards work FLOW: calls a flow for rows of a job in Redis, beside other workers on any number of machines. The flow is one of cards run.

local check = require "cards.util.check"
local columns = require "cards.cli.run.columns"
local core = require "cards.core"
local failure = require "cards.cli.program.failure"
local figures = require "cards.util.figures"
local line_writer = require "cards.cli.run.lines"
local load_flow = require "cards.cli.run.flow"
local new_loop = require("cards.cli.run.loop").new
local new_progress = require("cards.cli.run.progress").new
local pulses = require "cards.cli.job.pulse"
local new_queue = require("cards.cli.job.queue").new
local new_results = require("cards.cli.job.results").new
local option = require "cards.cli.run.option"
local packing = require "cards.cli.job.packing"
local report = require "cards.cli.report"
local rows = require "cards.cli.run.rows"
local say = require "cards.cli.program.say"
local sealing = require "cards.cli.job.sealing"
local store = require "cards.cli.job.store"
local summary = require "cards.cli.run.summary"
local timeline = require "cards.cli.timeline"
local to_json = require "cards.cli.json"

local work = {}

local LARGEST = 16 * 1024 * 1024 -- bytes of a flow

function work.add(parser)
  parser:argument("flow", "A Lua file that returns a function of a row, as for cards run."):argname "FLOW"
  option.address(parser, "--from")
  parser:option("--concurrency", "Rows at the same time."):argname "N":default "64":convert(option.whole("--concurrency", 1, 10000))
  parser:option("--lease", "Seconds after which others take what a worker holds that is gone: more than a flow blocks its process. "
    .. "The first worker of a job says it for all (60).")
    :argname "SECONDS":convert(option.whole("--lease", 1, 86400))
  parser:flag("--accept-flow", "Work by this flow though the job's other workers have another one.")
  option.error_columns(parser)
  parser:option("--key", "The key of the job's sealed columns: env:NAME or file:PATH (CARDS_SHARED_KEY)."):argname "PLACE":convert(sealing.place)
  parser:option("--report", "Where to write a report of this worker's rows at its end, a page of HTML; cards collect has that of all."):argname "FILE"
  option.busy_timeout(parser)
  option.patience(parser)
  parser:epilog("It ends when the job is complete. Ctrl-C and SIGTERM finish the rows that run and give back the others; a second one ends at once. "
    .. "The exit status is 1 where a row has failed or the work could not go on, and 130 after Ctrl-C or SIGTERM.")
end

--- A function(row, number) that opens the sealed columns of a job; nil where it has none. Or nil and what is wrong.
local function opener(options, job)
  local meta = job.meta
  if meta.sealed == "" then
    return nil, options.key and "--key: the job has no sealed columns" or nil
  end
  local key, why = sealing.key(options.key)
  if not key then
    return nil, why
  elseif sealing.mark(key, job.id) ~= meta.key then
    return nil, "--key: the job's columns were sealed under another one"
  end
  return sealing.opener(key, core.json_decode(meta.sealed), job.id)
end

--- A function(text, number) that makes a row of its text, or returns false and what is wrong; and what is said of the columns.
-- @param open what opener returns
local function maker(meta, open)
  local names = meta.columns ~= "" and core.json_decode(meta.columns) or nil
  local make, about = rows.maker(names, meta.input)
  return function(text, number)
    local row, wrong = make(names and packing.fields(text) or text)
    if row and open then
      return open(row, number)
    end
    return row, wrong
  end, about
end

--- Joins the job. @return true; or nil, the obstacle and the exit status
local function join(options, job, identity, flow_text)
  local hash = core.sha256(flow_text)
  local reply, err = job:script("job_join", "meta counts workers", job.id, hash, options.lease or "", options.accept_flow and 1 or 0, identity.name,
    to_json { host = identity.host, pid = identity.pid, concurrency = options.concurrency })
  if not reply then
    return nil, err
  elseif reply[1] ~= hash and not options.accept_flow then
    return nil, ("%s: the job's first worker had another flow than %s: give that, or say --accept-flow"):format(job.address, check.line(options.flow))
  end
  job.lease = tonumber(reply[2])
  if options.lease and options.lease ~= job.lease then
    return nil, ("--lease: the job's workers have one of %g seconds: leave it out"):format(job.lease), failure.USAGE
  end
  return true
end

--- What works together: queue, results, signs of life and the loop.
local function make_parts(options, job, identity, flow, about, make, select_columns)
  local totals = summary.new { count = 0, failed = 0, kinds = {} }
  local parts = { totals = totals }
  if options.report then
    parts.report = report.of_intervals(("%s, %s"):format(job.name, identity.name))
  end
  local queue = new_queue {
    store = job, worker = identity.name, concurrency = options.concurrency, make = make, deliveries = tonumber(job.meta.deliveries),
  }
  local results = new_results { store = job, queue = queue }
  local pulse = pulses.new {
    store = job, queue = queue, results = results, identity = identity, concurrency = options.concurrency, lease = job.lease, totals = totals,
  }
  local progress = new_progress(function() return queue.total > 0 and queue.done / queue.total or nil, queue.done end, totals)
  parts.loop = new_loop {
    flow = flow, about = about, concurrency = options.concurrency, busy_timeout = options.busy_timeout, summary = totals, progress = progress,
    handle = line_writer(results, results, select_columns), queue = queue, timeline = timeline.new(),
    keep = function(intervals)
      results:keep(intervals)
      if parts.report then
        parts.report.keep(intervals)
      end
    end,
    services = {
      function() queue:serve() end,
      function()
        results:serve()
        pulse.bell:set()
      end,
      function() pulse:serve() end,
    },
  }
  parts.queue, parts.results, parts.pulse, parts.progress, parts.identity = queue, results, pulse, progress, identity
  return parts
end

--- Writes the report of this worker's rows, where one is wanted. @return true; or nil and the obstacle
local function write_report(options, parts, ended)
  if not parts.report then
    return true
  end
  local written, why = parts.report.write(options.report, ended)
  if written then
    say("the report of this worker's rows is in %s", options.report)
  end
  return written, why
end

--- Writes what is done, gives back what is not, and says what became of it. @return the exit status, or nil and the error
local function conclude(options, job, parts, ended, why)
  local totals, queue, results = parts.totals, parts.queue, parts.results
  totals:stop()
  parts.progress:stop()
  parts.loop:finish_timeline()
  local flushed, wrong = pcall(results.flush, results)
  local given = job:script("job_leave", "meta rows workers", job.id, parts.identity.name)
  for _, line in ipairs(totals:lines()) do
    say("%s", line)
  end
  if queue.taken_over > 0 then
    say("%s %s taken over from workers that had ended", figures.several(queue.taken_over, "row"), queue.taken_over == 1 and "was" or "were")
  end
  if results.repeated > 0 then
    say("%s had a line already, of another worker or from before a reply was lost: it stays", figures.several(results.repeated, "row"))
  end
  if given and given > 0 then
    say("%s %s given back", figures.several(given, "row"), given == 1 and "is" or "are")
  end
  local all = queue.total >= 0 and (" of %s"):format(figures.count(queue.total)) or ""
  say("%s: %s%s done", job.address, figures.several(queue.done, "row"), all)
  local interrupted = core.interrupted() or ended == "interrupted"
  local reported, unwritten = write_report(options, parts, interrupted and "interrupted" or ended and flushed and "complete" or "error")
  if interrupted then
    say "interrupted; the same command goes on"
    return failure.INTERRUPTED
  elseif not ended or not flushed or not reported then
    return nil, check.line(not ended and why or wrong or unwritten)
  end
  return totals.failed > 0 and 1 or 0
end

function work.run(options)
  local unfit = option.not_own("--report", options.report, { options.flow }) or options.report and report.unfit(options.report)
  if unfit then
    return nil, unfit, failure.USAGE
  end
  core.interrupt_on_term()
  local text, unread = core.read_file(options.flow, LARGEST)
  if not text then
    return nil, unread
  end
  local flow, wrong = load_flow(options.flow)
  if not flow then
    return nil, wrong
  end
  local job, why, status = store.find(options.address, options.patience)
  if not job then
    return nil, why, status
  end
  local open, locked = opener(options, job)
  if locked then
    return nil, locked, failure.USAGE
  end
  local make, about = maker(job.meta, open)
  local wanted, unknown = columns.wanted(options.error_columns, about.columns, job.meta.input, "--error-columns")
  if wanted == false then
    return nil, unknown
  end
  local identity = pulses.identity()
  local joined, refused, code = join(options, job, identity, text)
  if not joined then
    return nil, refused, code
  end
  local parts = make_parts(options, job, identity, flow, about, make, columns.selection(wanted))
  core.stop_on_signals()
  local ok, ended = pcall(parts.loop.run, parts.loop)
  if ok and core.stopping() and not (parts.queue.total >= 0 and parts.queue.done >= parts.queue.total) then
    ended = "interrupted"
  end
  return conclude(options, job, parts, ok and ended, ended)
end

return work
