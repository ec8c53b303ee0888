--- Groups of tasks in nginx, like cards.async.group, with light threads as workers. nginx keeps some memory of every light thread until its request ends. So a
-- light thread of an iterator runs one task after the other.

local context = require "cards.async.context"
local semaphore = require "ngx.semaphore"
local traceback = require "cards.util.traceback"

local ngx = ngx -- luacheck: ignore

local FOREVER = 1e6 -- seconds

local groups = {}

local IDLE = 0.05 -- seconds that a worker waits for the next task; after a loop that is left early, the request stays open for so long

--- @param iterates whether tasks are added while others run
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

--- Waits for the next task of a worker. @return it, or nil when there is none
local function await_task(group, worker)
  worker.signal = worker.signal or semaphore.new(0)
  worker.task = nil
  table.insert(group.idle, worker)
  if not worker.signal:wait(IDLE) then
    if worker.task then
      worker.signal:wait(0) -- it came just now
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
    task = group.more and await_task(group, worker)
  until not task
  table.insert(group.ended, worker)
end

--- Starts a function as a task of a group, in an idle light thread or a new one; otherwise as in cards.async.group.
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

--- Declares that the group gets no further task.
function groups.seal(group)
  group.more = false
  for i = #group.idle, 1, -1 do
    local worker = table.remove(group.idle, i)
    worker.signal:post(1)
  end
end

--- Wakes other functions that wait for the group, when no task is left that would.
local function wake_others(group)
  if group.running == 0 and group.taken == group.count and group.signal:count() < 0 then
    group.signal:post(1)
  end
end

--- Waits for the next finished task of a group; nil when none is left.
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
    pcall(ngx.thread.wait, table.remove(group.ended).thread) -- frees the light thread; only the coroutine that started it may do so
  end
  return task
end

--- Does nothing: reusing tables would save nothing beside light threads.
function groups.recycle() end

--- There is no finalizer: it could run outside any request, where nothing of nginx may be used. Tasks that nobody waits for run to their end.
function groups.finalizer()
  return true
end

--- Ends tasks that the caller started. Light threads that those started end by their cancelled context, within ASK_AGAIN seconds.
-- @param started a list of tasks
function groups.cancel(_, started)
  for _, task in ipairs(started) do
    if not task.n then
      pcall(ngx.thread.kill, task.worker.thread)
      context.drop(task.worker.thread)
    end
  end
end

return groups
