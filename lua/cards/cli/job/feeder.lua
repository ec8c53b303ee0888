--- Feeds the rows of a file into a job: some hundreds at a time, and no more than the backlog has room for.

local cards = require "cards"
local check = require "cards.util.check"
local core = require "cards.core"
local packing = require "cards.cli.job.packing"

local feeder = {}
feeder.__index = feeder

local ROWS, BYTES = 500, 262144           -- of a batch, which ends with the first that is reached
local SHORTEST_REST, LONGEST_REST = 0.01, 0.2 -- seconds between two looks at a full backlog

local concat, pack = table.concat, packing.pack

--- @param task { store, open = function that returns what rows.contents returns, backlog = rows, limit = the last row, or nil, check = function(rows, number of
--   the row before the first) that raises an error for what may not be sent, seal = what sealing.sealer returns, or nil, totals = { rows, failed }, progress }
-- @param fed rows that the job has already
function feeder.new(task, fed)
  return setmetatable({
    task = task, fed = fed, waiting = fed, others = false, position = function() return 0 end, rows = math.min(ROWS, math.ceil(task.backlog / 2)),
  }, feeder)
end

--- Adds rows to the job. Raises an error where it is gone or Redis fails.
-- @param before the number of the row before the first
-- @param text of the rows, count of them, whether they are the last
-- @return whether Redis has all rows before them
function feeder:add(before, text, count, is_end)
  local task = self.task
  local reply = task.store:must("job_feed", "meta rows counts", task.store.id, before, text, is_end and "end" or "")
  if reply[1] == -1 then
    self.fed = reply[2]
    return false
  end
  self.others = self.others or reply[1] > math.max(before + count, self.fed)
  self.fed, self.waiting = reply[1], reply[2]
  self:tick()
  return true
end

--- Sends rows, as soon as the backlog has room. @return as add
function feeder:send(before, lines, is_end)
  local task, rest = self.task, SHORTEST_REST
  local text = concat(lines)
  task.check(text, before)
  while text ~= "" and self.waiting + #lines > task.backlog do
    cards.sleep(rest)
    rest = math.min(2 * rest, LONGEST_REST)
    if not self:add(self.fed, "", 0, false) then
      return false
    end
  end
  return self:add(before, text, #lines, is_end)
end

--- Does what is due from time to time: the job lives on, and the progress is shown.
function feeder:tick()
  local task, now = self.task, core.now()
  task.store:touch()
  task.totals.rows = self.fed - task.totals.earlier
  if now >= task.progress.due then
    task.progress:tick(now)
  end
end

--- One row as it is sent.
local function line_of(task, content, wrong, line, number)
  if content and task.seal then
    content, wrong = task.seal(content, number)
  end
  if content then
    return "=" .. pack(content) .. "\n"
  end
  task.totals.failed = task.totals.failed + 1
  return "!" .. (line or 0) .. " " .. check.line(wrong) .. "\n"
end

--- Reads the file from its beginning and sends the rows that the job does not have.
-- @return "complete" or "limit"; nil where Redis has lost some of the rows that it had
function feeder:pass()
  local task = self.task
  local next_content, about = task.open()
  local number, before, lines, count, bytes = 0, nil, {}, 0, 0
  self.position = about.position
  while true do
    local content, wrong, line = next_content()
    local is_end = content == nil or number == task.limit
    if not is_end then
      number = number + 1
      if number > self.fed then
        before, count = before or number - 1, count + 1
        lines[count] = line_of(task, content, wrong, line, number)
        bytes = bytes + #lines[count]
      end
    end
    if is_end or count == self.rows or bytes >= BYTES then
      if not self:send(before or number, lines, is_end) then
        return nil
      elseif is_end then
        return content == nil and "complete" or "limit"
      end
      before, lines, count, bytes = nil, {}, 0, 0
    end
  end
end

--- Feeds all rows. Raises an error where the file cannot be read, a row may not be sent, the job is gone or Redis fails.
-- @return "complete" or "limit"
function feeder:run()
  local ended
  repeat
    ended = self:pass()
  until ended
  return ended
end

return feeder
