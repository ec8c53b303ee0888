--- Something that one does at a time, while others who want it done wait for the end.

local async = require "cards.async"
local core = require "cards.core"
local host = require "cards.async.host"
local owner = require "cards.async.owner"
local context = require "cards.async.context"

local LOOK = 1 -- seconds between looks whether it is still done

local methods = {}
local metatable = { __index = methods }

--- Whether the caller may wait for one that goes on in that way: not where it would keep that one from going on.
local function may_wait_for(kind)
  local own = async.kind()
  return (own == kind and own ~= "blocking") or (own == "blocking" and kind == "worker") or (own ~= "blocking" and kind == "blocking")
end

--- Whether somebody does it whose end the caller may wait for.
function methods:is_under_way()
  local run = self.run_by
  return run and may_wait_for(run.kind) and not owner.is_gone(run)
end

local function finish(self, run, _, ok, err)
  run.err = not ok and err or nil
  if self.run_by == run then
    self.run_by = nil
  end
  for _, waiter in ipairs(run.signals) do
    waiter:set()
  end
  return ok, err
end

--- Does it. @return what the function returns: true, or nil and an error; it raises none
function methods:run(call, ...)
  local run = owner.note()
  run.signals, run.thread = {}, host.thread()
  self.run_by = run
  return finish(self, run, owner.keep(run), call(...))
end

--- Whether it is the caller who does it; false where nobody can say.
function methods:is_own()
  return self.run_by ~= nil and not self.run_by.lost and self.run_by.thread ~= nil and self.run_by.thread == host.thread()
end

--- Waits until it is done. @return true; nil and the error that it ended with; or nil when the seconds are over
function methods:wait(seconds)
  local run, own, set, err = self.run_by, async.signal(), false, nil -- luacheck: ignore 311
  local ends = core.now() + math.min(seconds, context.left() or seconds)
  table.insert(run.signals, own)
  repeat
    owner.hurry()
    set, err = own:wait(math.max(0, math.min(LOOK, ends - core.now())))
  until set or err or self.run_by ~= run or not self:is_under_way() or core.now() >= ends
  err = err or run.err
  if err then
    return nil, err
  end
  return set or core.now() < ends or nil
end

--- A new one, which nobody does.
return function()
  return setmetatable({ run_by = nil }, metatable)
end
