--- Functions that run at the same time in one thread, as coroutines: what cards.all and cards.each are made of.
--
-- A task runs in a lane, see cards.async.lanes, and belongs to a group; the group of a nested cards.all has the lane as its parent that called it, and adds its own
-- tasks to those that run already. The task knows such groups, so that they end with it.

local await = require "cards.async.await"
local guard = require "cards.util.guard"
local lanes = require "cards.async.lanes"
local scope = require "cards.async.scope"
local timers = require "cards.async.timers"
local yieldable = require "cards.async.yieldable"

local tasks = {}

local yield = coroutine.yield

local SPARE = 256                   -- tables for tasks that are kept
local blank, blank_count = false, 0 -- each followed by the next
local DONE, PARK = lanes.DONE, lanes.PARK
local NONE = {}

local function leave(task)
  if scope.active > 0 then
    scope.set(task.lane.thread, nil)
  end
  local group = task.group
  local members, at = group.members, task.at
  local moved = members[group.running]
  members[at], moved.at = moved, at
  members[group.running] = nil
  group.running = group.running - 1
  await.active = await.active - 1
  task.lane.task = false
  task.lane = false
end

local function wake(lane)
  if lane and lane.state == PARK then
    lanes.enqueue(lane)
  end
end

--- Keeps what the task's function returned: task[1] … task[task.n].
local function finish(task, ...)
  if not task.lane then
    return -- it was cancelled while it ran
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
  leave(task) -- what comes before may fail for want of memory: then the task finishes once more, with that error
  local group = task.group
  wake(group.parent)
  if group.others then
    for lane in pairs(group.others) do
      wake(lane)
    end
  end
  task.call, task.following = false, false
  if group.newest then
    group.newest.following = task
  else
    group.oldest = task
  end
  group.newest = task
  group.count = group.count + 1
end
lanes.finish = finish

local function body(lane)
  while true do
    local task = lane.task
    if task.given then
      finish(task, task.call(task.value))
    else
      finish(task, task.call())
    end
    task = nil -- luacheck: ignore 311 -- an idle lane keeps nothing alive
    lane.state = DONE
    yield(DONE)
  end
end

local function is_within(lane, group)
  local task = lane.task
  while task and task.group ~= group do
    local parent = task.group.parent
    task = parent and parent.task
  end
  return task and true
end

local function set_parent(group, lane)
  local task = lane and lane.task
  group.parent = lane
  if task then
    task.groups = task.groups or setmetatable({}, { __mode = "k" })
    task.groups[group] = true
  end
end

--- A group without tasks. `iterates`: it belongs to an iterator, which may be handed on: its parent is the lane that asked last, `others` are those before.
function tasks.group(iterates)
  local group = {
    iterates = iterates, running = 0, members = {}, oldest = false, newest = false, count = 0, taken = 0, parent = false, others = false,
    later = false,
  }
  set_parent(group, lanes.own())
  return group
end

--- Starts a function as a member of a group.
-- @param given whether it is called with the value
-- @return the task; when it has finished, task[1] … task[task.n] are what the function returned, or nil and what it raised with its traceback
function tasks.spawn(group, func, given, value)
  local task, at = blank, group.running + 1
  if task then
    blank, blank_count = task.following, blank_count - 1
  else -- with all the fields that it will have, so that the table never grows
    task = {
      false, false, n = 0, index = 0, group = false, call = false, given = false, value = false, lane = false, at = 0, groups = false, following = false,
    }
  end
  group.members[at] = task
  local lane = lanes.take(body)
  if scope.active > 0 then
    scope.set(lane.thread, scope.get())
  end
  task.group, task.call, task.given, task.value, task.lane, task.at = group, func, given, value, lane, at
  lane.task = task
  lanes.enqueue(lane)
  group.running = at -- only now: what comes before may fail for want of memory
  await.active = await.active + 1
  return task
end

--- No further member comes.
function tasks.seal() end

--- Gives back a task that was taken; nobody may look at it afterwards.
function tasks.recycle(task)
  if task.n <= 2 and blank_count < SPARE then
    task.group, task.value, task.groups, task[1], task[2] = false, false, false, false, false
    blank, task.following = task, blank
    blank_count = blank_count + 1
  end
end

local function rest() end

--- As a lane's pause, where the running coroutine is none or cannot yield: drives the others meanwhile.
function tasks.pause(entry)
  entry.owner, entry.wake = entry, rest
  timers.add(entry)
  while entry.owner do
    lanes.drive(is_within, entry)
  end
end

--- Whose place it is where the caller runs: a lane and its task, or nil. Once the lane is dropped or has another task, nobody is there any more.
function tasks.place()
  local lane = lanes.own()
  if lane then
    return lane, lane.task
  end
end

--- Runs until a member of the group has finished that was not taken yet: a task by yielding to the others, or by driving them where it cannot yield.
-- @return it, or nil when none is left
function tasks.next(group)
  local parent = group.parent
  if group.iterates then
    local lane = lanes.own()
    if lane ~= parent then
      if parent then
        group.others = group.others or {}
        group.others[parent] = true -- it may wait still
        if parent.task and parent.task.groups then
          parent.task.groups[group] = nil
        end
      end
      parent = lane
      set_parent(group, lane)
    end
  end
  while group.taken == group.count do
    if group.running == 0 then
      if parent and parent.dropped then
        error("cancelled: nobody waits for it any more", 0) -- where it could not yield, it goes on to this point
      end
      return nil
    end
    if parent and yieldable() then
      parent.state = PARK
      yield(PARK)
    else
      lanes.drive(is_within, group)
    end
  end
  local task = group.oldest
  group.oldest = task.following
  group.taken = group.taken + 1
  if not group.oldest then
    group.newest, group.taken, group.count = false, 0, 0
  end
  return task
end

--- Gathers the tasks of a group, after those of the groups that they wait for.
local function gather(group, left)
  for i = group.running, 1, -1 do
    local task = group.members[i]
    for inner in pairs(task.groups or NONE) do
      gather(inner, left)
    end
    left[#left + 1] = task
  end
end

--- Ends a group and cancels what its members wait for: nothing of them runs on, but that Lua 5.4 closes their variables.
function tasks.cancel(group)
  if group.running == 0 then
    return
  end
  local left = {}
  gather(group, left)
  for i, task in ipairs(left) do
    local lane = task.lane
    left[i] = lane
    leave(task)
    lanes.drop(lane)
  end
  for _, lane in ipairs(left) do
    lanes.close(lane)
  end
end

--- Has a group cancelled before anything waits for a call again: for the collector, which comes by in the middle of anything, the lines above included.
local function forsake(group)
  group.later = await.orphans
  await.orphans = group
end

function await.sweep()
  while await.orphans do
    local group = await.orphans
    await.orphans = group.later
    local ok, why = pcall(tasks.cancel, group)
    if not ok then -- for want of memory
      forsake(group)
      error(why, 0)
    end
  end
end

--- A value to be held by whoever waits for the group: when it is closed the group is cancelled, and soon after it was collected.
function tasks.guard(group)
  return guard(function() forsake(group) end, function() tasks.cancel(group) end)
end

return tasks
