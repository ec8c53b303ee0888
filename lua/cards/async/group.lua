--- Functions that run at the same time in one thread, as coroutines: what cards.all and cards.each are made of.
--
-- A task runs in a worker, see cards.async.worker, and belongs to a group; the group of a nested cards.all has the worker as its parent that called it,
-- and adds its own
-- tasks to those that run already. The task knows such groups, so that they end with it.

local finalizer = require "cards.util.finalizer"
local context = require "cards.async.context"
local waiters = require "cards.async.waiters"
local workers = require "cards.async.worker"
local can_yield = require("cards.async.yield").is_possible

local groups = {}

local yield = coroutine.yield

local SPARE = 256                   -- tables for tasks that are kept
local blank, blank_count = false, 0 -- each followed by the next
local DONE, PARK = workers.DONE, workers.PARK
local NONE = {}

local function leave(task)
  if context.active > 0 then
    context.set(task.worker.thread, nil)
  end
  local group = task.group
  local members, at = group.members, task.at
  local moved = members[group.running]
  members[at], moved.at = moved, at
  members[group.running] = nil
  group.running = group.running - 1
  waiters.leave()
  task.worker.task = false
  task.worker = false
end

local function wake(worker)
  if worker and worker.state == PARK then
    workers.enqueue(worker)
  end
end

--- Keeps what the task's function returned: task[1] … task[task.n].
local function finish(task, ...)
  if not task.worker then
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
    for worker in pairs(group.others) do
      wake(worker)
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

local function body(worker)
  while true do
    local task = worker.task
    if task.given then
      finish(task, task.call(task.value))
    else
      finish(task, task.call())
    end
    task = nil -- luacheck: ignore 311 -- an idle worker keeps nothing alive
    worker.state = DONE
    yield(DONE)
  end
end

local function is_within(worker, group)
  local task = worker.task
  while task and task.group ~= group do
    local parent = task.group.parent
    task = parent and parent.task
  end
  return task and true
end

local function set_parent(group, worker)
  local task = worker and worker.task
  group.parent = worker
  if task then
    task.groups = task.groups or setmetatable({}, { __mode = "k" })
    task.groups[group] = true
  end
end

--- A group without tasks. `iterates`: it belongs to an iterator, which may be handed on: its parent is the worker that asked last, `others` are those before.
function groups.new(iterates)
  local group = {
    iterates = iterates, running = 0, members = {}, oldest = false, newest = false, count = 0, taken = 0, parent = false, others = false,
    later = false, cancel = groups.cancel,
  }
  set_parent(group, workers.own())
  return group
end

--- Starts a function as a member of a group.
-- @param given whether it is called with the value
-- @return the task; when it has finished, task[1] … task[task.n] are what the function returned, or nil and what it raised with its traceback
function groups.spawn(group, func, given, value)
  local task, at = blank, group.running + 1
  if task then
    blank, blank_count = task.following, blank_count - 1
  else -- with all the fields that it will have, so that the table never grows
    task = {
      false, false, n = 0, index = 0, group = false, call = false, given = false, value = false, worker = false, at = 0, groups = false, following = false,
      finish = finish,
    }
  end
  group.members[at] = task
  local worker = workers.take(body)
  if context.active > 0 then
    context.set(worker.thread, context.get())
  end
  task.group, task.call, task.given, task.value, task.worker, task.at = group, func, given, value, worker, at
  worker.task = task
  workers.enqueue(worker)
  group.running = at -- only now: what comes before may fail for want of memory
  waiters.enter()
  return task
end

--- No further member comes.
function groups.seal() end

--- Gives back a task that was taken; nobody may look at it afterwards.
function groups.recycle(task)
  if task.n <= 2 and blank_count < SPARE then
    task.group, task.value, task.groups, task[1], task[2] = false, false, false, false, false
    blank, task.following = task, blank
    blank_count = blank_count + 1
  end
end

--- Runs until a member of the group has finished that was not taken yet: a task by yielding to the others, or by driving them where it cannot yield.
-- @return it, or nil when none is left
function groups.next(group)
  local parent = group.parent
  if group.iterates then
    local worker = workers.own()
    if worker ~= parent then
      if parent then
        group.others = group.others or {}
        group.others[parent] = true -- it may wait still
        if parent.task and parent.task.groups then
          parent.task.groups[group] = nil
        end
      end
      parent = worker
      set_parent(group, worker)
    end
  end
  while group.taken == group.count do
    if group.running == 0 then
      if parent and parent.dropped then
        error("cancelled: nobody waits for it any more", 0) -- where it could not yield, it goes on to this point
      end
      return nil
    end
    if parent and can_yield() then
      parent.state = PARK
      yield(PARK)
    else
      workers.drive(is_within, group)
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
function groups.cancel(group)
  if group.running == 0 then
    return
  end
  local left = {}
  gather(group, left)
  for i, task in ipairs(left) do
    local worker = task.worker
    left[i] = worker
    leave(task)
    workers.drop(worker)
  end
  for _, worker in ipairs(left) do
    workers.close(worker)
  end
end

--- A value to be held by whoever waits for the group: when it is closed the group is cancelled, and soon after it was collected.
function groups.finalizer(group)
  return finalizer(function() waiters.orphan(group) end, function() groups.cancel(group) end)
end

return groups
