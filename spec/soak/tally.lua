--- What came of the calls of one target, what it holds before and after, and what of it is wrong.

local LANE = 2 -- descriptors of one lane of the engine: how many lanes as many calls need depends on the moment, by one

local tally = {}
tally.__index = tally

local KINDS = { "invalid_request", "auth", "not_found", "rate_limited", "declined", "provider", "timeout", "network", "tls", "protocol", "busy", "cancelled" }
local known = { record = true }
for _, kind in ipairs(KINDS) do known[kind] = true end

local LATEST = 0.1    -- seconds beyond its deadline
local MOST_LATE = 0.1 -- of the calls that reach their deadline: not all that a machine does to a process is counted as being without a processor
local FAR = 2         -- seconds beyond its deadline that none may have
local MOST_KIB = 8192 -- that the memory may grow from the first half to the second: more calls at once need more, whatever there were before

local WIDTHS = "%-22s %8s %6s %8s %8s %10s %11s %14s %17s %12s"

function tally.head()
  return WIDTHS:format("target", "calls", "/s", "records", "errors", "given up", "latest ms", "descriptors", "KiB", "slots")
end

function tally.new(target)
  return setmetatable({ target = target, begun = 0, ended = 0, gone = 0, due = 0, tardy = 0, kinds = {}, latest = -math.huge, problems = {} }, tally)
end

function tally:wrong(text)
  if #self.problems < 10 then self.problems[#self.problems + 1] = text end
end

--- A call that has ended: see soak.calls.
function tally:add(outcome)
  self.ended = self.ended + 1
  local kind = tostring(outcome.kind)
  self.kinds[kind] = (self.kinds[kind] or 0) + 1
  if not known[kind] then self:wrong("a call ended with " .. kind) end
  local late = outcome.late - outcome.starved
  self.latest = math.max(self.latest, late)
  if outcome.late > 0 then self.due = self.due + 1 end
  if late > LATEST then self.tardy = self.tardy + 1 end
  if late > FAR then
    self:wrong(("a call ended %.0f ms after its deadline, %.0f ms of them without a processor"):format(outcome.late * 1000, outcome.starved * 1000))
  end
end

local function change(before, after) return ("%d > %d"):format(before, after) end

--- The rows of the table; and whether all is well.
-- @param before, after { descriptors, kib, open, used } with the same calls behind them
function tally:report(before, after, seconds)
  if after.descriptors > before.descriptors + LANE then self:wrong("descriptors: " .. change(before.descriptors, after.descriptors)) end
  if before.open ~= after.open or before.used ~= after.used then
    self:wrong(("secrets: %s, of %s bytes"):format(change(before.open, after.open), change(before.used, after.used)))
  end
  if after.kib - before.kib > MOST_KIB then self:wrong("memory in KiB: " .. change(before.kib, after.kib)) end
  if self.ended + self.gone ~= self.begun then self:wrong(("%d calls began, %d ended, %d were given up"):format(self.begun, self.ended, self.gone)) end
  if self.ended == 0 then self:wrong "no call ended" end
  if self.tardy > MOST_LATE * self.due then
    self:wrong(("%d of %d calls that reached their deadline ended more than %.0f ms after it"):format(self.tardy, self.due, LATEST * 1000))
  end
  local records, list = self.kinds.record or 0, {}
  for _, kind in ipairs(KINDS) do
    if self.kinds[kind] then list[#list + 1] = kind .. " " .. self.kinds[kind] end
  end
  local lines = { WIDTHS:format(self.target, self.begun, ("%.0f"):format(self.begun / seconds), records, self.ended - records, self.gone,
    ("%.1f"):format(self.latest * 1000), change(before.descriptors, after.descriptors), change(before.kib, after.kib), change(before.open, after.open)) }
  lines[2] = "    " .. table.concat(list, ", ")
  for _, problem in ipairs(self.problems) do lines[#lines + 1] = "    WRONG: " .. problem end
  return table.concat(lines, "\n"), #self.problems == 0
end

return tally
