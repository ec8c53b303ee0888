--- Lanes: coroutines that run tasks beside each other in one thread, and whose calls share the VM's engine. Whoever waits for one drives them all.
--
-- A lane serves one task after the other, with the userdata of its calls. (To make both for every call, and to note them in tables by coroutine, cost more
-- than the call.)
--
-- Memory may be used up wherever a table grows, a function is called or a coroutine resumed, and a function given to us may catch that error and go on. So what
-- belongs together is done where nothing can fail in between: lanes are chained by a field that they have from the start, and say themselves how they rest. A
-- lane that its driver lost nevertheless is found by the next one, see rescue.

local await = require "cards.async.await"
local core = require "cards.core"
local timers = require "cards.async.timers"
local traceback = require "cards.util.traceback"

local lanes = {
  --- How a lane rests, which it notes as its state before it yields it: without a task; until a task of its own has finished.
  DONE = {}, PARK = {},
  --- finish(task, ...): set by cards.async.tasks, for tasks whose lane cannot do it.
  finish = false,
}

local running, resume_thread, yield, status = coroutine.running, coroutine.resume, coroutine.yield, coroutine.status

local SPARE = 256                    -- idle lanes that are kept
local PATROL = 0.5                   -- seconds after which lost lanes are looked for, see rescue
local DEEPEST = 16                   -- drivers inside of each other, before the stack of C is used up: from then on each drives its own only
local DONE, WAIT = lanes.DONE, {}    -- the latter: until its job is done
local PAUSE = {}                     -- until its time has come or somebody wakes it
local READY, RUNS = {}, {}           -- other states: it is in the queue; it was resumed
local ways = await.ways              -- by coroutine, the lanes among them
local by_tag, tags = {}, 0
local idle, idle_count = false, 0    -- each followed by the next
local first, last = false, false     -- the queue of lanes to resume, likewise
local depth = 0                      -- drivers inside of each other
local finished, rescued = {}, 0      -- tags of jobs; when lost lanes were looked for

--- Has the lane resumed by the next driver.
local function enqueue(lane)
  lane.state, lane.following = READY, false
  if first then
    last.following = lane
  else
    first = lane
  end
  last = lane
end
lanes.enqueue = enqueue

--- Takes the first lane out of the queue; where a filter is given, the first that it is true for.
local function dequeue(filter, argument)
  local lane, before = first, false
  while lane and filter and not filter(lane, argument) do
    lane, before = lane.following, lane
  end
  if not lane then
    return nil
  elseif before then
    before.following = lane.following
  else
    first = lane.following
  end
  if lane == last then
    last = before
  end
  lane.following = false
  return lane
end

local function cancel(lane)
  pcall(lane.job.cancel, lane.job, "cancelled", "nobody waits for it any more") -- which lets go of the job, even where there is no room for the error
  lane.job, lane.state = false, RUNS
end

--- What calls inside of a lane do.
local function call(lane, client, operation, parameters, provider)
  if lane.job then
    cancel(lane) -- an error has ended the call that waited for it: it must not wake this one
  end
  local spare = lane.box
  lane.box = false -- until its result was read: one that is not empty cannot be used again
  local job, err = core.submit(client, operation, parameters, spare or nil, provider, nil, lane.tag)
  if not job then
    lane.box = spare
    return job, err
  end
  lane.job, lane.state = job, WAIT
  yield(WAIT)
  lane.job = false
  local record
  record, err = job:result()
  lane.box = job
  if record then
    return record
  end
  return nil, err
end

local function result(lane, job)
  if lane.job then
    cancel(lane)
  end
  job:submit(lane.tag)
  lane.job, lane.state = job, WAIT
  yield(WAIT)
  lane.job = false
  return job:result()
end

--- Waits until the entry's time has come or somebody wakes it, see cards.timers.
local function pause(lane, entry)
  entry.owner, entry.wake = lane, enqueue
  timers.add(entry)
  lane.entry, lane.state = entry, PAUSE
  yield(PAUSE)
  lane.entry = false
end

--- A lane without a task. @param body of its coroutine, called with the lane: runs its task, rests as DONE, and so on
function lanes.take(body)
  local lane = idle
  if lane then
    idle, idle_count = lane.following, idle_count - 1
    return lane
  end
  lane = {
    is_lane = true, dropped = false, thread = coroutine.create(body), tag = tags + 1, state = DONE, following = false, task = false, job = false, box = false,
    entry = false, call = call, result = result, pause = pause,
  }
  tags = tags + 1
  ways[lane.thread] = lane
  by_tag[lane.tag] = lane
  return lane
end

--- Has a lane not resumed any more, and cancels what it waits for.
function lanes.drop(lane)
  lane.dropped = true
  ways[lane.thread] = nil
  by_tag[lane.tag] = nil
  if lane.entry then
    lane.entry.owner = false -- what it waits for may be far off
  end
  if lane.job then
    cancel(lane)
  end
end

--- Closes the variables of a lane that was dropped, in Lua 5.4.
function lanes.close(lane)
  if coroutine.close and status(lane.thread) ~= "normal" and status(lane.thread) ~= "running" then
    coroutine.close(lane.thread)
  end
end

--- The lane that the caller runs in, or false.
function lanes.own()
  local way = ways[running() or false]
  return way and way.is_lane and way or false
end

--- Ends a lane whose coroutine raised an error, or yielded as only ours may.
local function fail(lane, yielded, what)
  if yielded then
    what = "a function given to cards.all or cards.each yielded outside of a call"
  end
  local task = lane.task
  if task then
    lanes.finish(task, nil, what)
    local ok, traced = pcall(traceback, what, lane.thread) -- only now: it may fail for want of memory
    task[2] = ok and traced or what
  end
  lanes.drop(lane)
  lanes.close(lane)
end

local function resume(lane)
  if lane.dropped then
    return
  end
  local before = depth
  depth = before + 1
  lane.state = RUNS
  local ok, what = resume_thread(lane.thread, lane)
  depth = before
  if lane.dropped then
    return
  elseif ok and what ~= lane.state or not ok and status(lane.thread) == "dead" then
    fail(lane, ok, what)
  elseif what == DONE and idle_count < SPARE then
    idle, lane.following = lane, idle
    idle_count = idle_count + 1
  elseif what == DONE then
    lanes.drop(lane)
  end
end

--- Resumes lanes that nobody else would: those whose driver failed when it was about to, and, in a forked child, those that wait for the calls of the parent.
local function rescue()
  local now = core.now()
  if now - rescued < PATROL then
    return
  end
  rescued = now
  local nobody = not first
  for _, lane in pairs(by_tag) do
    local state, lost = lane.state, false
    if state == WAIT then
      lost = lane.job:lost()
    elseif state == RUNS or state == READY and nobody then
      local is = status(lane.thread)
      lost = is == "suspended" or is == "dead"
    end
    if lost then
      enqueue(lane)
    end
  end
end

--- Resumes a lane that can go on, else waits for jobs.
-- @param filter, argument filter(lane, argument) says which lanes are driven where the stack of C has no room for all
function lanes.drive(filter, argument)
  local thread, is_main = running()
  if is_main or not thread then
    depth = 0 -- whatever an error has left there
  end
  if await.orphans then
    await.sweep()
  end
  local lane = dequeue(depth >= DEEPEST and filter, argument)
  if lane then
    return resume(lane)
  end
  local count = core.done(finished, timers.left(PATROL))
  if count == 0 then
    rescue()
  end
  for i = 1, count do
    lane = by_tag[finished[i]]
    if lane and lane.state == WAIT then
      enqueue(lane)
    end
  end
  timers.due()
end

return lanes
