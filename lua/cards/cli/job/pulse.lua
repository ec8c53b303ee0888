--- The signs of life of a worker: its state for cards status, the lease of what it holds, the job's time to live.

local core = require "cards.core"
local process = require "cards.metrics.process"
local to_json = require "cards.cli.json"
local async = require "cards.async"

local pulse = {}
pulse.__index = pulse

local EVERY = 1    -- seconds between two signs at most
local RENEWALS = 3 -- of a lease
local RECENT = 10  -- signs over which a rate is taken

--- Text of a file of the system, without its last line break.
local function read(path)
  local file = io.open(path, "rb")
  local text = file and file:read "*l" or nil
  if file then
    file:close()
  end
  return text
end

--- The name of a worker that no other has, with its host and process.
function pulse.identity()
  local host, pid = read "/proc/sys/kernel/hostname" or "?", tonumber((process.name() or ""):match "^%d+")
  return { host = host, pid = pid, name = ("%s:%d:%s"):format(host, pid or 0, core.id(4)) }
end

--- @param task { store, queue, results, identity, concurrency, lease = seconds, totals }
function pulse.new(task)
  return setmetatable({ task = task, renewed = core.now(), began = core.now(), points = {}, bell = async.signal() }, pulse)
end

--- Rows per second of the last seconds.
function pulse:rate(now)
  local points, rows = self.points, self.task.totals.rows
  table.insert(points, { now, rows })
  if #points > RECENT then
    table.remove(points, 1)
  end
  local at, before = points[1][1], points[1][2]
  return now > at and math.floor((rows - before) / (now - at) + 0.5) or 0
end

--- The state of the worker.
function pulse:state(now)
  local task = self.task
  local seconds, totals = now - self.began, task.totals
  return to_json {
    host = task.identity.host, pid = task.identity.pid, concurrency = task.concurrency, seconds = math.floor(seconds), rows = totals.rows,
    failed = totals.failed,
    rate = self:rate(now), holds = task.queue.holds, runs = task.queue.running, stopping = core.stopping(),
  }
end

--- Gives one sign. Raises an error where the job is gone or Redis fails.
function pulse:beat()
  local task, now = self.task, core.now()
  local renews = now - self.renewed >= task.lease / RENEWALS
  self.renewed = renews and now or self.renewed
  task.store:prolong(task.identity.name, self:state(now), renews and task.queue:numbers() or "")
end

--- The service that gives signs until all results are written.
function pulse:serve()
  while not self.task.results.ended do
    self:beat()
    self.bell:wait(math.min(EVERY, self.task.lease / RENEWALS))
  end
end

return pulse
