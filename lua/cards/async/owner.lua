--- Whether whoever began something is still there to end it: a coroutine may be ended from outside, with its group or its request of nginx.

local async = require "cards.async"
local core = require "cards.core"
local finalizer = require "cards.util.finalizer"
local context = require "cards.async.context"

local COLLECT, STEPS = 0.25, 4 -- seconds between steps of the collector, how many go through all there is
local REST = 10 -- times as long as it took, until the collector is asked for all again
local collected, rested = 0, 0

local owner = {}

--- A note of who runs here, to which anything may be added.
function owner.note()
  local worker, task = async.place()
  return { kind = async.kind(), worker = worker, task = task, context = context.get(), lost = false }
end

--- A value to be held by whoever is noted, and by nobody else: that it is collected is noted, too. It is made in a function of its own, as nginx may use a
-- coroutine's stack for another one before the collector comes by.
function owner.keep(note)
  return finalizer(function() note.lost = true end)
end

--- Whether whoever is noted is gone.
function owner.is_gone(note)
  return note.lost or (note.worker and (note.worker.dropped or note.worker.task ~= note.task)) or context.is_cancelled(note.context)
end

--- Asks the collector for a part of its work now and then: to be called while somebody waits for one who may be gone, as it comes by late where little happens.
function owner.hurry()
  if core.now() - collected > COLLECT then
    collectgarbage("step", math.ceil(collectgarbage "count" / STEPS))
    collected = core.now()
  end
end

--- Asks it for all of it: where nobody else could end what was begun, whoever began it may be garbage already.
function owner.collect()
  local began = core.now()
  if began > rested then
    collectgarbage()
    rested = core.now() + REST * (core.now() - began)
  end
end

return owner
