--- The lines of a worker's rows on their way into Redis: many in one step, but none waits for long.

local async = require "cards.async"
local core = require "cards.core"
local interval = require "cards.cli.timeline.interval"
local output = require "cards.cli.run.output"

local results = {}
results.__index = results

local LONGEST = 0.05 -- seconds that a line waits
local MOST = 500     -- lines that wait

--- @param task { store, queue, concurrency }
function results.new(task)
  return setmetatable({
    task = task, lines = {}, rows = {}, count = 0, since = 0, due = async.signal(), repeated = 0, ended = false, intervals = {},
  }, results)
end

--- Adds the line of a row, as output:add.
function results:add(row, ...)
  local line, wrong = output.line(row, ...)
  if not line then
    return nil, wrong
  end
  local count = self.count + 1
  if count == 1 then
    self.since = core.now()
  end
  self.lines[count], self.rows[count], self.count = line, row, count
  if count == MOST then
    self.due:set()
  end
  return true
end

--- Adds intervals of the timeline, which go with the next lines.
function results:keep(intervals)
  for _, one in ipairs(intervals) do
    table.insert(self.intervals, interval.write(one) .. "\n")
  end
end

--- Writes what is there. Raises an error where the job is gone or Redis fails.
function results:flush()
  local task = self.task
  while self.count > 0 or self.intervals[1] do
    local lines, rows, count, intervals = self.lines, self.rows, self.count, self.intervals
    self.lines, self.rows, self.count, self.intervals = {}, {}, 0, {}
    local reply, err = task.store:script("job_finish", "meta rows results counts timeline", task.store.id, table.concat(lines), table.concat(intervals))
    if not reply then
      error(tostring(err), 0)
    elseif reply[1] == -1 then
      error(task.store:gone(), 0)
    end
    self.repeated = self.repeated + count - reply[1]
    local queue = task.queue
    queue.done, queue.total = reply[2], reply[3]
    for i = 1, count do
      queue:release(rows[i])
    end
    queue.room:set()
  end
end

--- The service that writes lines until the queue is at its end and no row runs.
function results:serve()
  local queue = self.task.queue
  while true do
    local is_last = queue.ended and queue.running == 0
    local left = LONGEST - (self.count > 0 and core.now() - self.since or 0)
    if self.count > 0 and (is_last or left <= 0 or self.count >= MOST) then
      self:flush()
    elseif is_last then
      self.ended = true
      return
    else
      self.due:wait(math.max(left, 0.001))
    end
  end
end

return results
