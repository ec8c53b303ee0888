--- The way of waiting in plain Lua, see cards.async. A call yields to the other workers or to the event loop, where its coroutine belongs to one and can yield.
-- Else it blocks.

local group = require "cards.async.group"
local signal = require "cards.async.signal"
local waiters = require "cards.async.waiters"
local workers = require "cards.async.worker"

local current, sweep = waiters.current, waiters.sweep

local plain = { group = group, signal = signal, place = workers.place }

--- The waiter of a function that blocks.
local blocking = { kind = "blocking" }

function blocking:wait(job) -- luacheck: ignore
  local ok, err = job:start(0)
  if not ok then
    return err
  end
  job:wait()
end

function blocking:result(job) -- luacheck: ignore
  return job:result()
end

function blocking:leave() end -- luacheck: ignore

--- In plain Lua a call can wait anywhere.
function plain.check() end

--- The waiter of the worker or loop that the caller runs in, else one that blocks.
function plain.waiter()
  local waiter = current()
  if not waiter then
    sweep()
    return blocking
  elseif waiter.job then
    waiter:abandon() -- an error ended the call that waited for this job, and the job must not wake this call
  end
  return waiter
end

--- How the running function waits.
function plain.kind()
  local waiter = waiters.current()
  return waiter and waiter.kind or "blocking"
end

return plain
