--- Groups of tasks: functions that run at the same time in one thread, as coroutines. cards.all, cards.each and cards.hedge are built on them.
--
-- A task runs in a worker, see cards.async.worker, and belongs to a group. The parent of a group is the worker that waits for it, for example in a nested
-- cards.all. The parent's task knows such groups, so that they end with it.

local each = require "cards.util.each"
local finalizer = require "cards.util.finalizer"
local context = require "cards.async.context"
local waiters = require "cards.async.waiters"
local workers = require "cards.async.worker"
local can_yield = require("cards.async.yield").is_possible

local groups = {}

local yield = coroutine.yield

local SPARE = 256                   -- unused tables for tasks that are kept
local blank, blank_count = false, 0 -- these, chained by `following`
local DONE, PARK = workers.DONE, workers.PARK
local NONE = {}

local function leave(task)
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

--- Tells the functions in a worker's coroutine that have not ended. Functions of the script may be called here, which may cancel any group.
-- @param err what ended the task, nil where it was cancelled; or anything where it returned
local function drop_context(worker, err)
  if context.active > 0 then
    context.drop(worker.thread, err)
  end
end

local function wake(worker)
  if worker and worker.state == PARK then
    workers.enqueue(worker)
  end
end

--- Stores what the task's function returned, as task[1] … task[task.n].
local function finish(task, ...)
  if not task.worker then
    return -- the task was cancelled while it ran
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
  drop_context(task.worker, task[2])
  if not task.worker then
    return -- it was cancelled there
  end
  leave(task) -- the lines above may fail for lack of memory; then the task finishes a second time, with that error
  local group = task.group
  wake(group.parent)
  if group.others then
    for worker in each(group.others) do
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
    task = nil -- luacheck: ignore 311 -- so that an idle worker keeps nothing alive
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

--- A group without tasks.
-- @param iterates whether it belongs to an iterator, which several functions may call. Its parent is the worker that called last, its `others` called before
function groups.new(iterates)
  local group = {
    iterates = iterates, running = 0, members = {}, oldest = false, newest = false, count = 0, taken = 0, parent = false, others = false,
    cancel = groups.cancel,
  }
  set_parent(group, workers.own())
  return group
end

--- Starts a function as a task of a group.
-- @param given whether the function is called with the value
-- @return the task. After its end task[1] … task[task.n] are what the function returned, or nil and the error with its traceback
function groups.spawn(group, func, given, value)
  local task, at = blank, group.running + 1
  if task then
    blank, blank_count = task.following, blank_count - 1
  else -- with all its fields, so that the table never grows
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
  group.running = at -- only now, as the lines above may fail for lack of memory
  waiters.enter()
  return task
end

--- Declares that the group gets no further task.
function groups.seal() end

--- Returns a finished task for reuse. Nobody may read it afterwards.
function groups.recycle(task)
  if task.n <= 2 and blank_count < SPARE then
    task.group, task.value, task.groups, task[1], task[2] = false, false, false, false, false
    blank, task.following = task, blank
    blank_count = blank_count + 1
  end
end

--- Waits for the next finished task of a group. The caller yields to the other workers; where it cannot yield, it dispatches them.
-- @return the task, or nil when none is left
function groups.next(group)
  local parent = group.parent
  if group.iterates then
    local worker = workers.own()
    if worker ~= parent then
      if parent then
        group.others = group.others or {}
        group.others[parent] = true -- that one may still wait
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
        error("cancelled: nobody waits for it any more", 0) -- a worker that could not yield runs on to this point
      end
      return nil
    end
    if parent and can_yield() then
      parent.state = PARK
      yield(PARK)
    else
      workers.dispatch(is_within, group)
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

--- Collects the tasks of a group, after those of the groups that they wait for.
local function gather(group, left)
  for i = group.running, 1, -1 do
    local task = group.members[i]
    for inner in each(task.groups or NONE) do
      gather(inner, left)
    end
    left[#left + 1] = task
  end
end

--- Cancels the tasks of a group, with what they wait for. None of their code runs again, except that Lua 5.4 closes their variables.
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
  for _, worker in ipairs(left) do -- only now, as functions of the script are called, which may cancel any group
    drop_context(worker)
  end
  for _, worker in ipairs(left) do
    workers.close(worker)
  end
end

--- A value with a finalizer for whoever waits for the group. The group is cancelled when the value is closed, or soon after it was collected.
function groups.finalizer(group)
  local orphan = { group = group, later = false }
  return finalizer(function() waiters.orphan(orphan) end, function() groups.cancel(group) end)
end

return groups
