--- Workers: coroutines that run tasks beside each other in one thread, and whose calls share the VM's engine. Whoever waits for one drives them all.
--
-- A worker serves one task after the other: to make a coroutine for each cost more than the call.
--
-- Memory may be used up wherever a table grows, a function is called or a coroutine resumed, and a function given to us may catch that error and go on. So what
-- belongs together is done where nothing can fail in between: workers are chained by a field that they have from the start, and say themselves how they rest. A
-- worker that its driver lost nevertheless is found by the next one, see rescue.

local core = require "cards.core"
local timers = require "cards.async.timers"
local traceback = require "cards.util.traceback"
local waiters = require "cards.async.waiters"

local workers = {
  --- How a worker rests, which it notes as its state before it yields it: without a task; until a task of its own has finished.
  DONE = {}, PARK = {},
}

local running, resume_thread, yield, status = coroutine.running, coroutine.resume, coroutine.yield, coroutine.status

local SPARE = 256                    -- idle workers that are kept
local PATROL = 0.5                   -- seconds after which lost workers are looked for, see rescue
local AT_ONCE = 64                   -- workers that are resumed before whoever drives them looks again
local DEEPEST = 16                   -- drivers inside of each other, before the stack of C is used up: from then on each drives its own only
local DONE, WAIT = workers.DONE, {}    -- the latter: until its job is done
local PAUSE = {}                     -- until its time has come or somebody wakes it
local READY, RUNS = {}, {}           -- other states: it is in the queue; it was resumed
local by_tag, tags = {}, 0
local idle, idle_count = false, 0    -- each followed by the next
local first, last = false, false     -- the queue of workers to resume, likewise
local depth = 0                      -- drivers inside of each other
local finished, rescued = {}, 0      -- tags of jobs; when lost workers were looked for

--- Has the worker resumed by the next driver.
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

--- Takes the first worker out of the queue; where a filter is given, the first that it is true for.
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
  pcall(worker.job.cancel, worker.job, "cancelled", "nobody waits for it any more") -- which lets go of the job, even where there is no room for the error
  worker.job, worker.state = false, RUNS
end

--- Waits for the call that was started with the worker's tag.
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

--- Waits until the entry's time has come or somebody wakes it, see cards.timers.
local function pause(worker, entry)
  entry.owner, entry.wake = worker, enqueue
  timers.add(entry)
  worker.entry, worker.state = entry, PAUSE
  yield(PAUSE)
  worker.entry = false
end

--- A worker without a task. @param body of its coroutine, called with the worker: runs its task, rests as DONE, and so on
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

--- Has a worker not resumed any more, and cancels what it waits for.
function workers.drop(worker)
  worker.dropped = true
  waiters.set(worker.thread, nil)
  by_tag[worker.tag] = nil
  if worker.entry then
    worker.entry.owner = false -- what it waits for may be far off
  end
  if worker.job then
    cancel(worker)
  end
end

--- Closes the variables of a worker that was dropped, in Lua 5.4.
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

--- Whose place it is where the caller runs: a worker and its task, or nil. Once the worker is dropped or has another task, nobody is there any more.
function workers.place()
  local worker = workers.own()
  if worker then
    return worker, worker.task
  end
end

--- Ends a worker whose coroutine raised an error, or yielded as only ours may.
local function fail(worker, yielded, what)
  if yielded then
    what = "a function given to cards.all or cards.each yielded outside of a call"
  end
  local task = worker.task
  if task then
    task.finish(task, nil, what)
    local ok, traced = pcall(traceback, what, worker.thread) -- only now: it may fail for want of memory
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

--- Resumes workers that nobody else would: those whose driver failed when it was about to, and, in a forked child, those that wait for the calls of the parent.
local function rescue()
  local now = core.now()
  if now - rescued < PATROL then
    return
  end
  rescued = now
  local nobody = not first
  for _, worker in pairs(by_tag) do
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

--- Resumes workers that can go on, else waits for jobs.
-- @param filter, argument filter(worker, argument) says which workers are driven where the stack of C has no room for all
function workers.drive(filter, argument)
  local thread, is_main = running()
  if is_main or not thread then
    depth = 0 -- whatever an error has left there
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
  local count = core.done(finished, timers.left(PATROL))
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

return workers
