--- The rows that a worker holds: taken from the job ahead of time, run, and held until Redis has their lines.
--
-- It is the queue of cards.cli.run.loop. Its service `serve` takes rows; those who run them wait here.

local async = require "cards.async"
local core = require "cards.core"
local figures = require "cards.util.figures"

local queue = {}
queue.__index = queue

local SHORTEST_REST, LONGEST_REST = 0.02, 0.5 -- seconds between two looks for rows where there are none
local LOOKS_EVERY = 1                         -- seconds between two looks for rows of workers that are gone
local LOOKS_AROUND = 0.25                     -- seconds after which a wait looks whether the worker stops
local OFTEN, SELDOM = 0.05, 0.2               -- seconds between two takes, between which the rows that are taken ahead stay as many as they are
local MOST_AHEAD = 2000                       -- rows

--- @param task { store, worker = its name, concurrency, make = function(text, number) that returns a row, or false and what is wrong, deliveries = those that a
--   row has at most }
function queue.new(task)
  return setmetatable({
    task = task, rows = {}, first = 1, count = 0, waiters = {}, spare = {}, running = 0, held = {}, holds = 0, taken_over = 0, over = 0, suspects = 0,
    looked = -math.huge, took = 0, single = false, ahead = task.concurrency, least = task.concurrency, ended = false, room = async.signal(),
    done = 0, total = -1, fed = 0,
  }, queue)
end

--- Whether there may be a further row.
function queue:is_open()
  return not self.ended
end

--- Wakes one who waits for a row.
local function wake_one(self)
  local signal = table.remove(self.waiters)
  if signal then
    signal:set()
  end
end

local function wake_all(self)
  while self.waiters[1] do
    wake_one(self)
  end
end

--- Ends the queue: nobody gets a row any more.
function queue:close()
  self.ended = true
  wake_all(self)
  self.room:set()
end

local function append(self, entry)
  self.count = self.count + 1
  self.rows[self.first + self.count - 1] = entry
  wake_one(self)
end

local function shift(self)
  local entry = self.rows[self.first]
  self.rows[self.first] = nil
  self.first, self.count = self.first + 1, self.count - 1
  return entry
end

--- Waits for a row and puts it into an item. @return whether there is one
function queue:wait(item)
  while self.count == 0 do
    if self.ended then
      return false
    end
    local signal = table.remove(self.spare) or async.signal()
    table.insert(self.waiters, signal)
    signal:wait(3600)
    table.insert(self.spare, signal)
  end
  local entry = shift(self)
  if entry.again then
    for key, value in pairs(entry.again) do
      item[key] = value
    end
  else
    item.number, item.row, item.wrong, item.line, item.since, item.wait = entry.number, entry.row, entry.wrong, entry.line, core.now(), false
  end
  self.running = self.running + 1
  if self.count < self.ahead / 2 then
    self.room:set()
  end
  return true
end

--- Puts a row back that found the client busy.
function queue:push(item)
  self.running = self.running - 1
  append(self, { again = item })
end

--- Notes that a row is done, or was skipped.
function queue:leave(item)
  if item.number > 0 then
    self.running = self.running - 1
    self.room:set()
  end
end

--- Notes that Redis has the line of a row.
function queue:release(number)
  local delivery = self.held[number]
  if delivery then
    self.held[number], self.holds = nil, self.holds - 1
    self.over = self.over - (delivery > 1 and 1 or 0)
  end
end

--- The numbers of the rows that are held, with " " behind each.
function queue:numbers()
  local list = {}
  for number in pairs(self.held) do
    list[#list + 1] = ("%.0f "):format(number)
  end
  return table.concat(list)
end

--- The error of a row that workers ended with.
local function lost(number, workers)
  return core.error {
    kind = "invalid_request", provider = "cards", operation = "work", attempts = 0, retryable = false, code = "workers_ended",
    message = ("row %.0f: %s ended while %s ran it"):format(number, figures.several(workers, "worker"), workers == 1 and "it" or "they"),
  }
end

--- A row as it came: number, delivery, mark, text.
local function entry_of(self, number, delivery, mark, text)
  local entry = { number = number, row = false, wrong = false, line = false, again = false }
  local task = self.task
  if mark == "!" then
    local line, wrong = text:match "^(%d+) (.*)$"
    entry.line, entry.wrong = tonumber(line), wrong
    return entry
  end
  local row, wrong = task.make(text, number)
  entry.row, entry.wrong, entry.line = row, wrong or false, 0
  if delivery > task.deliveries then
    entry.wrong = lost(number, delivery - 1)
  end
  return entry
end

--- Notes what a take returned. @return how many rows it were
function queue:receive(reply)
  local count = 0
  for number, delivery, mark, text in reply[1]:gmatch "(%d+) (%d+) (.) ([^\n]*)\n" do
    number, delivery, count = tonumber(number), tonumber(delivery), count + 1
    self:release(number) -- one that was taken before, where Redis has lost that
    self.held[number], self.holds = delivery, self.holds + 1
    if delivery > 1 then
      self.taken_over, self.over = self.taken_over + 1, self.over + 1
    end
    append(self, entry_of(self, number, delivery, mark, text))
  end
  self.suspects, self.done, self.total, self.fed = reply[2], reply[3], reply[4], reply[5]
  return count
end

--- How many rows are to be taken now; 0 for none, and whether the one that is taken runs alone.
function queue:wanted()
  self.single = self.single and self.holds > 0
  if self.single then
    return 0, true
  elseif self.suspects > 0 then
    return self.holds == 0 and 1 or 0, true
  end
  return self.count < self.ahead / 2 and self.ahead - self.count or 0, false
end

--- Takes more rows ahead where they are fast, and fewer where they are slow.
function queue:adapt(now)
  local seconds = now - self.took
  self.took = now
  if seconds < OFTEN then
    self.ahead = math.min(2 * self.ahead, math.max(MOST_AHEAD, self.least))
  elseif seconds > SELDOM then
    self.ahead = math.max(math.ceil(self.ahead / 2), self.least)
  end
end

--- Takes rows once. Raises an error where the job is gone or Redis fails. @return how many it were; nil where none were wanted
function queue:take()
  local task, now = self.task, core.now()
  local most, alone = self:wanted()
  if most <= 0 then
    return nil
  end
  local room = task.concurrency - self.over -- so that few rows run alone after another end of a worker
  local looks = alone or room > 0 and now - self.looked >= LOOKS_EVERY
  self.looked = looks and now or self.looked
  local reply, was_repeated = task.store:must("job_take", "meta rows counts", task.store.id, task.worker, most, looks and room or 0, alone and "alone" or "")
  local count = self:receive(reply)
  self.single = alone and count > 0
  if reply[6] > 0 then -- there may be more of others, and as many as are wanted at once
    self.looked = -math.huge
  end
  if count == most and not alone then
    self:adapt(now)
  end
  if was_repeated then -- a reply may have been lost, with rows that only Redis knows to be here
    task.store:must("job_leave", "meta rows workers", task.store.id, task.worker, self:numbers())
  end
  return count
end

--- The service that takes rows until the job is complete, or the worker stops.
function queue:serve()
  local rest = SHORTEST_REST
  while not self.ended do
    if core.stopping() then
      return self:stop()
    end
    local count = self:take()
    if count and self.total >= 0 and self.done >= self.total and self.fed == self.total then
      return self:close()
    end
    if count == 0 then
      self.room:wait(rest)
      rest = math.min(2 * rest, LONGEST_REST)
    else
      rest = SHORTEST_REST
      if count == nil then
        self.room:wait(LOOKS_AROUND)
      end
    end
  end
end

--- Begins no further row. Those that run are finished.
function queue:stop()
  while self.count > 0 do
    shift(self)
  end
  self:close()
end

return queue
