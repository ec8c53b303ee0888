--- How far a job is: what its keys say at one moment, as a table and as lines for a terminal.

local check = require "cards.util.check"
local core = require "cards.core"
local figures = require "cards.util.figures"
local list_kinds = require("cards.cli.run.summary").list
local jobs = require "cards.cli.job.store"
local to_json = require "cards.cli.json"

local pairs_of, whole = jobs.pairs_of, jobs.whole

local snapshot = {}

local count, several = figures.count, figures.several

local FIGURES = { "pid", "concurrency", "seconds", "rows", "failed", "rate", "holds", "runs" }

--- The state that a worker wrote, without what is no figure: it may be of another version, or of whoever writes into Redis.
local function state_of(written)
  local state = { host = type(written.host) == "string" and check.line(written.host) or "?", stopping = written.stopping == true }
  for _, name in ipairs(FIGURES) do
    local figure = written[name]
    state[name] = type(figure) == "number" and figure >= 0 and figure < 2 ^ 53 and figure or nil
  end
  return state
end

--- The workers, each with its state and how many seconds ago it gave a sign, in the order of their names.
local function workers_of(list, now, lease)
  local workers = to_json.list {}
  for name, value in pairs(pairs_of(list)) do
    local at, json = value:match "^(%d+) (.*)$"
    local written = core.json_decode(json or "")
    if type(written) == "table" then
      local state = state_of(written)
      state.name, state.seen = check.line(name), math.max(0, now - tonumber(at))
      state.gone = state.seen > lease
      table.insert(workers, state)
    end
  end
  table.sort(workers, function(a, b) return a.name < b.name end)
  return workers
end

--- Reads a job.
-- @param store the job
-- @return { job, complete, total (nil while rows are fed), fed, done, failed, errors = counts by kind, waiting, running, results, rate, left = seconds or nil,
--   workers }; false where there is none; or nil and an error, a text where the job is of another version
function snapshot.read(store)
  local reply, err = store:script("job_status", "meta rows results counts workers")
  if not reply then
    return nil, err
  elseif #reply[1] == 0 then
    return false
  end
  local meta, counts = pairs_of(reply[1]), pairs_of(reply[2])
  local wrong = store:foreign(meta)
  if wrong then
    return nil, wrong
  end
  local workers = workers_of(reply[3], reply[7], tonumber(meta.lease) or 60)
  local rate, errors = 0, {}
  for _, worker in ipairs(workers) do
    rate = rate + (worker.gone and 0 or worker.rate or 0)
  end
  for name, number in pairs(counts) do
    errors[name:match "^kind ([%w_]+)$" or false] = whole(number)
  end
  errors[false] = nil
  local total, done = tonumber(meta.total), whole(counts.done) or 0
  local made = {
    job = store.name, complete = total ~= nil and done >= total, total = total, fed = tonumber(meta.fed), done = done, failed = whole(counts.failed) or 0,
    errors = errors, waiting = tonumber(meta.fed) - done - reply[5], running = reply[5], results = reply[6], rate = rate, workers = workers,
  }
  made.left = total and rate > 0 and not made.complete and (total - done) / rate or nil
  return made
end

local function worker_line(worker)
  return ("  %s, process %s%s: %s, %s/s, %s held, %s"):format(worker.host, worker.pid or "?", worker.stopping and ", stopping" or "",
    several(worker.rows or 0, "row"), count(worker.rate or 0), count(worker.holds or 0),
    worker.gone and ("gone: no sign for %s"):format(figures.duration(worker.seen)) or ("seen %d s ago"):format(worker.seen))
end

--- The lines that show it.
function snapshot.lines(made, address)
  local of = made.total and (" of %s rows done, %d %%"):format(count(made.total), made.total > 0 and math.floor(100 * made.done / made.total) or 100)
    or (" of %s rows done that are fed so far"):format(count(made.fed))
  local lines = {
    ("%s: %s%s%s"):format(address, count(made.done), of, made.complete and ", complete"
      or (", %s/s%s"):format(count(made.rate), made.left and (", %s left"):format(figures.duration(made.left)) or "")),
    ("  %s waiting, %s with workers, %s not collected yet"):format(count(made.waiting), count(made.running), several(made.results, "result")),
    ("  %s failed%s"):format(count(made.failed), made.failed > 0 and ": " .. list_kinds(made.errors) or ""),
  }
  for _, worker in ipairs(made.workers) do
    table.insert(lines, worker_line(worker))
  end
  if #made.workers == 0 and not made.complete then
    table.insert(lines, "  no worker")
  end
  return lines
end

return snapshot
