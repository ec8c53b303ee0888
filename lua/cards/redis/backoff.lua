--- Keeps callers from a Redis that is away: between attempts to reach it, calls fail at once. The pauses grow from FIRST to LONGEST seconds, each less a random
-- part of up to a half, so that many processes do not come back together.

local core = require "cards.core"

local FIRST, LONGEST = 0.05, 2
local TRIAL = 10 -- seconds after which a trial whose function has ended without a word counts as over

local methods = {}
local metatable = { __index = methods }

--- Begins a call.
-- @return a value for `failed`; or nil, the seconds until the next attempt may be made, and the problem of the last one
function methods:begin()
  if self.failures == 0 then
    return 0
  end
  local now = core.now()
  if now < self.next_try then
    return nil, self.next_try - now, self.problem
  end
  self.next_try = now + TRIAL -- others wait for what comes of this one
  return self.failures
end

--- Notes that Redis was not reached. Of calls that were under way together only the first counts.
-- @param problem { kind, why }
function methods:failed(began, problem)
  if began ~= self.failures then
    return
  end
  local pause = math.min(LONGEST, FIRST * 2 ^ self.failures)
  self.failures, self.problem = math.min(self.failures + 1, 60), problem
  self.next_try = core.now() + pause * (1 - core.random() / 2)
end

--- Notes that it replied.
function methods:succeeded()
  self.failures = 0
end

return function()
  return setmetatable({ failures = 0, next_try = 0, problem = false }, metatable)
end
