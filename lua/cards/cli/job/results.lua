--- The lines of a worker's rows on their way into Redis: many in one step, but none waits for long.

local async = require "cards.async"
local core = require "cards.core"
local interval = require "cards.cli.timeline.interval"
local output = require "cards.cli.run.output"

local results = {}
results.__index = results

local LONGEST = 0.05 -- seconds that a line waits
local LONGEST_LINE = 64 * 1024 * 1024 -- bytes
local MOST = 500     -- lines that wait
local BYTES = 1048576 -- of lines in one step, or one line that is longer

--- @param task { store, queue }
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
  elseif #line > LONGEST_LINE then -- Redis ends a connection that sends more, and nobody could get rid of the row
    return nil, ("it is longer than %d bytes"):format(LONGEST_LINE)
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

--- The last of the lines from one on that go in one step.
local function last_of(lines, first)
  local last, bytes = first - 1, 0
  while last < #lines and bytes < BYTES do
    last = last + 1
    bytes = bytes + #lines[last]
  end
  return last
end

--- Writes the lines of some rows in one step. Raises an error where the job is gone or Redis fails.
local function write(self, lines, rows, first, last, intervals)
  local queue, store = self.task.queue, self.task.store
  local reply = store:must("job_finish", "meta rows results counts timeline", store.id, table.concat(lines, "", first, last), table.concat(intervals))
  self.repeated = self.repeated + last - first + 1 - reply[1]
  queue.done, queue.total = reply[2], reply[3]
  for i = first, last do
    queue:release(rows[i])
  end
  queue.room:set()
end

--- Writes what is there. Raises an error where the job is gone or Redis fails.
function results:flush()
  while self.count > 0 or self.intervals[1] do
    local lines, rows, intervals, last = self.lines, self.rows, self.intervals, 0
    self.lines, self.rows, self.count, self.intervals = {}, {}, 0, {}
    repeat
      local first = last + 1
      last = last_of(lines, first)
      write(self, lines, rows, first, last, first == 1 and intervals or {})
    until last == #lines
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
