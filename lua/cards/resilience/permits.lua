--- So many at once: permits that are given in the order in which they were asked for.

local async = require "cards.async"
local core = require "cards.core"
local owner = require "cards.async.owner"
local context = require "cards.async.context"

local LOOK = 1 -- seconds between looks for permits whose holders are gone, while somebody waits for one; more often at first
local LOOK_AGAIN = 0.01

local methods = {}
local metatable = { __index = methods }

--- Gives a permit back: to the first who still waits for one.
function methods.give(self, permit)
  if not self.held[permit] then
    return
  end
  self.held[permit] = nil
  while self.first <= self.last do
    local waiter = self.queue[self.first]
    self.queue[self.first] = nil
    self.first = self.first + 1
    if not waiter.left then
      self.waiting = self.waiting - 1
      waiter.left = true
      if (waiter.looks or waiter.signal:is_awaited()) and not owner.is_gone(waiter) then
        self.held[waiter] = true
        waiter.signal:set()
        return
      end
    end
  end
  self.running = self.running - 1
end

--- Takes back what nobody will give back.
local function reclaim(self)
  local now, found = core.now(), {}
  if now - self.looked < LOOK_AGAIN then
    return
  end
  self.looked = now
  for permit in pairs(self.held) do
    if owner.is_gone(permit) then
      found[#found + 1] = permit
    end
  end
  for _, permit in ipairs(found) do
    self:give(permit)
  end
end

--- Whether nobody can give a permit back while the caller waits: it would keep them all from going on.
local function is_hopeless(self)
  if async.kind() ~= "blocking" then
    return false
  end
  for permit in pairs(self.held) do
    if permit.kind ~= "blocking" then
      return false
    end
  end
  return true
end

--- Waits for a permit in the queue. @return true; or false and nil when there is none in time, or an error
local function queue(self, permit, seconds)
  if is_hopeless(self) then
    return false
  end
  local ends, err = core.now() + seconds, nil -- luacheck: ignore 311
  permit.signal = async.signal()
  self.last = self.last + 1
  self.queue[self.last] = permit
  self.waiting = self.waiting + 1
  local pause = LOOK_AGAIN
  repeat
    permit.looks = false
    err = select(2, permit.signal:wait(math.max(0, math.min(pause, ends - core.now()))))
    permit.looks = true
    pause = math.min(LOOK, 2 * pause)
    owner.hurry()
    reclaim(self)
  until self.held[permit] or err or core.now() >= ends or context.is_cancelled(permit.context)
  if self.held[permit] then
    return true
  end
  permit.left = true
  self.waiting = self.waiting - 1
  return false, err
end

--- @param seconds that it may wait
-- @return a permit, and a value that the caller keeps as long: where it is collected, so is the permit. Or nil and nil when there is none in time, or an error
function methods.take(self, seconds)
  local permit = owner.note()
  permit.left, permit.looks, permit.signal = false, false, false
  if self.running >= self.most then
    reclaim(self)
  end
  if self.running >= self.most and is_hopeless(self) then
    owner.collect()
    self.looked = 0
    reclaim(self)
  end
  local keeper = owner.keep(permit)
  if self.running < self.most then
    self.running = self.running + 1
    self.held[permit] = true
  else
    local got, err = queue(self, permit, seconds)
    if not got then
      return nil, err
    end
  end
  return permit, keeper
end

--- @param most permits at once
return function(most)
  return setmetatable({ most = most, running = 0, waiting = 0, queue = {}, first = 1, last = 0, held = {}, looked = 0 }, metatable)
end
