--- The state of a breaker that hosts share in a Redis. While that is away each process has a state of its own, or calls nothing.
--
-- A process asks once in a while and not for each call: what it has heard holds for some time. So a call through a healthy breaker costs no round trip, and
-- other hosts may begin calls for that long after it has opened. A success while the breaker is closed changes nothing, and is not told.

local core = require "cards.core"

local methods = {}
local metatable = { __index = methods }

local LONGEST = 86400 -- seconds that open_for may be
local HOLDS = { closed = 0.2, open = 1 } -- seconds
local PHASES = { [0] = "closed", "open", "half_open" }

--- Asks Redis.
-- @param how "ask" or "tell" of the remote
-- @return the phase, seconds until it is no longer open, failures, and whether the call may try; or nil where Redis is away
local function ask(self, how, what, is_trial)
  self.key = self.key or self.remote:key("breaker", self.name)
  local options = self.options
  local reply = self.remote[how](self.remote, "breaker", { self.key },
    { what, options.failures, math.ceil(options.window * 1000), math.ceil(options.open_for * 1000), options.half_open, is_trial and 1 or 0 })
  if not reply then
    self.holds = 0
    return nil
  end
  local phase, left, now = PHASES[reply[1]], math.min(reply[2] / 1000, LONGEST), core.now()
  self.phase, self.ends = phase, now + left
  self.holds = HOLDS[phase] and now + math.min(HOLDS[phase], phase == "open" and left or math.huge) or 0
  return phase, left, reply[3], reply[4] == 1
end

--- Whether failures that could not be told to Redis have opened the state of this process. Then that counts until it is closed: a Redis that is full answers
-- that the breaker is closed, and learns of no failure.
local function is_alone(self)
  return self.own:look() ~= "closed"
end

--- As those of a breaker_state.
function methods:look()
  if is_alone(self) then
    return self.own:look()
  end
  local phase, left, failures = ask(self, "ask", "state")
  if phase then
    return phase, left, failures
  end
  return self.own:look()
end

--- What this process heard last; it does not know the failures.
function methods:known()
  if self.remote.away or is_alone(self) then
    return self.own:known()
  end
  local left = math.max(0, self.ends - core.now())
  return self.phase == "open" and left == 0 and "half_open" or self.phase, left
end

--- The same; or nil, nil, nil and an error where nothing may be called while Redis is away.
function methods:ask()
  local now = core.now()
  if is_alone(self) then
    return self.own:ask()
  elseif now < self.holds then
    return self.phase, math.max(0, self.ends - now), false
  end
  self.holds = self.phase == "closed" and self.holds > 0 and now + HOLDS.closed or 0 -- while one asks, others do not wait
  local phase, left, _, may_try = ask(self, "ask", "ask")
  if phase then
    return phase, left, may_try
  elseif self.refuses then
    return nil, nil, nil, self.remote:refuse "breaker"
  end
  return self.own:ask()
end

function methods:record(is_trial, outcome)
  return not is_alone(self) and ask(self, "tell", outcome, is_trial) or self.own:record(is_trial, outcome)
end

--- @param own a breaker_state of this process
-- @param options of cards.breaker, with their defaults
-- @param remote what hosts share, see cards.resilience.remote
-- @param refuses whether nothing is called while Redis is away
return function(own, options, remote, refuses)
  return setmetatable({
    own = own, options = options, name = options.name, remote = remote, refuses = refuses, holds = 0, phase = "closed", ends = 0,
  }, metatable)
end
