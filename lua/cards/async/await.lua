--- Waits for a call in the way of the place where it stands: blocking, by yielding to cards.all, to an event loop or to nginx. Where a coroutine
-- cannot yield it blocks.

local core = require "cards.core"
local yieldable = require "cards.async.yieldable"

local running = coroutine.running

local await = {
  --- How many functions run that wait in a way of their own. While it is 0, nothing of all this costs a call anything.
  active = 0,
  --- By coroutine: an object with the methods call and result, which do what await.call and await.result do, for calls inside of it.
  ways = setmetatable({}, { __mode = "k" }),
  --- Groups of functions that the collector has found nobody waiting for: the first, each followed by the next in its field `later`, or false.
  orphans = false,
}

--- Ends those groups: the collector comes by in the middle of anything and only notes them. Set by cards.tasks.
function await.sweep() end

--- Raises an error where nothing can wait.
-- @param what the name of the function that was called
-- @param level of its caller, as for error()
function await.check(what, level) -- luacheck: ignore
end

--- A whole call of a client for which nothing in Lua has to be called, as most are.
-- @return the record, or nil and an error; false for any other client
function await.call(client, operation, parameters, provider)
  local way = await.active > 0 and await.ways[running() or false]
  if way and yieldable() then
    return way:call(client, operation, parameters, provider)
  end
  if await.orphans then
    await.sweep()
  end
  return core.call(client, operation, parameters, provider)
end

--- Waits for a job. @return the record, or nil and an error
function await.result(job)
  local way = await.active > 0 and await.ways[running() or false]
  if way and yieldable() then
    return way:result(job)
  end
  if await.orphans then
    await.sweep()
  end
  job:wait()
  return job:result()
end

--- In which way the running coroutine waits: "lane" and "started" let others of the same kind go on and are resumed, what "blocks" stays where it is.
function await.kind()
  local way = await.active > 0 and await.ways[running() or false]
  if way and yieldable() then
    return way.is_lane and "lane" or "started"
  end
  return "blocks"
end

return await
