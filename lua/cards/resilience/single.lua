--- Something that one does at a time, while others who want it done wait for the end.

local await = require "cards.async.await"
local bell = require "cards.async.bell"
local core = require "cards.core"
local gone = require "cards.async.gone"
local nginx = require "cards.async.nginx"
local scope = require "cards.async.scope"

local LOOK = 1 -- seconds between looks whether it is still done

local methods = {}
local metatable = { __index = methods }

--- Whether the caller may wait for one that goes on in that way: not where it would keep that one from going on.
local function may_wait_for(kind)
  local own = await.kind()
  return (own == kind and own ~= "blocks") or (own == "blocks" and kind == "lane") or (own ~= "blocks" and kind == "blocks")
end

--- Whether somebody does it whose end the caller may wait for.
function methods:is_under_way()
  local run = self.run_by
  return run and may_wait_for(run.kind) and not gone.is(run)
end

local function finish(self, run, _, ok, err)
  run.err = not ok and err or nil
  if self.run_by == run then
    self.run_by = nil
  end
  for _, waiter in ipairs(run.bells) do
    waiter:ring()
  end
  return ok, err
end

--- Does it. @return what the function returns: true, or nil and an error; it raises none
function methods:run(call, ...)
  local run = gone.note()
  run.bells, run.thread = {}, not nginx and (coroutine.running() or false)
  self.run_by = run
  return finish(self, run, gone.keep(run), call(...))
end

--- Whether it is the caller who does it. nginx uses coroutines again, so there nobody can say.
function methods:is_own()
  return not nginx and self.run_by ~= nil and not self.run_by.lost and self.run_by.thread == (coroutine.running() or false)
end

--- Waits until it is done. @return true; nil and the error that it ended with; or nil when the seconds are over
function methods:wait(seconds)
  local run, own, rung, err = self.run_by, bell(), false, nil -- luacheck: ignore 311
  local ends = core.now() + math.min(seconds, scope.left() or seconds)
  table.insert(run.bells, own)
  repeat
    gone.hurry()
    rung, err = own:wait(math.max(0, math.min(LOOK, ends - core.now())))
  until rung or err or self.run_by ~= run or not self:is_under_way() or core.now() >= ends
  err = err or run.err
  if err then
    return nil, err
  end
  return rung or core.now() < ends or nil
end

--- A new one, which nobody does.
return function()
  return setmetatable({ run_by = nil }, metatable)
end
