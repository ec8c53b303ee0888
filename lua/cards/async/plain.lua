--- Plain Lua, see cards.async: a call yields to the other workers or to the event loop where its coroutine belongs to one and can yield, else it blocks.

local group = require "cards.async.group"
local signal = require "cards.async.signal"
local waiters = require "cards.async.waiters"
local workers = require "cards.async.worker"

local current, sweep = waiters.current, waiters.sweep

local plain = { group = group, signal = signal, place = workers.place }

--- Of a function that nothing can go on beside.
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

--- Anything can wait anywhere.
function plain.check() end

function plain.waiter()
  local waiter = current()
  if not waiter then
    sweep()
    return blocking
  elseif waiter.job then
    waiter:abandon() -- an error has ended the call that waited for it: it must not wake this one
  end
  return waiter
end

function plain.kind()
  local waiter = waiters.current()
  return waiter and waiter.kind or "blocking"
end

return plain
