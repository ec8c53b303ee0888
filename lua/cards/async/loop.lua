--- client:start: a call for event loops. The I/O thread runs it; the loop polls one descriptor for all calls of the process, as cqueues polls objects.
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

-- tag -> the started call that waits for it; one that nobody holds any more is cancelled by the collector
local waiting = setmetatable({}, { __mode = "v" })
local tags = 0

local awaited -- what calls inside of a started coroutine yield, noted just before; a function that is called may yield something of its own

--- How such calls wait.
local waiter = {}

--- @return nil, or the error that the call was given up with
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
  core.wake() -- whoever polls is to ask whether it can go on
end

--- Waits until the entry's time has come or somebody wakes it. @return nil, or the error that the call was given up with
function waiter:pause(entry) -- luacheck: ignore
  entry.owner, entry.wake = true, wake
  awaited = entry
  local _, err = coroutine.yield(entry)
  return err
end

--- Calls of a started coroutine wait in their own way, until it has ended or is dropped.
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

local resume

local function resumed(self, ok, job, ...)
  local ours = job ~= nil and rawequal(job, awaited)
  awaited = nil
  if ok and not ours and coroutine.status(self.thread) ~= "dead" then
    leave(self.thread)
    self.outcome = { ok = false, n = 1, traceback("a function that the client was given yielded outside of a call", self.thread) }
    if coroutine.close then
      coroutine.close(self.thread)
    end
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

local GRACE = 1     -- seconds that an answer may take from the I/O thread to here
local ASK_AGAIN = 1 -- seconds after which a call should be asked even if nothing was readable
local WAKES = 16    -- how often the descriptor is made readable again for calls that are done and were not asked since

local spare                                      -- a table for tags
local unseen = setmetatable({}, { __mode = "k" }) -- those calls: whoever polls for one must be woken, even where somebody else took its answer
local wakes = 0                                  -- that are left for them; not for ever, as nobody may ask them

--- Goes on with whatever has come back, waiting so many seconds for it.
-- @param asker the started call that was asked
local function carry(asker, seconds)
  local finished = spare or {}
  spare = nil -- a function that is called may come by here, too
  for i = 1, core.take(finished, seconds) do
    local self = waiting[finished[i]]
    waiting[finished[i]] = nil
    if self then
      resume(self)
      if self.outcome and self ~= asker then
        unseen[self] = true
        wakes = WAKES
      end
    end
  end
  spare = finished
  if wakes > 0 and next(unseen) then
    wakes = wakes - 1
    core.wake()
  end
end

local function see(self)
  if unseen[self] then
    unseen[self] = nil
    if not next(unseen) then
      carry(self, 0) -- the descriptor rests
    end
  end
end

--- Ends a call that is not done with an error of this kind.
local function give_up(self, kind, message)
  if not self.job and not self.pause then
    return -- a function that it calls asks for this: it is about to be done, or to give itself up
  end
  local err
  if self.job then
    waiting[self.tag] = nil
    err = select(2, self.job:cancel(kind, message))
  else
    err = core.error { kind = kind, provider = "cards", operation = "start", message = message, retryable = kind ~= "cancelled", attempts = 0 }
  end
  resume(self, nil, err)
  if not self.outcome then -- it was about to call something else, such as a function for a fresh credential
    if self.job then
      waiting[self.tag] = nil
      self.job:cancel(kind, message)
    end
    leave(self.thread)
  end
  self.outcome = { ok = true, n = 2, nil, err }
end

--- Takes what has come back, waiting so many seconds for it, and ends the call where its answer got lost: in a forked child all of its parent's are.
local function advance(self, seconds)
  local pause = self.pause
  carry(self, pause and math.max(0, math.min(seconds, pause.at - core.now())) or seconds)
  pause = self.pause
  if pause and (not pause.owner or core.now() >= pause.at) then
    resume(self)
  end
  if not self.outcome and core.now() > self.deadline + GRACE then
    give_up(self, "timeout", "no answer in time")
  end
end

local function check(self, name)
  if type(self) ~= "table" or getmetatable(self) ~= metatable then
    error(("job:%s: a started call is expected before the colon, not %s"):format(name, type(self)), 3)
  end
end

--- A descriptor that is readable when some call may be done; the same for all of them.
function methods.pollfd()
  return core.pollfd()
end

--- What to poll it for: "r".
function methods.events()
  return "r"
end

--- Seconds after which done() should be asked even if nothing was readable; 0 when it is done.
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

--- Whether the result is there. Does not wait.
function methods.done(self)
  check(self, "done")
  if not self.outcome then
    advance(self, 0)
  end
  see(self)
  return self.outcome ~= nil
end

--- The record, or nil and an error; the same again when asked again. Waits for it, blocking, where done() is not true yet.
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

--- Gives the call up: its result is an error of kind "cancelled" then. Does nothing when it is done.
function methods.cancel(self)
  check(self, "cancel")
  if not self.outcome then
    give_up(self, "cancelled", "cancelled by the caller")
  end
  see(self)
end

--- @param seconds until its deadline
-- @param call, ... the function and its arguments
-- @return the started call; an error that the function raises at once goes through
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
  self.dropped = finalizer(function() leave(thread) end)
  resume(self, ...)
  if self.outcome and not self.outcome.ok then
    error(self.outcome[1], 0)
  end
  return self
end
