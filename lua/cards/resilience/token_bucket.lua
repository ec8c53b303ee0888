--- A token bucket, stored as the time at which it will be full again. Taking a token moves that time, so tokens are granted in order.

local core = require "cards.core"

local methods = {}
local metatable = { __index = methods }

local ROUNDING = 1e-6 -- seconds, because differences of times are not exact

--- Moves the time of a bucket in one atomic step, as other workers of nginx do the same. The shared dict forgets a full bucket.
local function move(self, bucket, now, by)
  if self.dict then
    local at = self.dict:incr(bucket.name, by, now, 86400)
    if at then
      self.dict:expire(bucket.name, math.max(0.001, at - now))
      return at
    end -- else the dict has no room: each worker counts for itself
  end
  bucket.at = math.max(bucket.at, now) + by
  return bucket.at
end

--- Takes a token.
-- @param bucket { name, at = 0 at first }
-- @param most seconds to wait for the token
-- @return the seconds to wait; or nil and the seconds that the wait would take
function methods:take(bucket, most)
  local now = core.now()
  local seconds = move(self, bucket, now, self.interval) - self.interval * self.burst - now
  if seconds > most + ROUNDING then
    move(self, bucket, now, -self.interval)
    return nil, seconds
  end
  return math.max(0, seconds)
end

--- Seconds until a token is available.
function methods:wait(bucket)
  local at = self.dict and self.dict:get(bucket.name) or bucket.at
  return math.max(0, at - (self.burst - 1) * self.interval - core.now())
end

--- @param interval seconds between two tokens
-- @param burst tokens of a full bucket; nil for those of one second
-- @param dict that workers of nginx share, or nil
return function(interval, burst, dict)
  return setmetatable({ interval = interval, burst = burst or math.max(1, math.floor(1 / interval)), dict = dict }, metatable)
end
