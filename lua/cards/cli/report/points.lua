--- The points of a report: the intervals of any number of timelines, added up by time into a bounded number of them. A run that goes on later is another
-- stretch of time: what is between two stretches has no points.

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
  return setmetatable({ width = WIDTHS[1], by_index = {}, used = 0, count = 0, total = interval.new(0, 1), first = math.huge, last = -math.huge }, points)
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
    self.by_index[index], self.used = point, self.used + 1
  end
  interval.add(point.sum, one)
  point.ends = max(point.ends, ends)
  point.starts = starts and min(point.starts or starts, starts) or point.starts
end

--- Makes points wider: as wide as an interval at least.
function points:widen(seconds)
  local width, old = self.width, self.by_index
  repeat
    width = wider(width)
  until width >= seconds
  self.width, self.by_index, self.used = width, {}, 0
  for _, point in pairs(old) do
    self:add_at(point.sum, point.ends, point.starts)
  end
end

--- Adds an interval.
function points:add(one)
  local ends = one.at + one.seconds
  self.count = self.count + 1
  self.first, self.last = min(self.first, one.at), max(self.last, ends)
  if one.seconds > self.width then
    self:widen(one.seconds)
  end
  self:add_at(one, ends, one.starts and one.at)
  while self.used > MOST do
    self:widen(0)
  end
  interval.add(self.total, one)
end

--- What a report shows of a point in a stretch.
local function shown(self, index, stretch)
  local point = self.by_index[index]
  local sum = point and point.sum or interval.new(index * self.width, self.width)
  local from, to = max(sum.at, stretch.first), min(sum.at + self.width, stretch.last)
  local failed = interval.sum(sum.failed)
  return {
    at = from, ends = to, rows = sum.rows, failed = failed, succeeded = max(0, sum.rows - failed), calls = sum.calls, tries = sum.tries,
    seconds = max(to - from, SHORTEST),
    p50 = classes.percentile(sum.times, 0.5), p95 = classes.percentile(sum.times, 0.95), p99 = classes.percentile(sum.times, 0.99),
  }
end

--- The stretches of time in which a process ran, in their order, as far as one can see them at the width of points; and how many points they have.
function points:stretches()
  local indexes, list, many = {}, {}, 0
  for index in pairs(self.by_index) do
    table.insert(indexes, index)
  end
  table.sort(indexes)
  for _, index in ipairs(indexes) do
    local point, stretch = self.by_index[index], list[#list]
    if not stretch or point.starts and index > stretch.to + 1 then
      stretch = { from = index, first = list[1] and point.starts or self.first, last = point.ends }
      table.insert(list, stretch)
    end
    stretch.to, stretch.last = index, max(stretch.last, point.ends)
  end
  for _, stretch in ipairs(list) do
    many = many + stretch.to - stretch.from + 1
  end
  return list, many
end

--- All points in their order, also those in which nothing was.
-- @return list of { at, ends, seconds, rows, succeeded, failed, calls, tries, p50, p95, p99, stretch = place of its stretch }; and the list of stretches,
--   { first, last } in seconds since 1970
function points:list()
  local stretches, many = self:stretches()
  while many > MOST do
    self:widen(0)
    stretches, many = self:stretches()
  end
  local list = {}
  for place, stretch in ipairs(stretches) do
    for index = stretch.from, stretch.to do
      local one = shown(self, index, stretch)
      one.stretch = place
      table.insert(list, one)
    end
  end
  return list, stretches
end

return points
