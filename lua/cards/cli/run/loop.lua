--- The loop of cards run and cards work: calls the flow for each row that is not done, many at the same time, and says what became of each.
--
-- A call that found the client busy (cards.limit, cards.breaker, max_in_flight) was not sent: its row waits in its place and is run again. So fewer rows run
-- while there is no room, and a breaker that is open for a minute costs a minute and no row.

local cards = require "cards"
local core = require "cards.core"

local loop = {}
loop.__index = loop

local FIRST_WAIT, LONGEST_WAIT = 0.1, 10 -- seconds until a row that found the client busy is run again; doubled each time
local LONGEST_SLEEP = 1                  -- seconds after which a row that waits looks whether the run stops

--- What a row ends with that was not run, because it could not be read, or because the run stops.
local Invalid, Skipped = {}, {}

--- @param job { flow = function(row), next_row and about = what rows.reader returns, done = the set of rows that are done, or nil, concurrency, limit = the
--   last row that is run, or nil, max_errors = rows after whose failing no further one is begun, or nil, busy_timeout = seconds,
--   handle = function(number, row, result, err) that writes a line and returns the kind of its error and its provider, or nil, summary, progress, timeline,
--   keep = function(intervals of it that are finished) }. Where rows come from elsewhere, in the place of next_row, done and limit: queue = { is_open(self),
--   wait(self, item) that sets number, row, wrong and line of an item and returns true, or false at the end, push(self, item) for a row that found the client
--   busy, leave(self, item) for one that is done or skipped }, services = functions that run beside the rows to their end }
function loop.new(job)
  local services = {}
  for i, service in ipairs(job.services or {}) do
    services[i] = service
  end
  return setmetatable({ job = job, number = 0, ended = false, is_called = false, stopped = false, again = {}, spare = {}, services = services }, loop)
end

--- Begins no further row, and runs none again that found the client busy.
-- @param why what run returns then
function loop:stop(why)
  self.stopped = self.stopped or why
end

--- An item for a row that is begun: its number, the row, or what is wrong with it and its line, and since when it runs. Those of rows that are done are used
-- again.
function loop:item(row, wrong, line)
  local spare = self.spare
  local item = spare[#spare]
  if item then
    spare[#spare] = nil
  else
    item = { number = 0, row = false, wrong = false, line = false, since = 0, wait = false, due = 0, gives_up = 0, service = false }
  end
  item.number, item.row, item.wrong, item.line, item.since, item.wait = self.number, row, wrong, line, core.now(), false
  return item
end

--- The next row that is not done, as an item; nil at the end of the rows that are run.
function loop:pending()
  local next_row, done, limit = self.job.next_row, self.job.done, self.job.limit
  while not self.ended do
    local row, wrong, line = next_row()
    local number = self.number
    if row == nil or number == limit then
      self.ended = row == nil and "complete" or "limit"
      return nil
    end
    number = number + 1
    self.number = number
    if not (done and done:has(number)) then
      return self:item(row, wrong, line)
    end
  end
end

--- A function that returns the next item: a service, a row that found the client busy, or the next of the input. One of a queue waits for its row itself.
function loop:source()
  local again, services, queue = self.again, self.services, self.job.queue
  return function()
    if services[1] then
      return { service = table.remove(services) }
    elseif self.stopped then
      return nil
    elseif again[1] then
      return table.remove(again, 1)
    elseif queue then
      return queue:is_open() and self:item(false) or nil
    end
    return self:pending()
  end
end

--- Whether a row that found the client busy is run again.
function loop:retry(item, err, now)
  item.gives_up = item.wait and item.gives_up or now + self.job.busy_timeout
  if now >= item.gives_up then
    return false
  end
  item.wait = math.min(item.wait and item.wait * 2 or FIRST_WAIT, LONGEST_WAIT)
  item.due = math.min(now + math.max(err.retry_after or 0, item.wait * (0.5 + core.random() / 2)), item.gives_up)
  if self.job.queue then
    self.job.queue:push(item)
  else
    table.insert(self.again, item)
  end
  self.job.summary.waits = self.job.summary.waits + 1
  self.job.timeline:hold(("%s.%s"):format(err.provider or "cards", err.operation or "call"), item.due - now, now)
  return true
end

--- What runs at the same time as others: one row, or a service.
function loop:call()
  local flow, queue = self.job.flow, self.job.queue
  return function(item)
    if item.service then
      return item.service()
    elseif queue and not queue:wait(item) then
      return nil, Skipped
    end
    while item.wait and not self.stopped and core.now() < item.due do
      cards.sleep(math.max(0, math.min(item.due - core.now(), LONGEST_SLEEP)))
    end
    if self.stopped then
      return nil, Skipped
    elseif item.wrong then
      return nil, Invalid
    end
    return flow(item.row)
  end
end

--- The error of a row that was not run. Its line is 0 where nobody knows it.
local function invalid(item)
  local line = item.line and item.line > 0 and (" (line %d)"):format(item.line) or ""
  return type(item.wrong) == "table" and item.wrong or core.error {
    kind = "invalid_request", provider = "cards", operation = "run", attempts = 0, retryable = false,
    message = ("row %d%s: %s"):format(item.number, line, item.wrong),
  }
end

--- Raises the error of the first row that was run, where that asked for a column that is not there: the flow and the input do not belong together, and it would
-- be the same in each row. No line is written, and no row is done.
local function check_columns(missed, err)
  if missed and type(err) == "string" and err:find(missed, 1, true) then
    error(err:match "^[^\n]*", 0)
  end
end

--- Counts and writes what a row ended with.
function loop:finish(item, result, err, now)
  local job = self.job
  local totals, timeline = job.summary, job.timeline
  if err == Invalid then
    err = invalid(item)
  elseif not self.is_called then
    self.is_called = true
    check_columns(job.about.missed, err)
  end
  local seconds, kind, provider = now - item.since, job.handle(item.number, item.row or {}, result, err)
  totals:add(seconds, kind)
  timeline:add(item.number, seconds, kind, provider, now)
  if timeline.finished[1] then
    job.keep(timeline:take())
  end
  if totals.failed == job.max_errors then
    self:stop "max_errors"
  end
  item.row = false
  self.spare[#self.spare + 1] = item
end

--- Ends the timeline, and keeps what is not kept yet.
function loop:finish_timeline()
  self.job.timeline:finish(core.now())
  self.job.keep(self.job.timeline:take())
end

local function is_busy(err)
  return type(err) == "table" and getmetatable(err) == "cards.error" and err.kind == "busy"
end

--- Counts, writes or puts back what a row or a service ended with.
function loop:ended_with(item, result, err, now)
  local progress, queue = self.job.progress, self.job.queue
  if item.service then
    if err ~= nil then
      error(type(err) == "string" and err:match "^[^\n]*" or err, 0) -- a traceback stands behind the message
    end
    return
  elseif err ~= nil and result == nil and is_busy(err) and self:retry(item, err, now) then
    return
  end
  if queue then
    queue:leave(item)
  end
  if err ~= Skipped then
    self:finish(item, result, err, now)
    if now >= progress.due then
      progress:tick(now)
    end
  end
end

--- Runs all rows. Raises an error where a file cannot be read or written, or the first row asks for a column that is not there.
-- @return why it ended: "complete", "limit", or what stop was given: "max_errors", "interrupted"
function loop:run()
  local concurrency = self.job.concurrency + #self.services
  repeat
    for _, item, result, err in cards.each(self:source(), self:call(), { concurrency = concurrency }) do
      if type(err) == "string" and core.interrupted() then -- LuaJIT raises that error in any coroutine: it is none of the row
        error(err, 0)
      end
      self:ended_with(item, result, err, core.now())
    end
  until self.stopped or not self.again[1] -- those that found the client busy when no further row was to be begun
  return self.stopped or self.ended or "complete"
end

return loop
