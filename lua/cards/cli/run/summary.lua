--- What became of the rows of a run: counts, errors by kind, and how long a row took, for the terminal and as JSON.

local classes = require "cards.cli.run.classes"
local core = require "cards.core"
local figures = require "cards.util.figures"
local to_json = require "cards.cli.json"

local summary = {}
summary.__index = summary

local floor = math.floor

--- @param earlier { count, failed, kinds } of the rows that were done before
function summary.new(earlier)
  local kinds = {}
  for kind, count in pairs(earlier.kinds) do
    kinds[kind] = count
  end
  return setmetatable({
    began = core.now(), earlier = earlier.count, earlier_failed = earlier.failed, kinds = kinds, rows = 0, failed = 0, waits = 0, classes = {},
    failed_by = {},
  }, summary)
end

--- Counts a row.
-- @param seconds that it took
-- @param kind of its error, or nil
function summary:add(seconds, kind)
  local class, counts = classes.of(seconds), self.classes
  counts[class] = (counts[class] or 0) + 1
  self:count(kind)
end

--- Counts a row of whose time nothing is known.
-- @param kind of its error, or nil
function summary:count(kind)
  self.rows = self.rows + 1
  if kind then
    self.failed = self.failed + 1
    self.kinds[kind] = (self.kinds[kind] or 0) + 1
    self.failed_by[kind] = (self.failed_by[kind] or 0) + 1
  end
end

--- The seconds that this share of the rows took at most; nil where there was no row.
function summary:percentile(share)
  return classes.percentile(self.classes, share)
end

--- A number with three digits that count.
local function rounded(number)
  return number and tonumber(("%.3g"):format(number))
end

local function time(seconds)
  return seconds < 1 and ("%.3g ms"):format(seconds * 1000) or ("%.3g s"):format(seconds)
end

--- "declined 4, timeout 8"
function summary.list(kinds)
  local list = {}
  for kind, count in pairs(kinds) do
    list[#list + 1] = ("%s %s"):format(kind, figures.count(count))
  end
  table.sort(list)
  return table.concat(list, ", ")
end

--- Stops the clock.
function summary:stop()
  self.seconds = core.now() - self.began
  self.rate = self.seconds > 0 and self.rows / self.seconds or 0
end

--- Lines for the terminal, of the rows of this run only.
function summary:lines()
  if self.rows == 0 then
    return { "no row was run" }
  end
  local count, lines = figures.count, {}
  lines[1] = ("%s in %s, %s/s: %s succeeded, %s failed%s"):format(figures.several(self.rows, "row"), figures.duration(self.seconds),
    count(floor(self.rate + 0.5)), count(self.rows - self.failed), count(self.failed), self.failed > 0 and " (" .. summary.list(self.failed_by) .. ")" or "")
  lines[2] = ("a row took %s (p50), %s (p95), %s (p99)"):format(time(self:percentile(0.5)), time(self:percentile(0.95)), time(self:percentile(0.99)))
  if self.waits > 0 then
    lines[3] = figures.several(self.waits, "time") .. " a row found the client busy, and was run again"
  end
  return lines
end

--- The same as JSON, with the rows of earlier runs counted.
-- @param ended "complete", "limit", "max_errors", "interrupted" or "error"
-- @param message what ended it, or nil
function summary:json(ended, message)
  local failed, rows = self.earlier_failed + self.failed, self.earlier + self.rows
  return to_json {
    ended = ended, message = message, rows = rows, succeeded = rows - failed, failed = failed, errors = self.kinds, earlier = self.earlier, busy = self.waits,
    seconds = rounded(self.seconds), rate = rounded(self.rate),
    p50 = rounded(self:percentile(0.5)), p95 = rounded(self:percentile(0.95)), p99 = rounded(self:percentile(0.99)),
  } .. "\n"
end

return summary
