--- Signals of nginx, like cards.async.signal: a semaphore. The wait is cut into slices, so that a cancelled function ends soon.

local core = require "cards.core"
local context = require "cards.async.context"

local methods = {}
local metatable = { __index = methods }

function methods:set()
  if self.semaphore:count() <= 0 then
    self.semaphore:post(1)
  end
end

function methods:is_awaited()
  return self.semaphore:count() < 0
end

function methods:wait(seconds)
  local ends, left, set = core.now() + seconds, seconds, nil -- luacheck: ignore 311
  repeat
    set = self.semaphore:wait(math.max(0, math.min(left, self.slice)))
    left = ends - core.now()
  until set or left <= 0 or context.is_cancelled(context.get())
  return set and true or false
end

--- @param semaphore a new one
-- @param slice seconds of a slice
return function(semaphore, slice)
  return setmetatable({ semaphore = semaphore, slice = slice }, metatable)
end
