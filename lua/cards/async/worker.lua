--- Workers and their dispatcher. A worker is a coroutine that runs tasks; its calls share the engine of the VM. Who waits for a task dispatches all workers.
--
-- A worker runs one task after the other, because a coroutine for each task costs more than a call.
--
-- An error for lack of memory can come up wherever a table grows, a function is called or a coroutine is resumed. A function of the script may catch such an
-- error and continue. So changes that belong together are made where nothing in between can fail: workers are chained by a field that they have from the start,
-- and note their state themselves. A worker that was lost nevertheless is found again by rescue.

local core = require "cards.core"
local descriptors = require "cards.async.descriptors"
local each = require "cards.util.each"
local timers = require "cards.async.timers"
local traceback = require "cards.util.traceback"
local waiters = require "cards.async.waiters"

local workers = {
  --- States that a worker notes before it yields them: it has no task (DONE); it waits for a task of a group of its own (PARK).
  DONE = {}, PARK = {},
}

local running, resume_thread, yield, status = coroutine.running, coroutine.resume, coroutine.yield, coroutine.status

local SPARE = 256                    -- idle workers that are kept
local PATROL = 0.5                   -- seconds between searches for lost workers, see rescue
local AT_ONCE = 64                   -- workers that are resumed before the dispatcher's caller checks its own task again
local DEEPEST = 16                   -- nested dispatchers, as many as the C stack holds; deeper ones resume only the workers of their own group
local DONE, WAIT = workers.DONE, {}  -- WAIT: it waits for its job
local PAUSE = {}                     -- it waits for a time, or for a signal
local READY, RUNS = {}, {}           -- it is in the queue; it was resumed
local by_tag, tags = {}, 0
local idle, idle_count = false, 0    -- workers without a task, chained by `following`
local first, last = false, false     -- the queue of workers to resume, chained likewise
local depth = 0                      -- nested dispatchers
local finished, rescued = {}, 0      -- tags of finished jobs; the time of the last search for lost workers

--- Adds a worker to the queue.
local function enqueue(worker)
  worker.state, worker.following = READY, false
  if first then
    last.following = worker
  else
    first = worker
  end
  last = worker
end
workers.enqueue = enqueue

--- Removes the first worker from the queue, or the first one that passes the filter.
local function dequeue(filter, argument)
  local worker, before = first, false
  while worker and filter and not filter(worker, argument) do
    worker, before = worker.following, worker
  end
  if not worker then
    return nil
  elseif before then
    before.following = worker.following
  else
    first = worker.following
  end
  if worker == last then
    last = before
  end
  worker.following = false
  return worker
end

local function cancel(worker)
  pcall(worker.job.cancel, worker.job, "cancelled", "nobody waits for it any more") -- the job is released even where there is no memory for the error
  worker.job, worker.state = false, RUNS
end

--- Waits for a job that was started with the worker's tag.
local function wait_started(worker, job)
  worker.job, worker.state = job, WAIT
  yield(WAIT)
  worker.job = false
end

local function wait(worker, job)
  local ok, err = job:start(worker.tag)
  if not ok then
    return err
  end
  wait_started(worker, job)
end

local function result(worker, job)
  wait_started(worker, job)
  return job:result()
end

local function leave() end

--- Waits for a timer's entry, or until somebody wakes the worker.
local function pause(worker, entry)
  entry.owner, entry.wake = worker, enqueue
  timers.add(entry)
  worker.entry, worker.state = entry, PAUSE
  yield(PAUSE)
  worker.entry = false
end

--- A worker without a task.
-- @param body of its coroutine, a function(worker) that repeats: run the worker's task, yield DONE
function workers.take(body)
  local worker = idle
  if worker then
    idle, idle_count = worker.following, idle_count - 1
    return worker
  end
  worker = {
    kind = "worker", dropped = false, thread = coroutine.create(body), tag = tags + 1, state = DONE, following = false, task = false, job = false,
    entry = false, wait = wait, result = result, pause = pause, leave = leave, abandon = cancel,
  }
  tags = tags + 1
  waiters.set(worker.thread, worker)
  by_tag[worker.tag] = worker
  return worker
end

--- Removes a worker and cancels what it waits for. It is not resumed again.
function workers.drop(worker)
  worker.dropped = true
  waiters.set(worker.thread, nil)
  by_tag[worker.tag] = nil
  if worker.entry then
    worker.entry.owner = false -- its time may be far in the future
  end
  if worker.job then
    cancel(worker)
  end
end

--- Closes the variables of a dropped worker, in Lua 5.4.
function workers.close(worker)
  if coroutine.close and status(worker.thread) ~= "normal" and status(worker.thread) ~= "running" then
    coroutine.close(worker.thread)
  end
end

--- The worker that the caller runs in, or false.
function workers.own()
  local waiter = waiters.of(running() or false)
  return waiter and waiter.kind == "worker" and waiter or false
end

--- The worker and the task that the caller runs in, or nothing. When the worker is dropped or has another task, the caller has ended.
function workers.place()
  local worker = workers.own()
  if worker then
    return worker, worker.task
  end
end

--- Ends a worker whose coroutine raised an error, or yielded something else than a state.
local function fail(worker, yielded, what)
  if yielded then
    what = "a function given to cards.all or cards.each yielded outside of a call"
  end
  local task = worker.task
  if task then
    task.finish(task, nil, what)
    local ok, traced = pcall(traceback, what, worker.thread) -- last, as there may be no memory for it
    task[2] = ok and traced or what
  end
  workers.drop(worker)
  workers.close(worker)
end

local function resume(worker)
  if worker.dropped then
    return
  end
  local before = depth
  depth = before + 1
  worker.state = RUNS
  local ok, what = resume_thread(worker.thread, worker)
  depth = before
  if worker.dropped then
    return
  elseif ok and what ~= worker.state or not ok and status(worker.thread) == "dead" then
    fail(worker, ok, what)
  elseif what == DONE and idle_count < SPARE then
    idle, worker.following = worker, idle
    idle_count = idle_count + 1
  elseif what == DONE then
    workers.drop(worker)
  end
end

--- Finds workers that nothing else would resume: those whose dispatcher failed before it resumed them, and in a forked process those that wait for calls of the
-- parent process.
local function rescue()
  local now = core.now()
  if now - rescued < PATROL then
    return
  end
  rescued = now
  local nobody = not first
  for _, worker in each(by_tag) do
    local state, lost = worker.state, false
    if state == WAIT then
      lost = worker.job:lost()
    elseif state == RUNS or state == READY and nobody then
      local is = status(worker.thread)
      lost = is == "suspended" or is == "dead"
    end
    if lost then
      enqueue(worker)
    end
  end
end

--- Resumes workers that can continue; if there are none, waits for jobs.
-- @param filter function(worker, argument) that selects the workers to resume where the C stack has no room for all
function workers.dispatch(filter, argument)
  local thread, is_main = running()
  if is_main or not thread then
    depth = 0 -- an error may have left another value
  end
  waiters.sweep()
  local worker = dequeue(depth >= DEEPEST and filter, argument)
  if worker then
    for _ = 1, AT_ONCE do
      resume(worker)
      worker = depth < DEEPEST and dequeue()
      if not worker then
        return
      end
    end
    return resume(worker)
  end
  local count = core.done(finished, descriptors.fire() and 0 or timers.left(PATROL))
  if count == 0 then
    rescue()
  end
  for i = 1, count do
    worker = by_tag[finished[i]]
    if worker and worker.state == WAIT then
      enqueue(worker)
    end
  end
  timers.due()
end

local function rest() end

local function none()
  return false
end

--- Waits for a timer's entry, or until somebody fires it: the function lets others go on where it can yield; else it dispatches the workers meanwhile.
-- @param is_woken_by_loop whether the event loop of a started call wakes it, too; else that one blocks
-- @return nil; or the error of a call that was cancelled
function workers.pause(entry, is_woken_by_loop)
  local waiter = waiters.current()
  if waiter and (is_woken_by_loop or waiter.kind == "worker") then
    return waiter:pause(entry)
  end
  entry.owner, entry.wake = entry, rest
  timers.add(entry)
  while entry.owner do
    workers.dispatch(none)
  end
end

return workers
