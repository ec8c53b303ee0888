--- Functions that run at the same time in nginx, as light threads: what cards.async.group is elsewhere. nginx keeps a little of every light thread until
-- its request ends, so one thread
-- runs one member after the other while more come.

local context = require "cards.async.context"
local semaphore = require "ngx.semaphore"
local traceback = require "cards.util.traceback"

local ngx = ngx -- luacheck: ignore

local FOREVER = 1e6 -- seconds

local groups = {}

local IDLE = 0.05 -- seconds that a thread waits for the next member; a loop that is left early keeps its request for so long

--- @param iterates whether more members come while the first ones run
function groups.new(iterates)
  return { running = 0, finished = {}, count = 0, taken = 0, signal = semaphore.new(0), more = iterates, idle = {}, ended = {} }
end

local function finish(task, ok, ...)
  local group = task.group
  context.set(coroutine.running(), nil)
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
  group.signal:post(1)
end

local function run(task)
  context.set(coroutine.running(), task.context)
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
  worker.signal = worker.signal or semaphore.new(0)
  worker.task = nil
  table.insert(group.idle, worker)
  if not worker.signal:wait(IDLE) then
    if worker.task then
      worker.signal:wait(0) -- it came in this moment
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

function groups.spawn(group, call, given, value)
  local task = { group = group, call = call, given = given, value = value, context = context.get() }
  group.running = group.running + 1
  local worker = table.remove(group.idle)
  if worker then
    worker.task, task.worker = task, worker
    worker.signal:post(1)
  else
    worker = { task = task }
    task.worker = worker
    worker.thread = ngx.thread.spawn(work, group, worker)
  end
  return task
end

--- No further member comes.
function groups.seal(group)
  group.more = false
  for i = #group.idle, 1, -1 do
    local worker = table.remove(group.idle, i)
    worker.signal:post(1)
  end
end

--- Where several take from a group: those who wait go on when nothing is left that would wake them.
local function wake_others(group)
  if group.running == 0 and group.taken == group.count and group.signal:count() < 0 then
    group.signal:post(1)
  end
end

function groups.next(group)
  local set = false
  while group.taken == group.count do
    if group.running == 0 then
      wake_others(group)
      return nil
    end
    set = group.signal:wait(FOREVER)
  end
  if not set then
    group.signal:wait(0)
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

function groups.recycle() end -- light threads cost more than tables

--- What runs goes on to its end when nobody waits any more: the collector comes by outside of any request, too, where nothing of nginx may be touched.
function groups.finalizer()
  return true
end

--- Ends what runs, as the one who has started it: light threads that others have started inside of them end their calls within ASK_AGAIN, by the context.
function groups.cancel(_, started)
  for _, task in ipairs(started) do
    if not task.n then
      pcall(ngx.thread.kill, task.worker.thread)
      context.set(task.worker.thread, nil)
    end
  end
end

return groups
