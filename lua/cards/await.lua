--- Waits for a job in the way of the place where the call stands: blocking, by yielding to cards.all, to an event loop or to nginx.

local running = coroutine.running

local await = {
  --- How many coroutines wait in a way of their own. While it is 0, nothing of all this costs a call anything.
  active = 0,
}

local ways = setmetatable({}, { __mode = "k" }) -- coroutine -> function(job)

--- Calls of a coroutine wait in that way from now on.
-- @param way function(job) that returns what job:result() returns; nil: the usual way again
function await.set(thread, way)
  await.active = await.active + (way and 1 or 0) - (ways[thread] and 1 or 0)
  ways[thread] = way
end

--- Raises an error where nothing can wait.
-- @param what the name of the function that was called
-- @param level of its caller, as for error()
function await.check(what, level) -- luacheck: ignore
end

--- @return the record, or nil and an error
function await.result(job)
  local way = await.active > 0 and ways[running() or false]
  if way then
    return way(job)
  end
  job:wait()
  return job:result()
end

return await
