--- The context of a running function: when its calls have to end, and whether anybody still wants its result. A context belongs to a coroutine. Functions that
-- cards.all, cards.each and cards.hedge start inherit the context of their caller. Coroutines that a script creates itself have none.
--
-- A context is { parent = a context or nil, ends = seconds on the clock of core.now or nil, cancelled = boolean, trace = the span that calls
-- belong to or nil }. Who wants to know that its coroutine ended before it returned sets thread = that coroutine, lost = function(context, error or nil). One
-- that is apart has no parent, but around = the context that it stands in.

local core = require "cards.core"
local each = require "cards.util.each"
local host = require "cards.async.host"
local yielding_pcall = require("cards.async.yield").pcall

local running = coroutine.running

local context = {
  --- How many contexts there are. While there are none, a call pays nothing for them.
  active = 0,
}

local used = setmetatable({}, { __mode = "k" }) -- the tables of contexts by coroutine that are not empty

--- Sets the context of a coroutine; nil removes it.
function context.set(thread, value)
  local current = (value or context.active > 0) and host.contexts(value ~= nil)
  if not current then
    return
  end
  local key = thread or false
  local before = current[key]
  current[key] = value
  if value and not before then
    used[current] = true
    context.active = context.active + 1
  elseif before and not value then
    context.active = context.active - 1
    if next(current) == nil then
      used[current] = nil
    end
  end
end

--- Removes the context of a coroutine that will not run again. Functions in it that have not ended are told, the innermost first.
-- @param err what ended it; nil where nobody waits for it any more
function context.drop(thread, err)
  local current = host.contexts(false)
  local found = current and current[thread]
  context.set(thread, nil)
  while found do
    if found.lost and found.thread == thread then
      pcall(found.lost, found, err)
    end
    found = found.around or found.parent
  end
end

--- Whether no context is left. The count does not show that: coroutines and requests that had one may have been collected.
local function is_empty()
  for current in each(used) do
    if next(current) ~= nil then
      return false
    end
  end
  return true
end

--- The context of the running coroutine, or nil.
function context.get()
  if context.active == 0 then
    return nil
  end
  local current = host.contexts()
  local found = current and current[running() or false]
  if not found and is_empty() then
    context.active = 0
  end
  return found
end

--- A new context below that of the running coroutine.
-- @param ends seconds on the clock of core.now when its calls have to end, or nil. It never ends later than its parent
-- @param trace the span that its calls belong to, see cards.trace.spans; nil for that of its parent
function context.child(ends, trace)
  local parent = context.get()
  local outer = parent and parent.ends
  return {
    parent = parent, ends = ends and outer and math.min(ends, outer) or ends or outer, cancelled = false, trace = trace or parent and parent.trace or nil,
  }
end

--- A new context for calls that are nobody's part, such as those that tell others of a call: without the deadline, the trace and the cancellation of the
-- running coroutine.
function context.apart()
  return { parent = nil, around = context.get(), ends = nil, cancelled = false, trace = nil }
end

--- The span that calls of the running coroutine belong to, or nil.
function context.trace()
  local found = context.get()
  return found and found.trace
end

--- Whether a context or one above it was cancelled.
function context.is_cancelled(value)
  while value do
    if value.cancelled then
      return true
    end
    value = value.parent
  end
  return false
end

--- Seconds until calls of the running coroutine have to end, at least 0; nil without a limit.
function context.left()
  local found = context.get()
  if context.is_cancelled(found) then
    return 0
  end
  return found and found.ends and math.max(0, found.ends - core.now()) or nil
end

--- The error of a call that is not started because the context of the running coroutine is over.
function context.error(provider, operation)
  local cancelled = context.is_cancelled(context.get())
  return core.error {
    kind = cancelled and "cancelled" or "timeout", provider = provider, operation = operation, attempts = 0, retryable = not cancelled,
    message = cancelled and "nobody waits for it any more" or "the deadline around it is over",
  }
end

local function leave(value, thread, before, ok, ...)
  context.set(thread, before)
  if value then
    value.lost = nil
  end
  if not ok then
    error((...), 0)
  end
  return ...
end

--- Calls a function with a context.
-- @return what it returns. Errors that it raises are passed on
function context.run(value, call, ...)
  local thread = running()
  local before = context.get()
  context.set(thread, value)
  return leave(value, thread, before, yielding_pcall(call, ...))
end

return context
