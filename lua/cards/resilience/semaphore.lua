--- A counting semaphore, which grants permits in the order of the requests. A permit whose holder is dead is released.

local async = require "cards.async"
local context = require "cards.async.context"
local core = require "cards.core"
local owner = require "cards.async.owner"

local MAX_PAUSE = 1    -- seconds between searches for permits of dead holders, while somebody waits
local MIN_PAUSE = 0.01 -- the first pause; it doubles each time

local methods = {}
local metatable = { __index = methods }

--- Whether a function in the queue still wants a permit.
local function wants_permit(permit)
  return (permit.searches or permit.signal:is_awaited()) and not owner.is_dead(permit)
end

--- Releases a permit: the first in the queue gets one.
function methods:release(permit)
  if not self.held[permit] then
    return
  end
  self.held[permit] = nil
  permit.worker, permit.task, permit.context = false, false, false -- one that is kept for another use keeps nothing alive
  while self.first <= self.last do
    local waiter = self.queue[self.first]
    self.queue[self.first] = nil
    self.first = self.first + 1
    if not waiter.left then
      self.waiting = self.waiting - 1
      waiter.left = true
      if wants_permit(waiter) then
        self.held[waiter] = true
        waiter.signal:set()
        return
      end
    end
  end
  self.running = self.running - 1
end

--- Releases the permits of dead holders.
local function reclaim(self)
  local now, found = core.now(), {}
  if now - self.searched < MIN_PAUSE then
    return
  end
  self.searched = now
  for permit in pairs(self.held) do
    if owner.is_dead(permit) then
      found[#found + 1] = permit
    end
  end
  for _, permit in ipairs(found) do
    self:release(permit)
  end
end

--- Whether no permit can be released while the caller waits, because its waiting blocks all holders. A function that blocks dispatches the workers alone.
local function is_deadlock(self)
  if async.kind() ~= "blocking" then
    return false
  end
  for permit in pairs(self.held) do
    if permit.kind == "worker" then
      return false
    end
  end
  return true
end

--- Waits in the queue.
-- @return true; or false and nil after the time; or false and an error
local function queue(self, permit, seconds)
  if is_deadlock(self) then
    return false
  end
  local ends, err = core.now() + seconds, nil -- luacheck: ignore 311
  permit.signal = async.signal()
  self.last = self.last + 1
  self.queue[self.last] = permit
  self.waiting = self.waiting + 1
  local pause = MIN_PAUSE
  repeat
    permit.searches = false
    err = select(2, permit.signal:wait(math.max(0, math.min(pause, ends - core.now()))))
    permit.searches = true
    pause = math.min(MAX_PAUSE, 2 * pause)
    owner.step_collector()
    reclaim(self)
  until self.held[permit] or err or core.now() >= ends or context.is_cancelled(permit.context)
  if self.held[permit] then
    return true
  end
  permit.left = true
  self.waiting = self.waiting - 1
  return false, err
end

--- Acquires a permit.
-- @param seconds that the caller may wait
-- @param used a permit that was released, to be used again with its finalizer; nil for a new one
-- @return the permit, and a finalizer that the caller holds while it holds the permit (none for a used one); or nil after the time; or nil and an error
function methods:acquire(seconds, used)
  local permit = owner.current(used)
  permit.left, permit.searches, permit.signal = false, false, false
  if self.running >= self.most then
    reclaim(self)
  end
  if self.running >= self.most and is_deadlock(self) then
    owner.collect()
    self.searched = 0
    reclaim(self)
  end
  local finalizer = not used and owner.finalizer(permit) or nil
  if self.running < self.most then
    self.running = self.running + 1
    self.held[permit] = true
  else
    local got, err = queue(self, permit, seconds)
    if not got then
      return nil, err
    end
  end
  return permit, finalizer
end

--- @param most permits at the same time
return function(most)
  return setmetatable({ most = most, running = 0, waiting = 0, queue = {}, first = 1, last = 0, held = {}, searched = 0 }, metatable)
end
