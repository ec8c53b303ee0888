--- So many in a time: a token bucket, kept as the time at which it will be full again. Whoever takes a turn moves that time, so that turns come in order.

local core = require "cards.core"

local methods = {}
local metatable = { __index = methods }

local ROUNDING = 1e-6 -- seconds: differences of times are not exact

--- Moves a bucket's time by some turns or back, in one step, as other workers do the same. The dict forgets a bucket that is full.
local function move(self, bucket, now, by)
  if self.dict then
    local at = self.dict:incr(bucket.name, by, now, 86400)
    if at then
      self.dict:expire(bucket.name, math.max(0.001, at - now))
      return at
    end -- else the dict is full: each worker counts for itself
  end
  bucket.at = math.max(bucket.at, now) + by
  return bucket.at
end

--- Takes the next turn.
-- @param bucket { name, at = 0 at first }
-- @param most seconds to wait for it
-- @return the seconds to wait; or nil and those that it would take
function methods:take(bucket, most)
  local now = core.now()
  local seconds = move(self, bucket, now, self.interval) - self.interval * self.burst - now
  if seconds > most + ROUNDING then
    move(self, bucket, now, -self.interval)
    return nil, seconds
  end
  return math.max(0, seconds)
end

--- Seconds until another turn may be taken.
function methods:wait(bucket)
  local at = self.dict and self.dict:get(bucket.name) or bucket.at
  return math.max(0, at - (self.burst - 1) * self.interval - core.now())
end

--- @param interval seconds between turns
-- @param burst how many may be taken at once after a rest; nil: what a second has
-- @param dict that workers share, or nil
return function(interval, burst, dict)
  return setmetatable({ interval = interval, burst = burst or math.max(1, math.floor(1 / interval)), dict = dict }, metatable)
end
