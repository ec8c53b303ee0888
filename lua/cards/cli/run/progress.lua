--- How far a run is: on a terminal one line that is written anew, elsewhere a line from time to time.

local core = require "cards.core"
local figures = require "cards.util.figures"

local progress = {}
progress.__index = progress

local SHOWN, LOGGED = 0.2, 30 -- seconds between two lines on a terminal, and in a file

local count, duration = figures.count, figures.duration

--- @param share function that returns which part of the input was read, from 0 to 1, and how many rows that were; nil, or a function that
--   returns nil, where nobody knows the size of the input
-- @param summary of the run
-- @return an object whose field `due` is the time at which `tick` is to be called next
function progress.new(share, summary)
  local now, is_terminal = core.now(), core.is_terminal()
  local interval = is_terminal and SHOWN or LOGGED
  return setmetatable({ share = share, summary = summary, is_terminal = is_terminal, interval = interval, began = now, due = now }, progress)
end

--- The number with two digits that count: an estimate claims no more.
local function about(number)
  local unit = 10 ^ math.max(0, math.floor(math.log(math.max(number, 1)) / math.log(10)) - 1)
  return count(math.floor(number / unit + 0.5) * unit)
end

--- "12,345 rows of about 98,000, 13 %, 1,204/s, 3 errors, 1:11 left"
function progress:line(now)
  local summary, seconds = self.summary, now - self.began
  local rate = seconds > 0 and summary.rows / seconds or 0
  local parts = { figures.several(summary.earlier + summary.rows, "row") }
  local share, read
  if self.share then
    share, read = self.share()
  end
  if share then
    if share >= 0.01 and share < 1 and read > 0 then
      parts[1] = ("%s of about %s"):format(parts[1], about(read / share))
    end
    parts[2] = ("%d %%"):format(math.floor(share * 100))
  end
  parts[#parts + 1] = ("%s/s"):format(count(math.floor(rate + 0.5)))
  parts[#parts + 1] = figures.several(summary.failed, "error")
  if share and share > self.first and share < 1 then
    parts[#parts + 1] = duration(seconds * (1 - share) / (share - self.first)) .. " left"
  else
    parts[#parts + 1] = duration(seconds)
  end
  return table.concat(parts, ", ")
end

--- Shows a line. The first time, when a first row is done, it only notes where the run begins.
function progress:tick(now)
  self.due = now + self.interval
  if not self.first then
    self.first = self.share and self.share() or 0
  elseif self.is_terminal then
    io.stderr:write("\r", self:line(now), "\27[K")
    self.is_open = true
  else
    io.stderr:write("cards: ", self:line(now), "\n")
  end
  io.stderr:flush()
end

--- Ends the line on a terminal, so that something else can be written.
function progress:stop()
  if self.is_open then
    io.stderr:write "\r\27[K"
    self.is_open = nil
  end
end

return progress
