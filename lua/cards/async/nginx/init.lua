--- The way of waiting in nginx and OpenResty, see cards.async. Calls wait on a semaphore while the worker process continues. Functions run as light threads.
--
-- The I/O thread of the process runs the calls. One light thread per VM, the listener, is notified of finished calls through a unix socket, because a script of
-- nginx can only wait for sockets. The listener starts with a call, and ends after a second without calls.

local core = require "cards.core"
local group = require "cards.async.nginx.group"
local new_signal = require "cards.async.nginx.signal"
local context = require "cards.async.context"
local semaphore = require "ngx.semaphore"
local wake = require "cards.metrics.wake"

local ngx = ngx -- luacheck: ignore

local nginx = { group = group }

local FOREVER = 1e6 -- seconds; every call ends at its deadline anyway
local GRACE = 1     -- seconds that a result may take from the I/O thread to here
local ASK_AGAIN = 1 -- seconds after which a timer that has not run counts as lost

local yields = {
  rewrite = true, server_rewrite = true, access = true, content = true, timer = true, preread = true,
  ssl_cert = true, ssl_session_fetch = true,
}

local waiting = {}       -- by tag: waiters whose job the I/O thread runs
local posted = {}        -- by tag: waiters whose call continues now
local unused, tags = {}, 0
local under_way = 0
local listens, asked = false, -ASK_AGAIN -- whether the listener runs; when its timer was set

--- Raises in a phase that cannot wait, and where a function of C has called this one.
function nginx.check(what, level)
  local phase = ngx.get_phase()
  if not yields[phase] then
    error(("%s cannot wait in nginx's phase '%s': call it in rewrite, access or content, or from a timer"):format(what, phase), level + 1)
  elseif not core.is_yieldable() then
    error(("%s cannot wait here: a function of C has called this one, such as string.gsub, table.sort or require"):format(what), level + 1)
  end
end

--- Every call waits in the same way.
function nginx.kind()
  return "nginx"
end

--- Wakes the waiter's call.
-- @param why there is no result, or nil
local function post(waiter, why)
  waiting[waiter.tag] = nil
  posted[waiter.tag] = waiter
  waiter.why = why
  under_way = under_way - 1
  waiter.semaphore:post(1)
end

--- Forgets the waiter's job.
local function release(waiter)
  if waiting[waiter.tag] then
    waiting[waiter.tag] = nil
    under_way = under_way - 1
  end
  posted[waiter.tag] = nil
  waiter.job, waiter.why = nil, nil
end

--- Cancels the jobs of ended requests: nobody waits on their semaphores.
local function sweep()
  for _, waiter in pairs(waiting) do
    if waiter.semaphore:count() >= 0 then
      waiter.job:cancel("cancelled", "its request is gone")
      release(waiter)
      waiter:leave()
    end
  end
  for _, waiter in pairs(posted) do
    if waiter.semaphore:count() > 0 then
      waiter.semaphore:wait(0)
      waiter.job:cancel("cancelled", "its request is gone")
      release(waiter)
      waiter:leave()
    end
  end
end

local finished = {}

local function take_finished()
  for i = 1, core.take(finished) do
    local waiter = waiting[finished[i]]
    if waiter then
      post(waiter)
    end
  end
end

local function connect()
  local path, why = core.listen()
  if not path then
    return nil, why
  end
  local socket = ngx.socket.tcp()
  socket:settimeout(FOREVER)
  local ok
  ok, why = socket:connect("unix:" .. path)
  if ok then
    ok, why = core.accept()
  end
  return ok and socket, why
end

--- Wakes all calls, because no result will be received.
local function fail_all(why)
  ngx.log(ngx.ERR, "cards: no way to hear of answers: ", why)
  for _, waiter in pairs(waiting) do
    post(waiter, why)
  end
end

local function listen()
  local socket, why = connect()
  if not socket then
    listens = false
    return fail_all(why)
  end
  local swept, used = ngx.now(), ngx.now()
  take_finished()
  repeat
    local byte
    byte, why = socket:receive(1)
    take_finished()
    local now = ngx.now()
    if under_way > 0 then
      used = now
    end
    if now - swept >= 1 then
      swept = now
      sweep()
    end
  until not byte or (under_way == 0 and (now - used >= 1 or ngx.worker.exiting()))
  sweep()
  listens = false
  core.disconnect()
  socket:close()
  if under_way > 0 then
    fail_all(why or "the connection ended")
  end
end

--- Starts the listener where there is none. @return nil, or why it cannot be started
local function start_listener()
  local now = ngx.now()
  if listens or now - asked < ASK_AGAIN then
    return nil
  end
  asked = now
  local ok, why = ngx.timer.at(0, function()
    asked = -ASK_AGAIN -- the listener may end within that time: in an exiting worker process it ends at once
    if not listens then
      listens = true
      listen()
    end
  end)
  return not ok and why or nil
end

--- Waits for a job that is started. @return nil, or the error of a job that is cancelled here
local function wait_started(waiter, job, seconds)
  waiter.job = job
  waiting[waiter.tag] = waiter
  under_way = under_way + 1
  local why = not listens and start_listener()
  if why then
    release(waiter)
    return select(2, job:cancel("busy", "nginx starts no timer: " .. why))
  end
  local ends, served = ngx.now() + seconds + GRACE, false
  while not served and (posted[waiter.tag] or (ngx.now() < ends and not context.is_cancelled(context.get()))) do
    served = waiter.semaphore:wait(math.min(ASK_AGAIN, math.max(ends - ngx.now(), 0)))
    if not served and not listens then -- nginx may have no timer left for the listener
      take_finished()
      start_listener()
    end
  end
  why = waiter.why
  release(waiter)
  if not served and context.is_cancelled(context.get()) then
    return select(2, job:cancel("cancelled", "nobody waits for it any more"))
  elseif not served then
    return select(2, job:cancel("timeout", "no answer in time"))
  elseif why then
    return select(2, job:cancel("busy", "nginx cannot listen for answers: " .. why))
  end
end

local methods = {}
local metatable = { __index = methods }

function methods:wait(job, seconds)
  local ok, err = job:start(self.tag, true)
  if not ok then
    return err
  end
  return wait_started(self, job, seconds)
end

function methods:result(job, seconds)
  local err = wait_started(self, job, seconds)
  self:leave()
  if err then
    return nil, err
  end
  return job:result()
end

function methods:leave()
  unused[#unused + 1] = self
end

--- A waiter that is not in use, or a new one.
function nginx.waiter(what, level)
  nginx.check(what, level + 1)
  wake.tell()
  local waiter = table.remove(unused)
  if not waiter then
    tags = tags + 1
    waiter = setmetatable({ tag = tags, threaded = true, semaphore = semaphore.new(0) }, metatable)
  end
  return waiter
end

--- A signal on a semaphore.
function nginx.signal()
  return new_signal(semaphore.new(0), ASK_AGAIN)
end

--- Nothing shows when a light thread has ended.
function nginx.place() end

return nginx
