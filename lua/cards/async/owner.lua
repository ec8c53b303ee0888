--- Who started something, and whether that function still exists to end it. A coroutine may be ended from outside, with its group or its nginx request.

local async = require "cards.async"
local context = require "cards.async.context"
local core = require "cards.core"
local finalizer = require "cards.util.finalizer"

local STEP_INTERVAL = 0.25 -- seconds between steps of the collector
local STEPS = 4            -- steps that make a full cycle
local REST = 10            -- a full cycle is followed by a pause of so many times its duration
local stepped, rested = 0, 0

local owner = {}

-- Where pcall stops a coroutine from yielding, an error may end it before anybody can note that: the coroutines of owners by their records.
local threads = not core.is_yieldable and setmetatable({}, { __mode = "kv" })

--- A record of the running function as an owner. The caller may add fields of its own.
-- @param record one of another function, which is made that of this one; nil for a new one
function owner.current(record)
  record = record or { kind = false, worker = false, task = false, context = false, lost = false }
  record.worker, record.task = async.place()
  record.kind, record.context = async.kind(), context.get()
  if threads then
    threads[record] = coroutine.running()
  end
  return record
end

--- A value that only the owner's coroutine holds: when it is collected, the owner counts as dead. It is made in a function of its own, because nginx may reuse
-- the stack of a coroutine before the collector runs.
function owner.finalizer(record)
  return finalizer(function() record.lost = true end)
end

--- Whether the owner cannot end what it started any more.
function owner.is_dead(record)
  local thread = threads and threads[record]
  if thread and coroutine.status(thread) == "dead" then
    return true
  end
  return record.lost or (record.worker and (record.worker.dropped or record.worker.task ~= record.task)) or context.is_cancelled(record.context)
end

--- Runs a step of the collector now and then. To be called while waiting for an owner that may be dead: the collector runs late where little is allocated.
function owner.step_collector()
  if core.now() - stepped > STEP_INTERVAL then
    collectgarbage("step", math.ceil(collectgarbage "count" / STEPS))
    stepped = core.now()
  end
end

--- Runs a full cycle of the collector, where only a finalizer could show that an owner is dead.
function owner.collect()
  local began = core.now()
  if began > rested then
    collectgarbage()
    rested = core.now() + REST * (core.now() - began)
  end
end

return owner
