--- Writes the results of a job into two files, and takes out of Redis what is written.

local cards = require "cards"
local core = require "cards.core"
local new_window = require("cards.cli.job.window").new

local collector = {}
collector.__index = collector

local AT_ONCE = 1000                           -- results that are read at once
local ROWS, BYTES = 65536, 32 * 1024 * 1024    -- of the window
local SETTLES_EVERY = 1                        -- seconds between two times when the files are synced
local SHORTEST_REST, LONGEST_REST = 0.02, 0.5  -- seconds between two looks for results where there are none
collector.HOLDS = 5                            -- seconds for which the job is held

--- @param task { store, token = what the lock has, results, errors = outputs, files = those of both, done = set of rows, count = rows in it, in_order, keep,
--   summary, progress }
function collector.new(task)
  local self = setmetatable({ task = task, cursor = 0, run_id = false, settled = core.now(), total = -1, finished = 0 }, collector)
  local function write(line) self:write(line) end
  self.window = new_window(task.done, ROWS, BYTES, write)
  return self
end

--- Writes a line where it belongs.
function collector:write(line)
  local task = self.task
  if line:find('^{"row":%d+,"error"') then
    task.summary:count(line:match '"kind":"([%w_]+)"' or "script")
    task.errors:write(line .. "\n")
  else
    task.summary:count()
    task.results:write(line .. "\n")
  end
end

--- Writes out what is there.
function collector:flush()
  self.task.results:flush()
  self.task.errors:flush()
end

--- Writes out what is there, and takes it out of Redis. Raises an error where that fails, or somebody else collects the job.
function collector:settle()
  local task = self.task
  self:flush()
  for _, file in ipairs(task.files) do
    local ok, why = file:sync()
    if not ok then
      error(why, 0)
    end
  end
  self.settled = core.now()
  local upto = task.keep and 0 or task.in_order and self.window:written() or self.cursor
  local is_held = task.store:must("job_trim", "meta results collector", task.store.id, task.token, ("%.0f"):format(upto), collector.HOLDS * 1000,
    self.run_id or "")
  if is_held == 0 then
    error(task.store.address .. ": another cards collect has taken the job over", 0)
  end
  task.store:touch()
end

--- Takes one result where they are written as they come.
function collector:pass(row, line)
  if self.task.done:add(row) then
    self:write(line)
  end
end

--- Reads results once. @return whether there were any
function collector:read()
  local task, window = self.task, self.window
  local first, last = 1, 2 ^ 53
  if task.in_order then
    first, last = window.next, window:last()
  end
  local reply = task.store:must("job_collect", "meta results counts", task.store.id, ("%.0f"):format(self.cursor), AT_ONCE, ("%.0f"):format(first),
    ("%.0f"):format(last))
  local earlier = self.run_id
  self.run_id = reply[6]
  if earlier and earlier ~= self.run_id then -- Redis may have lost its last writes, with results that were read
    self.cursor = 0
    window:restart()
    return true
  end
  for number, line in reply[1]:gmatch "(%d+) ([^\n]*)\n" do
    local row = tonumber(line:match '^{"row":(%d+),')
    if task.in_order then
      window:add(tonumber(number), row, line)
    else
      self:pass(row, line)
    end
  end
  local had_any = reply[2] > self.cursor
  self.finished, self.total = reply[4], reply[5]
  self.cursor = reply[2]
  if task.in_order then
    window.cursor = self.cursor
    if reply[3] >= 0 then
      window:leave(reply[3])
    end
    window:advance()
    local turned
    self.cursor, turned = window:turn(not had_any)
    return had_any or turned
  end
  return had_any
end

--- Writes results until the job is complete. Raises an error where a file or Redis fails, or the job is gone.
function collector:run()
  local task, rest = self.task, SHORTEST_REST
  while true do
    local had_any = self:read()
    local now, written = core.now(), task.count + task.summary.rows
    local is_complete = self.total >= 0 and written >= self.total and self.finished >= self.total
    if is_complete or now - self.settled >= SETTLES_EVERY then
      self:settle()
    end
    if now >= task.progress.due then
      task.progress:tick(now)
    end
    if is_complete then
      return "complete"
    elseif had_any then
      rest = SHORTEST_REST
    elseif self.total >= 0 and self.finished >= self.total then
      error(("%s: %.0f results of the job are neither here nor in Redis"):format(task.store.address, self.total - written), 0)
    else
      self:flush()
      cards.sleep(rest)
      rest = math.min(2 * rest, LONGEST_REST)
    end
  end
end

return collector
