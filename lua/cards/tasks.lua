--- Functions that run at the same time in one thread: coroutines whose calls share the VM's engine. Whoever waits for one drives it.
--
-- A task belongs to a group; the group of a nested cards.all has the lane as its parent that called it, and adds its own tasks to those that run already.
-- A task runs in a lane: a coroutine with the userdata of its calls, which serve one task after the other. (To make both for every call, and to note them in
-- tables by coroutine, cost more than the call.)

local await = require "cards.await"
local core = require "cards.core"
local traceback = require "cards.traceback"

local tasks = {}

local running, resume_thread, yield, status = coroutine.running, coroutine.resume, coroutine.yield, coroutine.status

local SPARE = 256                   -- idle lanes, and tasks, that are kept
local ways = await.ways             -- by coroutine, the lanes among them
local waiting, tags = {}, 0         -- by tag: the lane whose job is under way
local idle, blank = {}, {}          -- lanes without a task, tables for tasks
local ready, first, last = {}, 1, 0 -- lanes to resume, a queue
local DONE, PARK = {}, {}           -- what a lane yields without a task, and when it waits for other tasks

local function enqueue(lane)
  last = last + 1
  ready[last] = lane
end

local function wait(lane, job)
  lane.job = job
  waiting[lane.tag] = lane
  yield(job)
  lane.job = nil
end

--- What calls inside of a lane do.
local function call(lane, client, operation, parameters, provider)
  local box, err = core.submit(client, operation, parameters, lane.box, provider, nil, lane.tag)
  if not box then
    return box, err
  end
  lane.box = nil
  wait(lane, box)
  lane.box = box
  return box:result()
end

local function result(lane, job)
  job:submit(lane.tag)
  wait(lane, job)
  return job:result()
end

local function leave(task)
  local group = task.group
  local members, at = group.members, task.at
  local moved = members[group.running]
  members[at], moved.at = moved, at
  members[group.running] = nil
  group.running = group.running - 1
  await.active = await.active - 1
  task.lane.task = nil
  task.lane = false
end

--- Keeps what the task's function returned: task[1] … task[task.n].
local function finish(task, ...)
  local group = task.group
  leave(task)
  local n = select("#", ...)
  task.n = n
  if n <= 2 then
    task[1], task[2] = ...
  else
    for i = 1, n do
      task[i] = (select(i, ...))
    end
  end
  group.count = group.count + 1
  group.finished[group.count] = task
  local parent = group.parent
  if parent and parent.parked then
    parent.parked = false
    enqueue(parent)
  end
end

local function body(lane)
  while true do
    local task = lane.task
    if task.given then
      finish(task, task.call(task.value))
    else
      finish(task, task.call())
    end
    yield(DONE)
  end
end

local function new_lane()
  tags = tags + 1
  local lane = { is_lane = true, tag = tags, thread = coroutine.create(body), call = call, result = result }
  ways[lane.thread] = lane
  return lane
end

local function drop(lane)
  lane.dropped = true
  ways[lane.thread] = nil
end

local function resume(lane)
  if lane.dropped then
    return
  end
  local ok, what = resume_thread(lane.thread, lane)
  if what == DONE then
    if #idle < SPARE then
      idle[#idle + 1] = lane
    else
      drop(lane)
    end
  elseif what == PARK or lane.job then
    return
  elseif ok then -- a yield that is not ours: there is nobody to resume it
    finish(lane.task, nil, traceback("a function given to cards.all or cards.each yielded outside of a call", lane.thread))
    drop(lane)
  else
    finish(lane.task, nil, traceback(what, lane.thread))
    drop(lane)
  end
end

local finished = {}

--- Resumes whoever can go on, else waits for a job.
local function turn()
  if first <= last then
    local lane = ready[first]
    ready[first] = nil
    first = first + 1
    return resume(lane)
  end
  first, last = 1, 0
  for i = 1, core.done(finished, 0.5) do
    local lane = waiting[finished[i]]
    if lane then
      waiting[lane.tag] = nil
      enqueue(lane)
    end
  end
end

--- The lane that the caller runs in, or nil.
local function own_lane()
  local way = ways[running() or false]
  return way and way.is_lane and way or nil
end

--- A group without tasks. `iterates`: whoever waits for it may stand in the iterator of a for loop.
function tasks.group(iterates)
  return { parent = own_lane(), iterates = iterates, running = 0, members = {}, finished = {}, count = 0, taken = 0 }
end

--- Starts a function as a member of a group.
-- @param given whether it is called with the value
-- @return the task; when it has finished, task[1] … task[task.n] are what the function returned, or nil and what it raised with its traceback
function tasks.spawn(group, func, given, value)
  local lane = table.remove(idle) or new_lane()
  -- with all the fields that it will have, so that the table never grows
  local task = table.remove(blank) or { false, false, n = 0, index = 0, group = false, call = false, given = false, value = false, lane = false, at = 0 }
  group.running = group.running + 1
  task.group, task.call, task.given, task.value, task.lane, task.at = group, func, given, value, lane, group.running
  group.members[group.running] = task
  lane.task = task
  await.active = await.active + 1
  enqueue(lane)
  return task
end

--- Gives back a task that was taken; nobody may look at it afterwards.
function tasks.recycle(task)
  if task.n <= 2 and #blank < SPARE then
    task.group, task.call, task.value, task[1], task[2] = false, false, false, false, false
    blank[#blank + 1] = task
  end
end

--- Lua 5.1 cannot yield from the iterator of a for loop: it drives the others from there.
local yields_from_iterators = _VERSION ~= "Lua 5.1" or rawget(_G, "jit") ~= nil

--- Runs until a member of the group has finished that was not taken yet. @return it, or nil when none is left
function tasks.next(group)
  if group.iterates then
    group.parent = own_lane() -- an iterator may be handed on
  end
  while group.taken == group.count do
    if group.running == 0 then
      return nil
    end
    local parent = group.parent
    if parent and (yields_from_iterators or not group.iterates) then
      parent.parked = true
      yield(PARK)
    else
      turn()
    end
  end
  group.taken = group.taken + 1
  local task = group.finished[group.taken]
  group.finished[group.taken] = nil
  if group.taken == group.count then
    group.taken, group.count = 0, 0
  end
  return task
end

--- Cancels what the group's members wait for, and forgets them.
function tasks.abandon(group)
  for i = group.running, 1, -1 do
    local task = group.members[i]
    local lane = task.lane
    leave(task)
    drop(lane)
    if lane.job then
      waiting[lane.tag] = nil
      lane.job:cancel("cancelled", "nobody waits for it any more")
    end
    if coroutine.close and status(lane.thread) == "suspended" then
      coroutine.close(lane.thread)
    end
  end
end

return tasks
