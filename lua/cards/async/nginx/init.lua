--- nginx and OpenResty: calls wait on a semaphore while the worker goes on, and functions run as light threads. The only file that names ngx; false elsewhere.
--
-- The I/O thread of the process runs the calls. One light thread per VM, the porter, listens for what it has finished: a script of nginx can wait for
-- nothing but sockets, so it reads from a unix socket. It starts with a call and ends when there was none for a second.

local ngx = rawget(_G, "ngx")
if type(ngx) ~= "table" or type(ngx.get_phase) ~= "function" then
  return false
end

local await = require "cards.async.await"
local core = require "cards.core"
local get_request = require("resty.core.base").get_request
local new_bell = require "cards.async.nginx.bell"
local scope = require "cards.async.scope"
local semaphore = require "ngx.semaphore"
local traceback = require "cards.util.traceback"

local FOREVER = 1e6       -- seconds; every call ends at its deadline
local GRACE = 1           -- seconds that an answer may take from the I/O thread to here
local ASK_AGAIN = 1       -- seconds after which a timer that has not run is taken for lost

local yields = {
  rewrite = true, server_rewrite = true, access = true, content = true, timer = true, preread = true,
  ssl_cert = true, ssl_session_fetch = true,
}

local jobs, bells = {}, {}              -- by tag: the job that the I/O thread has, the semaphore that its call waits on
local boxes = {}                        -- by tag: the userdata of its last job, to be used again
local posted, reasons = {}, {}          -- by tag: the job whose call is to go on now; why it will have no answer
local unused, tags = {}, 0              -- tags to use again, how many there are
local under_way = 0
local porter, asked = false, -ASK_AGAIN -- whether it runs; when it was asked to

function await.check(what, level)
  local phase = ngx.get_phase()
  if not yields[phase] then
    error(("%s cannot wait in nginx's phase '%s': call it in rewrite, access or content, or from a timer"):format(what, phase), level + 1)
  end
end

core.prepare_seal() -- in the master, where this is required in init_by_lua: then all workers have the same key

local init_scopes = {}

--- Scopes are those of a request: nginx uses the coroutines of those that are gone again.
function scope.table(make)
  if not get_request() then
    return init_scopes
  end
  local ctx = ngx.ctx
  if make and not ctx.cards_scopes then
    ctx.cards_scopes = {}
  end
  return ctx.cards_scopes
end

function await.kind()
  return "lane"
end

local function post(tag, why)
  posted[tag], reasons[tag] = jobs[tag], why
  jobs[tag] = nil
  under_way = under_way - 1
  bells[tag]:post(1)
end

local function release(tag)
  if jobs[tag] then
    jobs[tag] = nil
    under_way = under_way - 1
  end
  posted[tag], reasons[tag] = nil, nil
  unused[#unused + 1] = tag
end

--- Gives up the jobs of requests that are gone: nobody waits on their semaphores any more.
local function sweep()
  for tag, job in pairs(jobs) do
    if bells[tag]:count() >= 0 then
      job:cancel("cancelled", "its request is gone")
      release(tag)
    end
  end
  for tag, job in pairs(posted) do
    if bells[tag]:count() > 0 then
      bells[tag]:wait(0)
      job:cancel("cancelled", "its request is gone")
      release(tag)
    end
  end
end

local finished = {}

local function carry()
  for i = 1, core.take(finished) do
    if jobs[finished[i]] then
      post(finished[i])
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

--- Everybody who waits learns that nobody will tell them.
local function fail_all(why)
  ngx.log(ngx.ERR, "cards: no way to hear of answers: ", why)
  for tag in pairs(jobs) do
    post(tag, why)
  end
end

local function port()
  local socket, why = connect()
  if not socket then
    porter = false
    return fail_all(why)
  end
  local swept, used = ngx.now(), ngx.now()
  carry()
  repeat
    local byte
    byte, why = socket:receive(1)
    carry()
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
  porter = false
  core.hang_up()
  socket:close()
  if under_way > 0 then
    fail_all(why or "the connection ended")
  end
end

--- Asks for the porter where there is none. @return nil, or why there will be none
local function call_porter()
  local now = ngx.now()
  if porter or now - asked < ASK_AGAIN then
    return nil
  end
  asked = now
  local ok, why = ngx.timer.at(0, function()
    asked = -ASK_AGAIN -- it may end again within that time: at once, in a worker that is exiting
    if not porter then
      porter = true
      port()
    end
  end)
  return not ok and why or nil
end

local function take_tag()
  local tag = table.remove(unused)
  if not tag then
    tag = tags + 1
    tags = tag
    bells[tag] = semaphore.new(0)
  end
  return tag
end

--- Waits for a job that the I/O thread has. @return the record, or nil and an error
local function wait(tag, job, seconds)
  jobs[tag] = job
  under_way = under_way + 1
  local why = not porter and call_porter()
  if why then
    release(tag)
    return job:cancel("busy", "nginx starts no timer: " .. why)
  end
  local ends, served = ngx.now() + seconds + GRACE, false
  while not served and (posted[tag] or (ngx.now() < ends and not scope.is_cancelled(scope.get()))) do
    served = bells[tag]:wait(math.min(ASK_AGAIN, math.max(ends - ngx.now(), 0)))
    if not served and not porter then -- nginx has no timer left for it: look here
      carry()
      call_porter()
    end
  end
  why = reasons[tag]
  release(tag)
  if not served and scope.is_cancelled(scope.get()) then
    return job:cancel("cancelled", "nobody waits for it any more")
  elseif not served then
    return job:cancel("timeout", "no answer in time")
  elseif why then
    return job:cancel("busy", "nginx cannot listen for answers: " .. why)
  end
  return job:result()
end

function await.call(client, operation, parameters, provider)
  local tag = take_tag()
  local box, seconds = core.send(client, operation, parameters, boxes[tag], provider, nil, tag)
  if not box then
    release(tag)
    return box, seconds
  end
  boxes[tag] = box
  return wait(tag, box, seconds)
end

function await.result(job)
  local tag = take_tag()
  local seconds = job:send(tag)
  if not seconds then
    release(tag)
    return job:result()
  end
  return wait(tag, job, seconds)
end

--- Groups of light threads: what cards.async.tasks is elsewhere. nginx keeps a little of every light thread until its request ends, so one thread runs one member
-- after the other while more come.
local tasks = {}

local IDLE = 0.05 -- seconds that a thread waits for the next member; a loop that is left early keeps its request for so long

--- @param iterates whether more members come while the first ones run
function tasks.group(iterates)
  return { running = 0, finished = {}, count = 0, taken = 0, bell = semaphore.new(0), more = iterates, idle = {}, ended = {} }
end

local function finish(task, ok, ...)
  local group = task.group
  scope.set(coroutine.running(), nil)
  if ok then
    task.n = select("#", ...)
    for i = 1, task.n do
      task[i] = (select(i, ...))
    end
  else
    task.n, task[2] = 2, (...)
  end
  group.running = group.running - 1
  group.count = group.count + 1
  group.finished[group.count] = task
  group.bell:post(1)
end

local function run(task)
  scope.set(coroutine.running(), task.scope)
  if task.given then
    return finish(task, xpcall(task.call, traceback, task.value))
  end
  return finish(task, xpcall(task.call, traceback))
end

local function remove(list, value)
  for i = #list, 1, -1 do
    if list[i] == value then
      return table.remove(list, i)
    end
  end
end

--- The next member for a thread that has run one; nil when there is none for it.
local function await_member(group, worker)
  worker.bell = worker.bell or semaphore.new(0)
  worker.task = nil
  table.insert(group.idle, worker)
  if not worker.bell:wait(IDLE) then
    if worker.task then
      worker.bell:wait(0) -- it came in this moment
    else
      remove(group.idle, worker)
    end
  end
  return worker.task
end

local function work(group, worker)
  local task = worker.task
  repeat
    run(task)
    task = group.more and await_member(group, worker)
  until not task
  table.insert(group.ended, worker)
end

function tasks.spawn(group, call, given, value)
  local task = { group = group, call = call, given = given, value = value, scope = scope.get() }
  group.running = group.running + 1
  local worker = table.remove(group.idle)
  if worker then
    worker.task, task.worker = task, worker
    worker.bell:post(1)
  else
    worker = { task = task }
    task.worker = worker
    worker.thread = ngx.thread.spawn(work, group, worker)
  end
  return task
end

--- No further member comes.
function tasks.seal(group)
  group.more = false
  for i = #group.idle, 1, -1 do
    local worker = table.remove(group.idle, i)
    worker.bell:post(1)
  end
end

--- Where several take from a group: those who wait go on when nothing is left that would wake them.
local function wake_others(group)
  if group.running == 0 and group.taken == group.count and group.bell:count() < 0 then
    group.bell:post(1)
  end
end

function tasks.next(group)
  local rung = false
  while group.taken == group.count do
    if group.running == 0 then
      wake_others(group)
      return nil
    end
    rung = group.bell:wait(FOREVER)
  end
  if not rung then
    group.bell:wait(0)
  end
  group.taken = group.taken + 1
  local task = group.finished[group.taken]
  group.finished[group.taken] = nil
  if group.taken == group.count then
    group.taken, group.count = 0, 0
    wake_others(group)
  end
  while group.ended[1] do
    pcall(ngx.thread.wait, table.remove(group.ended).thread) -- it can go; only the coroutine that started it may say so
  end
  return task
end

function tasks.recycle() end -- light threads cost more than tables

--- What runs goes on to its end when nobody waits any more: the collector comes by outside of any request, too, where nothing of nginx may be touched.
function tasks.guard()
  return true
end

--- Ends what runs, as the one who has started it: light threads that others have started inside of them end their calls within ASK_AGAIN, by the scope.
function tasks.cancel(_, started)
  for _, task in ipairs(started) do
    if not task.n then
      pcall(ngx.thread.kill, task.worker.thread)
      scope.set(task.worker.thread, nil)
    end
  end
end

--- What cards.async.bell gives elsewhere.
function tasks.bell()
  return new_bell(semaphore.new(0), ASK_AGAIN)
end

--- Whose place it is where the caller runs: nobody can say when a light thread is gone.
function tasks.place() end

--- Calls a function soon, outside of any request. @return true, or nil and why not
function tasks.later(call)
  return ngx.timer.at(0, function(over)
    if not over then
      call()
    end
  end)
end

--- The shared dicts by name.
tasks.shared = ngx.shared

function tasks.warn(text)
  ngx.log(ngx.WARN, text)
end

return tasks
