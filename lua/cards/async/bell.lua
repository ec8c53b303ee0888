--- One waits for a bell, for a time at most, another rings it. Waiting lets others go on in the way of the place where it stands; alone it waits.

local await = require "cards.async.await"
local core = require "cards.core"
local nginx = require "cards.async.nginx"
local tasks = nginx or require "cards.async.tasks"
local timers = require "cards.async.timers"
local yieldable = require "cards.async.yieldable"

if nginx then
  return nginx.bell
end

local methods = {}
local metatable = { __index = methods }

--- Rings: who waits goes on; where nobody does, the next wait ends at once.
function methods.ring(self)
  self.rung = true
  if self.entry then
    timers.fire(self.entry)
  end
end

--- Whether somebody waits for it, or is about to go on after that.
function methods.is_heard(self)
  return self.entry ~= false
end

--- @return true once it was rung; false when the seconds are over; nil and an error where the call that waits was given up
function methods.wait(self, seconds)
  local err
  if not self.rung then
    local entry = { at = core.now() + seconds, owner = false, wake = false }
    self.entry = entry
    local way = await.active > 0 and await.ways[coroutine.running() or false]
    if way and yieldable() then
      err = way:pause(entry)
    else
      tasks.pause(entry)
    end
    self.entry = false
  end
  if err then
    return nil, err
  end
  local rung = self.rung
  self.rung = false
  return rung
end

--- A new one.
return function()
  return setmetatable({ rung = false, entry = false }, metatable)
end
