--- The state of a breaker in this process, or in a dict that the workers of nginx share.

local core = require "cards.core"

local methods = {}
local metatable = { __index = methods }

--- The phase, "closed", "open" or "half_open"; the seconds until it is no longer open; and the failures in this window.
function methods:look()
  local ends = self.store:get(self.open)
  local left = ends and ends - core.now()
  if not left then
    return "closed", 0, self.store:get(self.count) or 0
  end
  return left > 0 and "open" or "half_open", math.max(0, left), self.store:get(self.count) or 0
end

--- The same, without asking anybody else.
methods.known = methods.look

--- Asks whether a call may begin.
-- @return the phase, the seconds until it is no longer open, and while it is half open whether the call may try
function methods:ask()
  local phase, left = self:look()
  local may_try = false
  if phase == "half_open" then
    -- The count expires, because the function of a trial may be ended before it records anything. Only a trial that begins makes one: another would not
    -- expire.
    may_try = (self.store:incr(self.tries, 1, 0, self.open_for) or 1) <= self.half_open
    if not may_try then
      self.store:incr(self.tries, -1)
    end
  end
  return phase, left, may_try
end

--- Closes or opens the breaker after a trial call.
local function decide(self, outcome)
  local store = self.store
  if outcome == "neutral" then
    store:incr(self.tries, -1)
  elseif outcome == "failure" then
    store:set(self.open, core.now() + self.open_for)
    store:delete(self.tries)
  else
    store:delete(self.open)
    store:delete(self.count)
    store:delete(self.tries)
  end
end

--- Records the end of a call.
-- @param is_trial whether the breaker was half open when the call began
-- @param outcome "success", "failure" or "neutral", which shows nothing about the service
-- @return the phase now
function methods:record(is_trial, outcome)
  local store, now = self.store, self:look()
  if is_trial and now == "half_open" then
    decide(self, outcome)
  elseif outcome == "failure" and now == "closed" and (store:incr(self.count, 1, 0, self.window) or 0) >= self.failures then
    store:add(self.open, core.now() + self.open_for) -- add: the first failure sets the time
    store:delete(self.count)
  end
  return (self:look())
end

--- @param options of cards.breaker, with their defaults
-- @param store a dict, or a table in its place
-- @param key of the breaker there
return function(options, store, key)
  return setmetatable({
    failures = options.failures, window = options.window, open_for = options.open_for, half_open = options.half_open, store = store,
    open = "cards.breaker:open:" .. key, count = "cards.breaker:failures:" .. key, tries = "cards.breaker:tries:" .. key,
  }, metatable)
end
