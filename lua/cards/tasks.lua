--- Functions that run at the same time in one thread: coroutines whose calls share the VM's engine. Whoever waits for one drives it.
--
-- A task belongs to a group; the group of a nested cards.all has the lane as its parent that called it, and adds its own tasks to those that run already.
-- The task knows such groups, so that they end with it.
-- A task runs in a lane: a coroutine with the userdata of its calls, which serve one task after the other. (To make both for every call, and to note them in
-- tables by coroutine, cost more than the call.)

local await = require "cards.await"
local core = require "cards.core"
local traceback = require "cards.traceback"
local yieldable = require "cards.yieldable"

local tasks = {}

local running, resume_thread, yield, status = coroutine.running, coroutine.resume, coroutine.yield, coroutine.status

local SPARE = 256                   -- idle lanes, and tasks, that are kept
local ways = await.ways             -- by coroutine, the lanes among them
local waiting, tags = {}, 0         -- by tag: the lane whose job is under way
local idle, blank = {}, {}          -- lanes without a task, tables for tasks
local ready, first, last = {}, 1, 0 -- lanes to resume, a queue
for i = 1, 64 do ready[i] = false end -- room for all that core.done returns at once: a lane that is lost for want of memory is waited for without end
for i = 1, 64 do ready[i] = nil end
local DONE, PARK = {}, {}           -- what a lane yields without a task, and when it waits for other tasks

local function enqueue(lane)
  ready[last + 1] = lane
  last = last + 1
end

local function wait(lane, job)
  waiting[lane.tag] = lane -- first, as it may fail for want of memory: then the lane waits for nothing
  lane.job = job
  yield(job)
  lane.job = false
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
  if not task.lane then
    return -- it was abandoned while it ran
  end
  local n = select("#", ...)
  task.n = n
  if n <= 2 then
    task[1], task[2] = ...
  else
    for i = 1, n do
      task[i] = (select(i, ...))
    end
  end
  group.finished[group.count + 1] = task -- what may fail for want of memory comes first: then the task finishes once more, with that error
  group.count = group.count + 1
  leave(task)
  task.call = false
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
    task = nil -- luacheck: ignore 311 -- an idle lane keeps nothing alive
    yield(DONE)
  end
end

local function new_lane()
  tags = tags + 1
  local lane = { is_lane = true, tag = tags, thread = coroutine.create(body), call = call, result = result, job = false }
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
  local task = lane.task
  local ok, what = resume_thread(lane.thread, lane)
  if lane.dropped then
    return
  elseif what == DONE then
    if #idle < SPARE then
      idle[#idle + 1] = lane
    else
      drop(lane)
    end
  elseif what == PARK or lane.job then
    return
  elseif ok then -- a yield that is not ours: there is nobody to resume it
    finish(task, nil, traceback("a function given to cards.all or cards.each yielded outside of a call", lane.thread))
    drop(lane)
  else
    finish(task, nil, traceback(what, lane.thread))
    drop(lane)
  end
end

local finished = {}

local function is_within(lane, group)
  local task = lane.task
  while task and task.group ~= group do
    local parent = task.group.parent
    task = parent and parent.task
  end
  return task ~= nil
end

--- Takes the first lane out of the queue; where a group is given, the first whose task is its member or was called by one.
local function dequeue(group)
  for i = first, last do
    local lane = ready[i]
    if not group or is_within(lane, group) then
      for j = i, first + 1, -1 do
        ready[j] = ready[j - 1]
      end
      ready[first] = nil
      first = first + 1
      return lane
    end
  end
end

--- In a forked child the calls of the parent never end: those who wait for them learn so.
local function resume_lost()
  for tag, lane in pairs(waiting) do
    if lane.job:lost() then
      waiting[tag] = nil
      enqueue(lane)
    end
  end
end

--- Resumes whoever can go on, else waits for a job. @param group nil, or the only one whose tasks are resumed
local function turn(group)
  local next_lane = dequeue(group)
  if next_lane then
    return resume(next_lane)
  elseif first > last then
    first, last = 1, 0
  end
  local count = core.done(finished, 0.5)
  if count == 0 then
    resume_lost()
  end
  for i = 1, count do
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

local function set_parent(group, lane)
  local task = lane and lane.task
  group.parent = lane
  if task then
    task.groups = task.groups or setmetatable({}, { __mode = "k" })
    task.groups[group] = true
  end
end

--- A group without tasks. `iterates`: it belongs to an iterator, which may be handed on.
function tasks.group(iterates)
  local group = { iterates = iterates, running = 0, members = {}, finished = {}, count = 0, taken = 0 }
  set_parent(group, own_lane())
  return group
end

--- Starts a function as a member of a group.
-- @param given whether it is called with the value
-- @return the task; when it has finished, task[1] … task[task.n] are what the function returned, or nil and what it raised with its traceback
function tasks.spawn(group, func, given, value)
  local lane = table.remove(idle) or new_lane()
  -- with all the fields that it will have, so that the table never grows
  local task = table.remove(blank) or {
    false, false, n = 0, index = 0, group = false, call = false, given = false, value = false, lane = false, at = 0, groups = false,
  }
  local at = group.running + 1
  task.group, task.call, task.given, task.value, task.lane, task.at = group, func, given, value, lane, at
  lane.task = task
  group.members[at] = task
  enqueue(lane)
  group.running = at -- only now: what grows a table may fail for want of memory
  await.active = await.active + 1
  return task
end

--- No further member comes.
function tasks.seal() end

--- Gives back a task that was taken; nobody may look at it afterwards.
function tasks.recycle(task)
  if task.n <= 2 and #blank < SPARE then
    task.group, task.value, task.groups, task[1], task[2] = false, false, false, false, false
    blank[#blank + 1] = task
  end
end

local DEEPEST = 16 -- drivers inside of each other, before the stack of C is used up: from then on each drives its own only
local depth = 0

--- Drives the others where the running coroutine cannot yield to them, or is no task.
local function drive(group)
  local thread, is_main = running()
  local before = depth
  depth = (is_main or not thread) and 1 or depth + 1
  turn(depth > DEEPEST and group or nil)
  depth = before
end

--- Runs until a member of the group has finished that was not taken yet: a task by yielding to the others, or by driving them where it cannot yield.
-- @return it, or nil when none is left
function tasks.next(group)
  local parent = group.parent
  if group.iterates then
    local lane = own_lane()
    if lane ~= parent then
      if parent and parent.task and parent.task.groups then
        parent.task.groups[group] = nil
      end
      parent = lane
      set_parent(group, lane)
    end
  end
  while group.taken == group.count do
    if group.running == 0 then
      return nil
    end
    if parent and yieldable() then
      parent.parked = true
      yield(PARK)
    else
      drive(group)
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

--- Cancels what a group's members wait for, with the groups that they wait for, and forgets them. @param left gets their lanes, the inner ones first
local function forget(group, left)
  for i = group.running, 1, -1 do
    local task = group.members[i]
    local lane = task.lane
    for inner in pairs(task.groups or {}) do
      forget(inner, left)
    end
    if lane.job then
      waiting[lane.tag] = nil
      lane.job:cancel("cancelled", "nobody waits for it any more")
      lane.job = false
    end
    leave(task)
    drop(lane)
    left[#left + 1] = lane
  end
end

--- Ends a group: nothing of its members runs on, but that Lua 5.4 closes their variables.
function tasks.abandon(group)
  local left = {}
  forget(group, left)
  for _, lane in ipairs(coroutine.close and left or {}) do
    if status(lane.thread) == "suspended" then
      coroutine.close(lane.thread)
    end
  end
end

return tasks
