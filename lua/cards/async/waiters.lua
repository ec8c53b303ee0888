--- In plain Lua, which coroutines have a way of their own to wait: workers of cards.all and its like, and calls that an event loop has started.

local can_yield = require("cards.async.yield").is_possible

local running = coroutine.running

local waiters = {}

local own = setmetatable({}, { __mode = "k" }) -- by coroutine
local active = 0      -- functions that run in such coroutines: while it is 0, nothing of all this costs a call anything
local orphans = false -- groups that the collector has found nobody waiting for, each followed by the next in its field `later`

--- Gives a coroutine its waiter, or nil for none.
function waiters.set(thread, waiter)
  own[thread] = waiter
end

--- A function begins to run in such a coroutine.
function waiters.enter()
  active = active + 1
end

--- It has ended.
function waiters.leave()
  active = active - 1
end

--- How many such functions run.
function waiters.active()
  return active
end

--- The waiter of a coroutine.
function waiters.of(thread)
  return own[thread]
end

--- That of the running coroutine, where it can yield; else nil.
function waiters.current()
  local waiter = active > 0 and own[running() or false]
  return waiter and can_yield() and waiter or nil
end

--- Has a group ended, by its function `cancel`, before anything waits for a call again: for the collector, which comes by in the middle of anything.
function waiters.orphan(group)
  group.later = orphans
  orphans = group
end

--- Ends such groups.
function waiters.sweep()
  while orphans do
    local group = orphans
    orphans = group.later
    local ok, why = pcall(group.cancel, group)
    if not ok then -- for want of memory
      waiters.orphan(group)
      error(why, 0)
    end
  end
end

return waiters
