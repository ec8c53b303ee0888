--- The timeline of a run: what became of its rows, by intervals of time, in memory that does not grow with their number.
--
-- An interval is a second long in the first ten minutes, then ten seconds, after two hours a minute, and begins at a multiple of that of the system's clock. So
-- those of several processes can be added up. The first begins, and the last ends, where the run does; where no row ended there is none.

local classes = require "cards.cli.run.classes"
local core = require "cards.core"
local count_calls = require "cards.cli.timeline.calls"
local interval = require "cards.cli.timeline.interval"

local timeline = {}
timeline.__index = timeline

local WIDTHS = { { 600, 1 }, { 7200, 10 }, { math.huge, 60 } } -- { until so many seconds of a run, seconds of an interval }

local floor, max = math.floor, math.max

--- A timeline that begins now.
-- @param counters a function that returns how many calls and how many tries there were so far, and by name what was held back, { how often, seconds }; those of
--   the process where it is left out
function timeline.new(counters)
  local now = core.now()
  local self = setmetatable({
    began = now, offset = core.time() - now, counters = counters or count_calls, calls = 0, tries = 0, held = {}, finished = {},
  }, timeline)
  self:open(now, now)
  self:count_calls()
  self.current = interval.new(self.current.at, self.current.seconds) -- what was before is none of the run
  self.current.starts = 1
  return self
end

--- Begins an interval in which `now` is, at its proper beginning or at a later time.
function timeline:open(now, earliest)
  local width
  for i = #WIDTHS, 1, -1 do
    width = now - self.began < WIDTHS[i][1] and WIDTHS[i][2] or width
  end
  local begins = floor((now + self.offset) / width) * width
  local at = max(begins, earliest + self.offset)
  self.current, self.ends, self.width, self.least = interval.new(at, begins + width - at), begins + width - self.offset, width, -1
end

--- Adds to the current interval what was called and held back since the last time.
function timeline:count_calls()
  local calls, tries, held = self.counters()
  for name, entry in pairs(held or {}) do
    local before = self.held[name] or { 0, 0 }
    if entry[1] > before[1] then
      interval.hold(self.current, name, entry[1] - before[1], entry[2] - before[2])
      self.held[name] = { entry[1], entry[2] }
    end
  end
  if calls > self.calls or tries > self.tries then
    self.current.calls, self.current.tries = max(0, calls - self.calls), max(0, tries - self.tries)
    self.calls, self.tries = calls, tries
  end
end

--- Ends the current interval, and begins the one in which `now` is. What was called long after its end belongs to the rows that end now.
function timeline:turn(now)
  if now - self.ends < self.width then
    self:count_calls()
  end
  table.insert(self.finished, self.current)
  self:open(now, self.ends)
end

--- Counts a row.
-- @param row its number
-- @param seconds that it took
-- @param kind of its error, or nil
-- @param provider of the error; nil where the flow made it
-- @param now the time, as core.now has it
function timeline:add(row, seconds, kind, provider, now)
  if now >= self.ends then
    self:turn(now)
  end
  local current = self.current
  local times, class = current.times, classes.of(seconds)
  current.rows = current.rows + 1
  times[class] = (times[class] or 0) + 1
  if kind then
    local name = (provider or "flow") .. " " .. kind
    current.failed[name] = (current.failed[name] or 0) + 1
  end
  if seconds > self.least then
    interval.add_slow(current.slowest, { row, seconds })
    self.least = interval.least_slow(current.slowest)
  end
end

--- Counts that something held a row back.
-- @param name of it
-- @param seconds for how long
-- @param now the time, as core.now has it
function timeline:hold(name, seconds, now)
  if now >= self.ends then
    self:turn(now)
  end
  interval.hold(self.current, name, 1, seconds)
end

--- Ends the timeline. The current interval ends now.
-- @param now the time, as core.now has it
function timeline:finish(now)
  if now >= self.ends then
    self:turn(now)
  end
  self:count_calls()
  local current = self.current
  current.seconds = max(now + self.offset - current.at, 0.001)
  table.insert(self.finished, current)
  self:open(now, now)
end

--- The intervals that are finished and were not taken yet, as plain tables: see cards.cli.timeline.interval. The list `finished` says whether there are some.
function timeline:take()
  local finished = self.finished
  self.finished = {}
  return finished
end

return timeline
