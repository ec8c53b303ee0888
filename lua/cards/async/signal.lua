--- One waits for a signal, for a time at most, another sets it. Waiting lets others go on where the coroutine can yield; elsewhere it drives the workers
-- meanwhile.

local core = require "cards.core"
local timers = require "cards.async.timers"
local waiters = require "cards.async.waiters"
local workers = require "cards.async.worker"

local methods = {}
local metatable = { __index = methods }

--- Who waits goes on; where nobody does, the next wait ends at once.
function methods.set(self)
  self.is_set = true
  if self.entry then
    timers.fire(self.entry)
  end
end

--- Whether somebody waits for it, or is about to go on after that.
function methods.is_awaited(self)
  return self.entry ~= false
end

local function rest() end

local function none()
  return false
end

--- As a worker's pause, where the running coroutine is none or cannot yield.
local function pause(entry)
  entry.owner, entry.wake = entry, rest
  timers.add(entry)
  while entry.owner do
    workers.drive(none)
  end
end

--- @return true once it was set; false when the seconds are over; nil and an error where the call that waits was given up
function methods.wait(self, seconds)
  local err
  if not self.is_set then
    local entry = { at = core.now() + seconds, owner = false, wake = false }
    self.entry = entry
    local waiter = waiters.current()
    if waiter then
      err = waiter:pause(entry)
    else
      pause(entry)
    end
    self.entry = false
  end
  if err then
    return nil, err
  end
  local set = self.is_set
  self.is_set = false
  return set
end

--- A new one, which is not set.
return function()
  return setmetatable({ is_set = false, entry = false }, metatable)
end
