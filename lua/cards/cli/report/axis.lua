--- The ticks of an axis, at round values: of numbers, of times that somebody took, and of the clock.

local figures = require "cards.util.figures"
local words = require "cards.cli.report.words"

local axis = {}

local floor, ceil, log = math.floor, math.ceil, math.log

local CLOCK = { 1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 10800, 21600, 43200, 86400 } -- seconds between two ticks

--- The next larger of 1, 2, 5, 10, 20, …
local function round_up(value)
  local unit = 10 ^ floor(log(value) / log(10))
  for _, factor in ipairs { 1, 2, 5 } do
    if value <= factor * unit * (1 + 1e-9) then
      return factor * unit
    end
  end
  return 10 * unit
end

--- An axis from 0 to a round value that is no less than `most`.
-- @param count how many ticks there are to be, about
-- @param label function of a value
-- @param finest the shortest step, or nil
-- @return { place = function of a value, from 0 to 1, ticks = list of { place, label } }
function axis.linear(most, count, label, finest)
  local step = math.max(round_up((most > 0 and most or 1) / count), finest or 0)
  local steps = math.max(1, ceil(most / step - 1e-9))
  local ticks = {}
  for i = 0, steps do
    ticks[i + 1] = { i / steps, label(i * step) }
  end
  return { place = function(value) return math.min(1, value / (steps * step)) end, ticks = ticks }
end

--- A logarithmic axis of times, with its ticks at 1, 2 and 5 in each decade, or at fewer.
-- @param least, most its ends, which become round where `is_round`
function axis.logarithmic(least, most, is_round)
  local decades = log(most / least) / log(10)
  local factors = decades > 3.5 and { 1 } or decades > 1.7 and { 1, 3 } or { 1, 2, 5 }
  local values = {}
  for exponent = floor(log(least) / log(10)) - 1, ceil(log(most) / log(10)) + 1 do
    for _, factor in ipairs(factors) do
      table.insert(values, factor * 10 ^ exponent)
    end
  end
  if is_round then
    local first, last = 1, #values
    while values[first + 1] <= least * (1 + 1e-9) do
      first = first + 1
    end
    while values[last - 1] >= most * (1 - 1e-9) do
      last = last - 1
    end
    least, most = values[first], values[last]
  end
  local function place(value) return math.max(0, math.min(1, log(value / least) / log(most / least))) end
  local ticks = {}
  for _, value in ipairs(values) do
    if value >= least * (1 - 1e-9) and value <= most * (1 + 1e-9) then
      table.insert(ticks, { place(value), words.time(value, words.round) })
    end
  end
  return { place = place, ticks = ticks }
end

--- An axis of times that somebody took, logarithmic where they are far apart.
function axis.times(least, most)
  if most > 20 * least then
    local round = axis.logarithmic(least, most, true)
    round.is_logarithmic = true
    return round
  end
  return axis.linear(most, 4, function(seconds) return seconds == 0 and "0" or words.time(seconds, words.round) end)
end

--- An axis of counts, or of rates.
-- @param is_whole whether only whole numbers are ticks
function axis.counts(most, is_whole)
  return axis.linear(most, 4, function(value) return value >= 10 and figures.count(floor(value + 0.5)) or words.round(value) end, is_whole and 1 or nil)
end

--- The ticks between two moments, in UTC, at most `most` of them.
-- @return list of { place, label }
function axis.clock(first, last, most)
  local step = CLOCK[#CLOCK]
  for i = #CLOCK, 1, -1 do
    step = (last - first) / CLOCK[i] <= most and CLOCK[i] or step
  end
  while (last - first) / step > most do
    step = step * 2
  end
  local ticks = {}
  for time = ceil(first / step) * step, last, step do
    local format = time % 86400 == 0 and step >= 3600 and "%d %b" or step < 60 and "%H:%M:%S" or "%H:%M"
    table.insert(ticks, { (time - first) / (last - first), words.moment(format, time) })
  end
  return ticks
end

return axis
