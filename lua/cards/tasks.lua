--- Functions that run at the same time in one thread: coroutines whose calls share the VM's engine. Whoever waits for one drives it.
--
-- A task belongs to a group; the group of a nested cards.all has the task as its parent that called it, and adds its own to those that run already.

local await = require "cards.await"
local core = require "cards.core"
local traceback = require "cards.traceback"

local tasks = {}

local unpack = table.unpack or unpack -- luacheck: ignore
local running = coroutine.running

local current = setmetatable({}, { __mode = "k" }) -- coroutine -> task, while it runs
local waiting, unused, tags = {}, {}, 0            -- tag of a job -> the task that waits for it; tags to use again; how many there are
local ready, first, last = {}, 1, 0                -- tasks to resume, a queue
local PARK = {}                                    -- what a task yields that waits for other tasks

local function enqueue(task)
  last = last + 1
  ready[last] = task
end

--- The way in which calls of a task wait.
local function yield(job)
  local task = current[running()]
  task.job = job
  coroutine.yield(job)
  task.job = nil
  return job:result()
end

local function leave(task)
  current[task.coroutine] = nil
  await.set(task.coroutine, nil)
  task.group.live[task] = nil
  task.group.running = task.group.running - 1
end

local function finish(task, ok, ...)
  local group = task.group
  leave(task)
  task.result = ok and { n = select("#", ...), ... } or { n = 2, nil, traceback((...), task.coroutine) }
  group.count = group.count + 1
  group.finished[group.count] = task
  if group.parent and group.parent.parked then
    group.parent.parked = false
    enqueue(group.parent)
  end
end

local function submit(task)
  local tag = table.remove(unused)
  if not tag then
    tags = tags + 1
    tag = tags
  end
  waiting[tag] = task
  task.tag = tag
  task.job:submit(tag)
end

local function resumed(task, ok, what, ...)
  if coroutine.status(task.coroutine) == "dead" then
    return finish(task, ok, what, ...)
  elseif what == PARK then
    return
  elseif task.job then
    return submit(task)
  end
  -- A yield that is not ours: there is nobody to resume it.
  finish(task, false, "a function given to cards.all or cards.each yielded outside of a call")
end

local function resume(task)
  if task.group.live[task] then
    return resumed(task, coroutine.resume(task.coroutine, unpack(task.arguments, 1, task.arguments.n)))
  end
end

--- Resumes whoever can go on, else waits for a job.
local function turn()
  if first <= last then
    local task = ready[first]
    ready[first] = nil
    first = first + 1
    return resume(task)
  end
  first, last = 1, 0
  local tag = core.next_done(0.5)
  while tag do
    local task = waiting[tag]
    waiting[tag] = nil
    unused[#unused + 1] = tag
    if task then
      task.tag = nil
      enqueue(task)
    end
    tag = core.next_done(0)
  end
end

--- A group without tasks. `iterates`: whoever waits for it may stand in the iterator of a for loop.
function tasks.group(iterates)
  return { parent = current[running() or false], iterates = iterates, running = 0, live = {}, finished = {}, count = 0, taken = 0 }
end

--- Starts a function as a member of a group. @return the task, whose `result` is set when it has finished
function tasks.spawn(group, call, ...)
  local task = { group = group, coroutine = coroutine.create(call), arguments = { n = select("#", ...), ... } }
  current[task.coroutine] = task
  await.set(task.coroutine, yield)
  group.live[task] = true
  group.running = group.running + 1
  enqueue(task)
  return task
end

--- Lua 5.1 cannot yield from the iterator of a for loop: it drives the others from there.
local yields_from_iterators = _VERSION ~= "Lua 5.1" or rawget(_G, "jit") ~= nil

--- Runs until a member of the group has finished that was not taken yet. @return it, or nil when none is left
function tasks.next(group)
  if group.iterates then
    group.parent = current[running() or false] -- an iterator may be handed on
  end
  while group.taken == group.count do
    if group.running == 0 then
      return nil
    end
    local parent = group.parent
    if parent and (yields_from_iterators or not group.iterates) then
      parent.parked = true
      coroutine.yield(PARK)
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
  for task in pairs(group.live) do
    if task.tag then
      waiting[task.tag] = nil
      unused[#unused + 1] = task.tag
      task.job:cancel("cancelled", "nobody waits for it any more")
    end
    leave(task)
    if coroutine.close and coroutine.status(task.coroutine) == "suspended" then
      coroutine.close(task.coroutine)
    end
  end
end

return tasks
