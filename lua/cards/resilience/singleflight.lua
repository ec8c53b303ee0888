--- Singleflight: one function does some work at a time, and others that want the same work done wait for its end.

local async = require "cards.async"
local context = require "cards.async.context"
local core = require "cards.core"
local host = require "cards.async.host"
local owner = require "cards.async.owner"

local MAX_PAUSE = 1 -- seconds between checks whether the flight's owner is alive

local methods = {}
local metatable = { __index = methods }

--- Whether the caller may wait for an owner of that kind: not where its waiting would block the owner.
local function may_wait_for(kind)
  local own = async.kind()
  return (own == kind and own ~= "blocking") or (own == "blocking" and kind == "worker") or (own ~= "blocking" and kind == "blocking")
end

--- Whether there is a flight that the caller may wait for.
function methods:is_under_way()
  local flight = self.flight
  return flight and may_wait_for(flight.kind) and not owner.is_dead(flight)
end

local function finish(self, flight, _, ok, err)
  flight.err = not ok and err or nil
  if self.flight == flight then
    self.flight = nil
  end
  for _, signal in ipairs(flight.signals) do
    signal:set()
  end
  return ok, err
end

--- Starts a flight.
-- @param call function(...) that raises no error
-- @return what the function returns: true, or nil and an error
function methods:run(call, ...)
  local flight = owner.current()
  flight.signals, flight.thread = {}, host.thread()
  self.flight = flight
  return finish(self, flight, owner.finalizer(flight), call(...))
end

--- Whether the caller runs in the flight; false where that cannot be known.
function methods:is_own()
  return self.flight ~= nil and not self.flight.lost and self.flight.thread ~= nil and self.flight.thread == host.thread()
end

--- Waits for the end of the flight.
-- @return true; or nil, the error that the flight ended with and true; or nil after the time; or nil and an error where the caller was cancelled
function methods:wait(seconds)
  local flight, signal, set, err = self.flight, async.signal(), false, nil -- luacheck: ignore 311
  local ends = core.now() + math.min(seconds, context.left() or seconds)
  table.insert(flight.signals, signal)
  repeat
    owner.step_collector()
    set, err = signal:wait(math.max(0, math.min(MAX_PAUSE, ends - core.now())))
  until set or err or self.flight ~= flight or not self:is_under_way() or core.now() >= ends
  if err or flight.err then
    return nil, err or flight.err, not err
  end
  return set or core.now() < ends or nil
end

--- A group without a flight.
return function()
  return setmetatable({ flight = nil }, metatable)
end
