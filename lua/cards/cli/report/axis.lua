--- The ticks of an axis, at round values: of numbers, of times that somebody took, and of the clock.

local figures = require "cards.util.figures"
local words = require "cards.cli.report.words"

local axis = {}

local floor, ceil, log = math.floor, math.ceil, math.log

local BREAK, BREAKS = 0.012, 0.2 -- of the axis of the clock: between two stretches, and all of those together at most
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

--- The values of ticks of a logarithmic axis: 1, 2 and 5 in each decade, fewer where there are many decades, and round steps where there is none.
local function tick_values(least, most)
  local decades, values = log(most / least) / log(10), {}
  if decades < 0.8 then
    local step = round_up((most - least) / 4)
    for i = ceil(least / step), floor(most / step) do
      table.insert(values, i * step)
    end
    return values
  end
  for exponent = floor(log(least) / log(10)) - 1, ceil(log(most) / log(10)) + 1 do
    for _, factor in ipairs(decades > 3.5 and { 1 } or decades > 1.7 and { 1, 3 } or { 1, 2, 5 }) do
      table.insert(values, factor * 10 ^ exponent)
    end
  end
  return values
end

--- A logarithmic axis of times.
-- @param least, most its ends, which become round where `is_round` and they are more than a decade apart
function axis.logarithmic(least, most, is_round)
  local values = tick_values(least, most)
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

--- How many seconds there are to be between two ticks, of which there are at most so many.
local function clock_step(seconds, most)
  local step = CLOCK[#CLOCK]
  for i = #CLOCK, 1, -1 do
    step = seconds / CLOCK[i] <= most and CLOCK[i] or step
  end
  while seconds / step > most do
    step = step * 2
  end
  return step
end

--- Puts stretches of time beside each other: each gets `from`, the place where it begins, all together reach from 0 to 1.
-- @return how wide a second is, and a break between two
local function put_beside(stretches)
  local seconds, breaks = 0, #stretches - 1
  for _, stretch in ipairs(stretches) do
    seconds = seconds + stretch.last - stretch.first
  end
  local gap = math.min(BREAK, breaks > 0 and BREAKS / breaks or 0)
  local wide, from = (1 - breaks * gap) / math.max(seconds, 1e-3), 0
  for _, stretch in ipairs(stretches) do
    stretch.place = from
    from = from + (stretch.last - stretch.first) * wide + gap
  end
  return wide, gap, seconds
end

--- The axis of the clock, in UTC.
-- @param stretches list of { first, last } in seconds since 1970, which stand beside each other with a break between them
-- @param most how many ticks there are at most
-- @return { place = function(time, number of its stretch), ticks = list of { place, label, whether that is a day }, breaks = list of { from, to, seconds } }
function axis.clock(stretches, most)
  local wide, gap, seconds = put_beside(stretches)
  local step, ticks, breaks, day = clock_step(seconds, most), {}, {}, words.moment("%d %b", stretches[1].first)
  local function place(time, number)
    local stretch = stretches[number]
    return math.min(1, stretch.place + (time - stretch.first) * wide)
  end
  local function add(time, number)
    local last, at, today = ticks[#ticks], place(time, number), words.moment("%d %b", time)
    if not last or at - last[1] >= 0.75 / most then
      local is_day = today ~= day and (step >= 3600 or number > 1)
      table.insert(ticks, { at, is_day and today or words.moment(step < 60 and "%H:%M:%S" or "%H:%M", time), is_day })
      day = today
    end
  end
  for number, stretch in ipairs(stretches) do
    local before, time = stretches[number - 1], ceil(stretch.first / step) * step
    if before then
      table.insert(breaks, { stretch.place - gap, stretch.place, stretch.first - before.last })
    end
    if time > stretch.last and #stretches > 1 then
      add(stretch.first, number)
    end
    while time <= stretch.last do
      add(time, number)
      time = time + step
    end
  end
  return { place = place, ticks = ticks, breaks = breaks }
end

return axis
