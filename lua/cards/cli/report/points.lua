--- The points of a report: the intervals of any number of timelines, added up by time into a bounded number of them.

local classes = require "cards.cli.run.classes"
local interval = require "cards.cli.timeline.interval"

local points = {}
points.__index = points

local MOST = 240
local WIDTHS = { 1, 5, 10, 30, 60, 300, 600, 1800, 3600, 10800, 21600, 43200, 86400 } -- seconds, each a multiple of the one before

local SHORTEST = 0.5 -- seconds by which a rate is reckoned: the first and the last point may be shorter, and would claim too much

local floor, min, max = math.floor, math.min, math.max

--- Points without an interval.
function points.new()
  return setmetatable({ width = WIDTHS[1], by_index = {}, count = 0, total = interval.new(0, 1), first = math.huge, last = -math.huge }, points)
end

--- The width that follows.
local function wider(width)
  for _, one in ipairs(WIDTHS) do
    if one > width then
      return one
    end
  end
  return width * 2
end

--- Adds to the point in which a moment is what is in an interval, or in a narrower point.
-- @param starts when the first process began in it, or nil
function points:add_at(one, ends, starts)
  local index = floor(one.at / self.width)
  local point = self.by_index[index]
  if not point then
    point = { sum = interval.new(index * self.width, self.width), ends = ends }
    self.by_index[index] = point
  end
  interval.add(point.sum, one)
  point.ends = max(point.ends, ends)
  point.starts = starts and min(point.starts or starts, starts) or point.starts
end

--- Makes points wider, until there are not too many of them and none is narrower than an interval.
function points:fit(seconds)
  local width = self.width
  while seconds > width or floor((self.last - 1e-6) / width) - floor(self.first / width) >= MOST do
    width = wider(width)
  end
  if width ~= self.width then
    local old = self.by_index
    self.width, self.by_index = width, {}
    for _, point in pairs(old) do
      self:add_at(point.sum, point.ends, point.starts)
    end
  end
end

--- Adds an interval.
function points:add(one)
  local ends = one.at + one.seconds
  self.count = self.count + 1
  self.first, self.last = min(self.first, one.at), max(self.last, ends)
  self:fit(one.seconds)
  self:add_at(one, ends, one.starts and one.at)
  interval.add(self.total, one)
end

local function sum(counts)
  local all = 0
  for _, count in pairs(counts) do
    all = all + count
  end
  return all
end

--- What a report shows of a point.
local function shown(self, point)
  local from, to = max(point.at, self.first), min(point.at + self.width, self.last)
  local failed = sum(point.failed)
  return {
    at = from, ends = to, rows = point.rows, failed = failed, succeeded = max(0, point.rows - failed), calls = point.calls, tries = point.tries,
    seconds = max(to - from, SHORTEST),
    p50 = classes.percentile(point.times, 0.5), p95 = classes.percentile(point.times, 0.95), p99 = classes.percentile(point.times, 0.99),
  }
end

--- All points in their order, also those in which nothing was.
-- @return list of { at, ends, seconds, rows, succeeded, failed, calls, tries, p50, p95, p99, is_empty }; and for how many seconds no process ran between the
--   first and the last, as far as that can be seen
function points:list()
  local list, paused, ends = {}, 0, self.first
  for index = floor(self.first / self.width), floor((self.last - 1e-6) / self.width) do
    local point = self.by_index[index]
    if point then
      local before = list[#list]
      if point.starts and before and before.is_empty then
        paused = paused + max(0, point.starts - ends)
      end
      ends = max(ends, point.ends)
    end
    local one = shown(self, point and point.sum or interval.new(index * self.width, self.width))
    one.is_empty = not point
    table.insert(list, one)
  end
  return list, paused
end

return points
