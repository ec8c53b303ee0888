--- cards feed: puts the rows of a file into a job in Redis, for cards work on any number of machines.

local card_numbers = require "cards.cli.job.card_numbers"
local check = require "cards.util.check"
local columns = require "cards.cli.run.columns"
local core = require "cards.core"
local failure = require "cards.cli.program.failure"
local feeder = require "cards.cli.job.feeder"
local figures = require "cards.util.figures"
local files = require "cards.cli.files"
local journal = require "cards.cli.run.journal"
local new_progress = require("cards.cli.run.progress").new
local option = require "cards.cli.run.option"
local rows = require "cards.cli.run.rows"
local say = require "cards.cli.program.say"
local sealing = require "cards.cli.job.sealing"
local store = require "cards.cli.job.store"
local to_json = require "cards.cli.json"

local feed = {}

function feed.add(parser)
  parser:option("--in", "CSV or NDJSON."):argname "FILE":target "input":count(1)
  option.address(parser, "--to")
  option.input_format(parser)
  option.limit(parser)
  parser:option("--backlog", "Rows that wait in Redis at most."):argname "N":default "100000":convert(option.whole("--backlog", 1, 1e9))
  parser:option("--expire", "Seconds after which a job vanishes that nobody feeds, works on or collects."):argname "SECONDS":default "604800"
    :convert(option.whole("--expire", 60, 1e9))
  parser:option("--deliveries", "Workers that may end while they run a row, before that is its error. With 1 each row that one of them held is.")
    :argname "N":default "3":convert(option.whole("--deliveries", 1, 100))
  parser:option("--seal-columns", "Columns that Redis gets under a key only: their names with commas between them."):argname "NAMES"
    :convert(option.names "--seal-columns")
  parser:option("--key", "That key, 16 bytes or more: env:NAME or file:PATH (CARDS_SHARED_KEY)."):argname "PLACE":convert(sealing.place)
  parser:flag("--allow-pan", "Send rows with what looks like a card number in them.")
  option.patience(parser)
  parser:epilog("The same command goes on with an interrupted one. Redis gets the rows as they are: a column with secrets belongs into --seal-columns.")
end

--- What is wrong with the options, or nil.
local function check_options(options, format)
  if options.input == "-" then
    return "standard input cannot be read twice, so that an interrupted feed could not go on: use --in FILE"
  elseif options.key and not options.seal_columns then
    return "--key is for --seal-columns"
  end
  for _, name in ipairs(options.seal_columns or {}) do
    if check.has_card_number(name) then
      return "--seal-columns takes names of columns, and has a card number"
    end
  end
  return option.wrong_format(options, format)
end

--- The columns of CSV, as meta has them.
local function columns_of(about)
  return about.columns and to_json(about.columns) or ""
end

--- The columns to seal, as meta has them.
local function sealed_of(options)
  return options.seal_columns and to_json(to_json.list(options.seal_columns)) or ""
end

--- A function that opens the input at its beginning, as feeder wants it.
local function opener(options, format)
  return function()
    local file, why = files.open(options.input)
    if not file then
      error(why, 0)
    end
    return rows.contents(file, format, options.input, options.delimiter)
  end
end

--- Names and values of a new job's meta, after the seconds of its life.
-- @param key of its sealed columns, or nil
local function new_meta(options, about, input, key)
  local id = core.id(16)
  return {
    options.expire, "version", store.VERSION, "id", id, "columns", columns_of(about),
    "input", check.line(options.input:match "[^/]*$"), "bytes", input.bytes, "hash", input.hash, "sealed", sealed_of(options),
    "key", key and sealing.mark(key, id) or "", "fed", 0, "deliveries", options.deliveries, "expire", options.expire,
  }
end

--- What tells a job from the one that these options would make, or nil.
local function other_job(options, job, about, input, key)
  local meta = job.meta
  if tonumber(meta.bytes) ~= input.bytes or meta.hash ~= input.hash then
    return ("%s: the job was fed from another input than %s, or that has changed: use another name, or remove the job by cards status --remove"):format(
      job.address, check.line(options.input))
  elseif meta.columns ~= columns_of(about) then
    return "--format or --delimiter: the job was begun with another one"
  elseif meta.sealed ~= sealed_of(options) then
    return ("--seal-columns: the job was begun with %s"):format(meta.sealed == "" and "none" or check.line(table.concat(core.json_decode(meta.sealed), ",")))
  elseif key and meta.key ~= sealing.mark(key, meta.id) then
    return "--key: the job was begun with another one"
  end
end

--- The key of the columns to seal; nil where there are none. Or nil and what is wrong.
local function key_of(options, about)
  if not options.seal_columns then
    return nil
  end
  local wanted, unknown = columns.wanted(options.seal_columns, about.columns, options.input, "--seal-columns")
  if not wanted then
    return nil, unknown
  end
  return sealing.key(options.key)
end

--- Says where Redis may throw a part of the job away.
local function warn_of_eviction(job)
  local info = job:call("INFO", "memory")
  if type(info) == "table" then -- lua-redis has read it
    info = info.memory or info
    info = ("maxmemory:%s\nmaxmemory_policy:%s\n"):format(info.maxmemory, info.maxmemory_policy)
  end
  local most, policy = tostring(info):match "maxmemory:(%d+)", tostring(info):match "maxmemory_policy:([%w-]+)"
  if most and most ~= "0" and policy and policy ~= "noeviction" then
    say("%s throws keys away when it is full (maxmemory-policy %s), and rows with them: set noeviction", job.address, policy)
  end
end

--- Opens the job, or makes it. @return the job; or nil and the obstacle
local function open_job(options, about)
  local job, why = store.new(options.address, "--to", options.patience)
  if not job then
    return nil, why, failure.USAGE
  end
  local input, wrong = journal.fingerprint(options.input)
  if not input then
    return nil, wrong
  end
  local key, no_key = key_of(options, about)
  if no_key then
    return nil, no_key, failure.USAGE
  end
  local meta
  meta, wrong = job:open(new_meta(options, about, input, key))
  wrong = wrong or other_job(options, job, about, input, key)
  if not meta or wrong then
    return nil, wrong
  end
  warn_of_eviction(job)
  job.bytes, job.seal = input.bytes, key and sealing.sealer(key, options.seal_columns, about.columns, job.id)
  return job
end

--- A function that raises an error for rows that have what looks like a card number.
local function new_check(options, about)
  if options.allow_pan then
    return function() end
  end
  return function(text, before)
    local place, column = card_numbers.find(text, about.columns)
    if place then
      error(("%s: row %.0f has what looks like a card number, which Redis is not to have: say --seal-columns %s, or --allow-pan"):format(
        check.line(options.input), before + place, check.shown(column)), 0)
    end
  end
end

--- Says what became of it. @return the exit status, or nil and the error
local function conclude(task, made, ended, why)
  local totals, job = task.totals, task.store
  local seconds = core.now() - task.began
  task.progress:stop()
  if totals.rows > 0 or ended then
    say("%s fed in %s, %s/s%s; %s in all, %s not done yet", figures.several(totals.rows, "row"), figures.duration(seconds),
      figures.count(math.floor(totals.rows / math.max(seconds, 1e-3) + 0.5)),
      totals.failed > 0 and (" (%s cannot be sent)"):format(figures.count(totals.failed)) or "", figures.count(made.fed), figures.count(made.waiting))
  end
  if core.interrupted() then
    say "interrupted; the same command goes on"
    return failure.INTERRUPTED
  elseif not ended then
    if made.fed == 0 then -- the next attempt may be with other options
      job:script("job_drop", "meta rows", job.id)
    end
    return nil, check.line(why)
  end
  if made.others then
    say("another feed was at work on %s, too: each row is there once", job.address)
  end
  if ended == "limit" then
    say("ended after row %.0f, as --limit says; without it the same command goes on", task.limit)
  end
  return 0
end

function feed.run(options)
  core.interrupt_on_term()
  local format = options.format or rows.format(options.input)
  local wrong = check_options(options, format)
  if wrong then
    return nil, wrong, failure.USAGE
  end
  wrong = journal.unfit(options.input, "feed", "choose another path")
  if wrong then
    return nil, wrong
  end
  local began, open = core.now(), opener(options, format)
  local read, next_content, about = pcall(open)
  if not read then
    return nil, check.line(next_content)
  end
  local job, why, status = open_job(options, about)
  if not job then
    return nil, why, status
  end
  local fed = tonumber(job.meta.fed)
  if fed > 0 then
    say("%s %s fed already", figures.several(fed, "row"), fed == 1 and "is" or "are")
  end
  local totals, made = { rows = 0, failed = 0, earlier = fed }, nil
  local task = {
    store = job, open = open, backlog = options.backlog, limit = options.limit, check = new_check(options, about), totals = totals, began = began,
    seal = job.seal, progress = new_progress(job.bytes > 0 and function() return made.position() / job.bytes, made.fed end, totals),
  }
  made = feeder.new(task, fed)
  local ok, ended = pcall(made.run, made)
  if ended == "complete" and made.position() ~= job.bytes then
    ok, ended = false, ("%s has changed while it was fed: use another name, or remove the job by cards status --remove"):format(options.input)
  end
  return conclude(task, made, ok and ended, ended)
end

return feed
