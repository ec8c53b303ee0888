--- Signals of plain Lua: one function waits for a signal, another sets it. The waiting coroutine yields where it can; else it dispatches the workers meanwhile.

local core = require "cards.core"
local timers = require "cards.async.timers"
local workers = require "cards.async.worker"

local methods = {}
local metatable = { __index = methods }

--- Sets the signal: the waiting function continues. If none waits, the next wait ends at once.
function methods.set(self)
  self.is_set = true
  if self.entry then
    timers.fire(self.entry)
  end
end

--- Whether a function waits for it, or is about to continue after a wait.
function methods.is_awaited(self)
  return self.entry ~= false
end

--- Waits until the signal is set, and resets it.
-- @return true; false after the seconds; or nil and an error where the waiting call was cancelled
function methods.wait(self, seconds)
  local err
  if not self.is_set then
    local entry = { at = core.now() + seconds, owner = false, wake = false }
    self.entry = entry
    err = workers.pause(entry, true)
    self.entry = false
  end
  if err then
    return nil, err
  end
  local set = self.is_set
  self.is_set = false
  return set
end

--- A new signal, which is not set.
return function()
  return setmetatable({ is_set = false, entry = false }, metatable)
end
