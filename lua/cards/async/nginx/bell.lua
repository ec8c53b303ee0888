--- What cards.async.bell is in nginx: a semaphore, on which one waits in slices, so that one whose result nobody wants any more ends soon.

local core = require "cards.core"
local scope = require "cards.async.scope"

local methods = {}
local metatable = { __index = methods }

function methods:ring()
  if self.semaphore:count() <= 0 then
    self.semaphore:post(1)
  end
end

function methods:is_heard()
  return self.semaphore:count() < 0
end

function methods:wait(seconds)
  local ends, left, rung = core.now() + seconds, seconds, nil -- luacheck: ignore 311
  repeat
    rung = self.semaphore:wait(math.max(0, math.min(left, self.slice)))
    left = ends - core.now()
  until rung or left <= 0 or scope.is_cancelled(scope.get())
  return rung and true or false
end

--- @param semaphore a new one
-- @param slice seconds
return function(semaphore, slice)
  return setmetatable({ semaphore = semaphore, slice = slice }, metatable)
end
