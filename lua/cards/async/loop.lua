--- client:start: calls for event loops. The I/O thread runs them, and the loop polls one descriptor for all of them, by the conventions of cqueues.
--
--     local job = alix:start("private_info", "c_1")
--     while not job:done() do cqueues.poll(job) end
--     local info, err = job:result()

local core = require "cards.core"
local finalizer = require "cards.util.finalizer"
local host = require "cards.async.host"
local context = require "cards.async.context"
local traceback = require "cards.util.traceback"
local waiters = require "cards.async.waiters"

local unpack = table.unpack or unpack -- luacheck: ignore

local methods = {}
local metatable = { __index = methods, __name = "cards.started" }

-- By tag: the started calls that wait. The collector cancels a call that nobody holds.
local waiting = setmetatable({}, { __mode = "v" })
local tags = 0

-- What the library is about to yield in a started coroutine. Anything else was yielded by a function of the script.
local awaited

--- The waiter of a started call.
local waiter = {}

--- Waits for a job that is started. @return nil, or the error of a cancelled call
local function wait_started(job)
  awaited = job
  local _, err = coroutine.yield(job)
  return err
end

function waiter:wait(job)
  local ok, err = job:start(self.tag, true)
  if not ok then
    return err
  end
  return wait_started(job)
end

function waiter:result(job) -- luacheck: ignore
  local err = wait_started(job)
  if err then
    return nil, err
  end
  return job:result()
end

function waiter:leave() end -- luacheck: ignore

local function wake()
  core.wake() -- so that the loop asks whether the call is done
end

--- Waits for a timer's entry, or until somebody wakes the call. @return nil, or the error of a cancelled call
function waiter:pause(entry) -- luacheck: ignore
  entry.owner, entry.wake = true, wake
  awaited = entry
  local _, err = coroutine.yield(entry)
  return err
end

--- Sets the waiter of a started coroutine.
local function enter(thread, tag)
  waiters.set(thread, { kind = "loop", tag = tag, threaded = true, wait = waiter.wait, result = waiter.result, leave = waiter.leave, pause = waiter.pause })
  waiters.enter()
end

local function leave(thread)
  if waiters.of(thread) then
    waiters.set(thread, nil)
    waiters.leave()
  end
end

--- Ends a started coroutine that has not returned: what it holds, such as a permit of a limit, is free as soon as it is gone, though somebody holds the call.
-- @param err what ended it; nil where nobody waits for it any more
local function finish(thread, err)
  leave(thread)
  context.drop(thread, err)
  if coroutine.close then
    coroutine.close(thread)
  end
end

--- The same for a call that the collector found, as the method of a group.
local function cancel_dropped(orphan)
  finish(orphan.thread)
end

local resume

local function resumed(self, ok, job, ...)
  local ours = job ~= nil and rawequal(job, awaited)
  awaited = nil
  if ok and not ours and coroutine.status(self.thread) ~= "dead" then
    local err = traceback("a function that the client was given yielded outside of a call", self.thread)
    self.outcome = { ok = false, n = 1, err }
    finish(self.thread, err)
    return
  elseif coroutine.status(self.thread) == "dead" then
    leave(self.thread)
    self.outcome = { ok = ok, n = select("#", ...) + 1, job, ... }
    return
  end
  if type(job) == "table" then
    self.pause = job
    return
  end
  self.job = job
  waiting[self.tag] = self
end

function resume(self, ...)
  self.job, self.pause = nil, nil
  return resumed(self, coroutine.resume(self.thread, ...))
end

local GRACE = 1     -- seconds that a result may take from the I/O thread to here
local ASK_AGAIN = 1 -- seconds after which done() should be called even if the descriptor is not readable
local WAKES = 16    -- how often the descriptor is made readable again for finished calls whose owner has not seen that

local finished, next_place, count = {}, 1, 0      -- the tags that were taken last, and which of them are still to be resumed
local unseen = setmetatable({}, { __mode = "k" }) -- such calls: their owners have to be woken, even where the result was received through another call
local wakes = 0                                   -- wakes that are left for them; limited, as their owners may never ask

--- Resumes the calls whose jobs have finished, waiting so many seconds for one. A function that is called may ask for any of the others, and so resumes
-- the rest of them first.
-- @param asker the call whose owner asked
local function receive(asker, seconds)
  if next_place > count then
    next_place, count = 1, core.take(finished, seconds)
  end
  while next_place <= count do
    local tag = finished[next_place]
    local self = waiting[tag]
    next_place, waiting[tag] = next_place + 1, nil
    if self then
      resume(self)
      if self.outcome and self ~= asker then
        unseen[self] = true
        wakes = WAKES
      end
    end
  end
  if wakes > 0 and next(unseen) then
    wakes = wakes - 1
    core.wake()
  end
end

local function see(self)
  if unseen[self] then
    unseen[self] = nil
    if not next(unseen) then
      receive(self, 0) -- which makes the descriptor unreadable
    end
  end
end

--- Ends a call with an error of this kind.
local function abort(self, kind, message)
  if not self.job and not self.pause then
    return -- a function that the call itself has called asks for this
  end
  local err
  if self.job then
    waiting[self.tag] = nil
    err = select(2, self.job:cancel(kind, message))
  else
    err = core.error { kind = kind, provider = "cards", operation = "start", message = message, retryable = kind ~= "cancelled", attempts = 0 }
  end
  resume(self, nil, err)
  if not self.outcome then -- the coroutine continued with something else, such as another credential
    if self.job then
      waiting[self.tag] = nil
      self.job:cancel(kind, message)
    end
    local thread = self.thread
    self.thread, self.dropped, self.job, self.pause = nil, nil, nil, nil
    finish(thread)
  end
  self.outcome = { ok = true, n = 2, nil, err }
end

--- Receives results, waiting so many seconds, and ends the call where its result is lost, as all of the parent's are in a forked process.
local function advance(self, seconds)
  waiters.sweep()
  local pause = self.pause
  receive(self, pause and math.max(0, math.min(seconds, pause.at - core.now())) or seconds)
  pause = self.pause
  if pause and (not pause.owner or core.now() >= pause.at) then
    resume(self)
  end
  if not self.outcome and core.now() > self.deadline + GRACE then
    abort(self, "timeout", "no answer in time")
  end
end

local function check(self, name)
  if type(self) ~= "table" or getmetatable(self) ~= metatable then
    error(("job:%s: a started call is expected before the colon, not %s"):format(name, type(self)), 3)
  end
end

--- job:pollfd()
-- @return a descriptor, the same for all calls, that is readable when some call may be done
function methods.pollfd()
  return core.pollfd()
end

--- job:events()
-- @return what to poll the descriptor for: "r"
function methods.events()
  return "r"
end

--- job:timeout()
-- @return seconds after which done() should be called even if the descriptor is not readable; 0 when the call is done
function methods.timeout(self)
  check(self, "timeout")
  if self.outcome then
    return 0
  end
  local now = core.now()
  if self.pause then
    return self.pause.owner and math.min(math.max(0, self.pause.at - now), ASK_AGAIN) or 0
  end
  return math.min(math.max(0, self.deadline - now) + 0.1, ASK_AGAIN)
end

--- job:done(): never waits.
-- @return whether the result is there
function methods.done(self)
  check(self, "done")
  if not self.outcome then
    advance(self, 0)
  end
  see(self)
  return self.outcome ~= nil
end

--- job:result(): blocks until the call is done.
-- @return the record; or nil and an error. The same each time
function methods.result(self)
  check(self, "result")
  while not self.outcome do
    if not self.job and not self.pause then
      error("a call cannot wait for itself", 2)
    end
    advance(self, 0.5)
  end
  see(self)
  if not self.outcome.ok then
    error(self.outcome[1], 0)
  end
  return unpack(self.outcome, 1, self.outcome.n)
end

--- job:cancel(): ends the call with an error of kind "cancelled". Does nothing when it is done.
function methods.cancel(self)
  check(self, "cancel")
  if not self.outcome then
    abort(self, "cancelled", "cancelled by the caller")
  end
  see(self)
end

--- Starts a function.
-- @param seconds until its deadline
-- @param call a function, with its arguments
-- @return the started call. An error that the function raises at once is passed on
return function(seconds, call, ...)
  if host.is_nginx then
    error("client:start is for other event loops: inside of nginx every call lets the worker go on, and cards.all runs several", 3)
  end
  waiters.sweep()
  local thread = coroutine.create(call)
  tags = tags + 1
  local self = setmetatable({ thread = thread, tag = tags, deadline = core.now() + math.min(seconds, context.left() or seconds) }, metatable)
  context.set(thread, context.get())
  enter(thread, tags)
  local orphan = { group = false, later = false, thread = thread, cancel = cancel_dropped }
  orphan.group = orphan
  self.dropped = finalizer(function()
    if waiters.of(thread) then
      leave(thread)
      waiters.orphan(orphan)
    end
  end)
  resume(self, ...)
  if self.outcome and not self.outcome.ok then
    error(self.outcome[1], 0)
  end
  return self
end
