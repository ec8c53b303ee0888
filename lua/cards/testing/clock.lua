--- A clock that a test moves: what the library waits for in Lua takes no real time.
--
-- All of it reads core.now and waits in core.done and core.take, in nginx in a signal. While a clock is in use, those four are others: time stands still, and
-- where all wait for a time, and no call is under way, it goes on to that time at once. Calls of real clients, and commands of a Redis, take their time, and
-- their waits are real ones.

local async = require "cards.async"
local check = require "cards.util.check"
local core = require "cards.core"
local descriptors = require "cards.async.descriptors"
local host = require "cards.async.host"

local real = { now = core.now, done = core.done, take = core.take, signal = async.signal }

-- A second has so many parts, a power of two: whole seconds are added to such a time without rounding, so that an hour later is exactly 3600 more.
local PARTS = 1024

local used      -- the clock that is in use, or nil
local time = 0  -- that it shows

local function now()
  return time
end

--- Waits for real, which takes the clock along.
local function wait_really(wait, finished, seconds)
  local began = real.now()
  local count = wait(finished, seconds)
  time = time + real.now() - began
  return count
end

--- A wait for jobs that lets the clock go on where none is under way.
-- @param wait core.done or core.take
-- @param under_way the function that counts jobs
local function skip(wait, under_way)
  return function(finished, seconds)
    if seconds and seconds > 0 and (under_way() > 0 or descriptors.are_awaited()) then
      return wait_really(wait, finished, seconds)
    end
    time = time + (seconds or 0)
    return wait(finished, 0)
  end
end

local methods = {}
local metatable = { __index = methods, __name = "cards.testing.clock" }

local is_time = check.number(0, 1e9)

local function check_used(self, name)
  if type(self) ~= "table" or getmetatable(self) ~= metatable then
    error(("clock:%s: a clock is expected before the colon, not %s"):format(name, type(self)), 3)
  elseif self ~= used then
    error(("clock:%s: this clock was stopped"):format(name), 3)
  end
end

--- clock:advance(seconds): moves the clock on. What waits for a time that has come goes on the next time that something runs.
function methods.advance(self, seconds)
  check_used(self, "advance")
  check.argument("clock:advance", is_time(seconds, "seconds"))
  time = time + seconds
end

--- clock:now()
-- @return the seconds that it shows. The first one shows what the real clock showed when it was made, to the next 1/1024
function methods.now(self)
  check_used(self, "now")
  return time
end

--- clock:stop(): puts the real clock back. Does nothing where that was done. Lua 5.4 does it for `local clock <close>`, too.
function methods.stop(self)
  if self == used then
    core.now, core.done, core.take, async.signal = real.now, real.done, real.take, real.signal
    used = nil
  end
end
metatable.__close = methods.stop

--- testing.clock(): a clock for cards.sleep, the waits of cards.retry and cards.limit, cards.breaker, cards.deadline, cards.hedge, cards.token_source, and the
-- answers of testing.client. It counts for the whole Lua state until it is stopped, and takes the place of one in use. Timeouts of real calls, the expiry
-- of what lies in shared dicts of nginx or in a Redis, and dates do not go by it.
-- @return the clock: advance(seconds), now(), stop()
return function()
  time = used and time or math.ceil(real.now() * PARTS) / PARTS
  used = setmetatable({}, metatable)
  core.now = now
  core.done, core.take = skip(real.done, core.under_way), skip(real.take, core.calls)
  async.signal = host.is_nginx and require("cards.testing.nginx.signal")(function(seconds) time = time + seconds end) or real.signal
  return used
end
