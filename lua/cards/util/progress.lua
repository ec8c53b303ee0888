--- cards.progress: a line on the terminal that shows the progress of cards.each. Nothing is written where standard error is no terminal.
--
--     for … in cards.each(ids, f, { progress = cards.progress }) do … end
--     for … in cards.each(io.lines "ids", f, { progress = cards.progress { total = 10000000 } }) do … end

local check = require "cards.util.check"
local core = require "cards.core"
local figures = require "cards.util.figures"

local SHOWN = 0.2 -- seconds between two updates

local count, duration = figures.count, figures.duration

--- "12,345 of 20,000 done, 1,204/s, 3 errors, 0:06 left"
-- @param since calls that were done when the clock started
local function line(done, failed, total, seconds, since)
  local rate = seconds > 0 and (done - since) / seconds or 0
  local parts = {
    total and ("%s of %s done"):format(count(done), count(total)) or ("%s done"):format(count(done)),
    ("%s/s"):format(count(math.floor(rate + 0.5))),
    ("%s error%s"):format(count(failed), failed == 1 and "" or "s"),
  }
  if total and rate > 0 and done < total then
    table.insert(parts, duration((total - done) / rate) .. " left")
  else
    table.insert(parts, duration(seconds))
  end
  return table.concat(parts, ", ")
end

local function reporter(total)
  local started, shown, since -- the clock starts when the first call is done, as the time of that one shows no rate
  return function(done, failed, known, ended)
    if not core.is_terminal() then
      return
    end
    local now = core.now()
    if not started or done <= 1 then
      started, shown, since = now, now, done
    end
    if ended or now - shown >= SHOWN then
      shown = now
      io.stderr:write("\r", line(done, failed, total or known, now - started, since), "\27[K", ended and "\n" or "")
      io.stderr:flush()
    end
  end
end

local report = reporter()

--- cards.progress is itself a callback for cards.each; called with a table it returns one.
-- @param done { total = how many values there are }
-- @return a callback
return function(done, ...)
  if type(done) == "number" then
    return report(done, ...)
  end
  check.argument("cards.progress",
    done ~= nil and (type(done) ~= "table" and "the argument must be a table" or check.table(done, { total = check.number(0, 2 ^ 53, true) })))
  return reporter(done and done.total)
end
