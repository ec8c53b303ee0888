--- The waiters of coroutines in plain Lua: those of workers (cards.all, cards.each, cards.hedge), and those of calls that an event loop started.

local can_yield = require("cards.async.yield").is_possible

local running = coroutine.running

local waiters = {}

local own = setmetatable({}, { __mode = "k" }) -- by coroutine
local active = 0      -- functions that run in such coroutines; while there are none, a call pays nothing for this

-- Groups that the collector found unreachable, chained by `later`. Only finalizers write `newest`, and only sweep writes `swept`, so that a finalizer that runs
-- between two instructions of sweep takes nothing from it.
local swept = { group = false, later = false } -- the last one that was cancelled
local newest = swept

--- Sets the waiter of a coroutine; nil removes it.
function waiters.set(thread, waiter)
  own[thread] = waiter
end

--- Counts a function that begins to run in such a coroutine.
function waiters.enter()
  active = active + 1
end

--- Counts its end.
function waiters.leave()
  active = active - 1
end

--- The number of such functions that run.
function waiters.active()
  return active
end

--- The waiter of a coroutine.
function waiters.of(thread)
  return own[thread]
end

--- The waiter of the running coroutine, if it can yield; else nil.
function waiters.current()
  local waiter = active > 0 and own[running() or false]
  return waiter and can_yield() and waiter or nil
end

--- Has a group cancelled before anything waits for a call again. A finalizer calls this, as it may not cancel the group itself.
-- @param orphan { group = …, later = false }, made before, as a finalizer may find no memory. Of the group only its method `cancel` is used
function waiters.orphan(orphan)
  newest.later = orphan
  newest = orphan
end

--- Cancels the orphans.
function waiters.sweep()
  local orphan = swept.later
  while orphan do
    local before, group = swept, orphan.group
    swept = orphan -- first, as what is cancelled may sweep, too
    if group then
      local ok, why = pcall(group.cancel, group)
      if not ok then -- no memory: once more the next time
        swept = before
        error(why, 0)
      end
      orphan.group = false
    end
    orphan = swept.later
  end
end

return waiters
