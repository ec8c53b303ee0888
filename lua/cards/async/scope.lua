--- What surrounds a function that runs: the time at which its calls have to end, and whether its result is still wanted. A scope belongs to a coroutine;
-- what cards.all and its like start has their caller's. A coroutine of the script's own has none.
--
-- A scope is { parent = a scope or nil, ends = seconds on the clock of core.now or nil, cancelled = boolean }.

local core = require "cards.core"
local host = require "cards.async.host"
local yielding_pcall = require("cards.async.yield").pcall

local running = coroutine.running

local scope = {
  --- Not 0 while there is a scope anywhere: nothing of all this costs a call anything before.
  active = 0,
}

local used = setmetatable({}, { __mode = "k" }) -- tables of scopes by coroutine that are not empty

--- Gives a coroutine a scope, or nil for none.
function scope.set(thread, value)
  local current = (value or scope.active > 0) and host.scopes(value ~= nil)
  if not current then
    return
  end
  local key = thread or false
  local before = current[key]
  current[key] = value
  if value and not before then
    used[current] = true
    scope.active = scope.active + 1
  elseif before and not value then
    scope.active = scope.active - 1
    if next(current) == nil then
      used[current] = nil
    end
  end
end

--- Whether nothing has a scope any more: coroutines and requests that had one may have been collected.
local function is_empty()
  for current in pairs(used) do
    if next(current) ~= nil then
      return false
    end
  end
  return true
end

--- The scope of the running coroutine, or nil.
function scope.get()
  if scope.active == 0 then
    return nil
  end
  local current = host.scopes()
  local found = current and current[running() or false]
  if not found and is_empty() then
    scope.active = 0
  end
  return found
end

--- A scope inside of the running coroutine's.
-- @param ends when its calls have to end, or nil; that of the outer one holds too
function scope.child(ends)
  local parent = scope.get()
  local outer = parent and parent.ends
  return { parent = parent, ends = ends and outer and math.min(ends, outer) or ends or outer, cancelled = false }
end

function scope.is_cancelled(value)
  while value do
    if value.cancelled then
      return true
    end
    value = value.parent
  end
  return false
end

--- Seconds until calls of the running coroutine have to end, not below 0; nil where nothing says so.
function scope.left()
  local found = scope.get()
  if scope.is_cancelled(found) then
    return 0
  end
  return found and found.ends and math.max(0, found.ends - core.now()) or nil
end

--- The error of something that is not begun any more in the running coroutine.
function scope.refusal(provider, operation)
  local cancelled = scope.is_cancelled(scope.get())
  return core.error {
    kind = cancelled and "cancelled" or "timeout", provider = provider, operation = operation, attempts = 0, retryable = not cancelled,
    message = cancelled and "nobody waits for it any more" or "the deadline around it is over",
  }
end

local function leave(thread, before, ok, ...)
  scope.set(thread, before)
  if not ok then
    error((...), 0)
  end
  return ...
end

--- Calls a function inside of a scope. @return what it returns; an error that it raises goes through
function scope.run(value, call, ...)
  local thread = running()
  local before = scope.get()
  scope.set(thread, value)
  return leave(thread, before, yielding_pcall(call, ...))
end

return scope
