--- An interval of a timeline: what became of the rows that ended in it. A line of OUT.timeline is one, and two of them make one by addition, whatever their
-- order, so that those of several processes and machines can be merged.

local classes = require "cards.cli.run.classes"
local core = require "cards.core"
local to_json = require "cards.cli.json"

local interval = {}

local SLOWEST = 10 -- rows that an interval names
local HIGHEST_CLASS = classes.of(1e9)
local MOST = 2 ^ 53 -- of a count

--- A new interval without a row.
-- @param at, seconds since 1970 where it begins, and its length
-- @return { at, seconds, rows, failed = counts by "PROVIDER KIND", times = counts by class, slowest = list of { row, seconds }, calls and tries = counts, nil
--   where there were none, held = { how often, seconds } by name, starts = how many processes began, nil for none }
function interval.new(at, seconds)
  return { at = at, seconds = seconds, rows = 0, failed = {}, times = {}, slowest = {}, held = {} }
end

local function is_slower(a, b)
  return a[2] > b[2] or a[2] == b[2] and a[1] < b[1]
end

--- Puts a row into a list of the slowest ones, the slowest first.
function interval.add_slow(slowest, entry)
  local place = #slowest
  while place > 0 and is_slower(entry, slowest[place]) do
    place = place - 1
  end
  if place < SLOWEST then
    table.insert(slowest, place + 1, entry)
    slowest[SLOWEST + 1] = nil
  end
end

--- The seconds above which a row is among the slowest.
function interval.least_slow(slowest)
  local last = slowest[SLOWEST]
  return last and last[2] or -1
end

local function add_counts(sums, counts)
  for name, count in pairs(counts) do
    sums[name] = (sums[name] or 0) + count
  end
end

--- The sum of counts, whatever their names.
function interval.sum(counts)
  local all = 0
  for _, count in pairs(counts) do
    all = all + count
  end
  return all
end

--- Adds what was held back.
-- @param name of what held it back
-- @param times, seconds how often, and for how long in all
function interval.hold(one, name, times, seconds)
  local known = one.held[name] or { 0, 0 }
  one.held[name] = { known[1] + times, known[2] + seconds }
end

--- Adds the counts of another interval to one, which keeps its time.
function interval.add(sum, other)
  sum.rows = sum.rows + other.rows
  add_counts(sum.failed, other.failed)
  add_counts(sum.times, other.times)
  for _, entry in ipairs(other.slowest) do
    interval.add_slow(sum.slowest, entry)
  end
  if other.calls then
    sum.calls, sum.tries = (sum.calls or 0) + other.calls, (sum.tries or 0) + other.tries
  end
  if other.starts then
    sum.starts = (sum.starts or 0) + other.starts
  end
  for name, held in pairs(other.held) do
    interval.hold(sum, name, held[1], held[2])
  end
end

local function rounded(number, digits)
  return tonumber(("%." .. digits .. "g"):format(number))
end

--- An interval as a line of JSON, without its end. Its first key is "at".
function interval.write(one)
  local times, slowest, held = {}, to_json.list {}, {}
  for class, count in pairs(one.times) do
    times[("%d"):format(class)] = count
  end
  for i, entry in ipairs(one.slowest) do
    slowest[i] = { entry[1], rounded(entry[2], 4) }
  end
  for name, entry in pairs(one.held) do
    held[name] = { entry[1], rounded(entry[2], 4) }
  end
  return assert(to_json {
    at = rounded(one.at, 13), seconds = rounded(one.seconds, 6), rows = one.rows, failed = one.failed, times = times, slowest = slowest, calls = one.calls,
    tries = one.tries, held = held, starts = one.starts,
  })
end

--- Whether a value is a count: a whole number, no larger than each Lua has exactly.
function interval.is_count(value)
  return type(value) == "number" and value >= 0 and value <= MOST and value % 1 == 0
end

local is_count = interval.is_count

local function is_time(value)
  return type(value) == "number" and value >= 0 and value <= 1e12
end

--- Whether a value is a table of names, with a check of each value in it.
local function is_table_of(value, is_right)
  if type(value) ~= "table" then
    return false
  end
  for name, content in pairs(value) do
    if type(name) ~= "string" or not is_right(content) then
      return false
    end
  end
  return true
end

local function is_held(value)
  return type(value) == "table" and is_count(value[1]) and is_time(value[2]) and #value == 2
end

local function is_slow(list)
  for i = 1, #list do
    local entry = list[i]
    if type(entry) ~= "table" or not (is_count(entry[1]) and is_time(entry[2])) then
      return false
    end
  end
  return #list <= SLOWEST
end

--- Counts by class, from those by its name; nil where one is none.
local function read_times(times)
  local read = {}
  for name, count in pairs(times) do
    local class = tonumber(name)
    if not class or not is_count(class) or class > HIGHEST_CLASS then
      return nil
    end
    read[class] = count
  end
  return read
end

--- Reads a line that interval.write has written. What other keys it has is left out.
-- @return the interval; nil where it is none
function interval.read(line)
  local value = core.json_decode(line)
  local is_one = type(value) == "table" and is_time(value.at) and is_time(value.seconds) and value.seconds > 0 and is_count(value.rows)
    and is_table_of(value.failed, is_count) and is_table_of(value.times, is_count) and type(value.slowest) == "table" and is_slow(value.slowest)
    and is_table_of(value.held, is_held) and (value.starts == nil or is_count(value.starts))
    and (value.calls == nil and value.tries == nil or is_count(value.calls) and is_count(value.tries))
  local times = is_one and read_times(value.times)
  if not times then
    return nil
  end
  local one = interval.new(value.at, value.seconds)
  one.rows, one.failed, one.times, one.slowest, one.held = value.rows, value.failed, times, value.slowest, value.held
  one.calls, one.tries, one.starts = value.calls, value.tries, value.starts
  return one
end

return interval
