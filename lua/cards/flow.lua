--- Many calls at once in one thread: cards.all, cards.each, cards.fallback.
--
-- Functions run as coroutines. A call inside of one hands its job to the VM's engine and yields; whoever waits for the functions drives the engine.
-- Nested use works: an inner cards.all adds its functions to those that run already.

local check = require "cards.check"
local core = require "cards.core"

local flow = {}

local unpack = table.unpack or unpack -- luacheck: ignore
local running = coroutine.running

local tasks = setmetatable({}, { __mode = "k" }) -- coroutine -> task, while it runs
local waiting = {}                               -- key of a job -> the task that waits for it
local ready, first, last = {}, 1, 0              -- tasks to resume, a queue
local PARK = {}                                  -- what a task yields that waits for other tasks

--- Nothing of all this costs a call anything where it is not used.
flow.active = 0

local function enqueue(task)
  last = last + 1
  ready[last] = task
end

--- An error of ours stays a table, with the traceback in a field of its own; of any other a text is made.
local function with_traceback(thread, cause)
  if getmetatable(cause) == "cards.error" then
    cause.traceback = debug.traceback(thread)
    return cause
  end
  return debug.traceback(thread, tostring(cause))
end

local function finish(task, ok, ...)
  tasks[task.coroutine] = nil
  flow.active = flow.active - 1
  if ok then
    task.result = { n = select("#", ...), ... }
  else
    task.result = { n = 2, nil, with_traceback(task.coroutine, (...)) }
  end
  task.done = true
  task.group.count = task.group.count + 1
  task.group.finished[task.group.count] = task
  task.group.running = task.group.running - 1
  local parent = task.group.parent
  if parent and parent.parked then
    parent.parked = false
    enqueue(parent)
  end
end

local function resumed(task, ok, what, ...)
  if coroutine.status(task.coroutine) == "dead" then
    return finish(task, ok, what, ...)
  elseif what == PARK then
    return
  elseif task.job then
    waiting[task.job:submit()] = task
    return
  end
  -- A yield that is not ours: there is nobody to resume it.
  finish(task, false, "a function given to cards.all or cards.each yielded outside of a call")
end

local function resume(task)
  return resumed(task, coroutine.resume(task.coroutine, unpack(task.arguments, 1, task.arguments.n)))
end

--- Starts a function as a member of a group.
local function spawn(group, call, ...)
  local task = { group = group, coroutine = coroutine.create(call), arguments = { n = select("#", ...), ... } }
  tasks[task.coroutine] = task
  group.running = group.running + 1
  flow.active = flow.active + 1
  enqueue(task)
  return task
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
  local key = core.next_done(0.5)
  while key do
    local task = waiting[key]
    waiting[key] = nil
    if task then
      enqueue(task)
    end
    key = core.next_done(0)
  end
end

--- Lua 5.1 cannot yield from the iterator of a for loop: it drives the others from there.
local yields_from_iterators = _VERSION ~= "Lua 5.1" or rawget(_G, "jit") ~= nil

--- Runs until a member of the group has finished that was not taken yet. @return it, or nil when none is left
local function next_finished(group)
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

local function new_group()
  return { parent = tasks[running() or false], running = 0, finished = {}, count = 0, taken = 0 }
end

--- Waits for a job: by yielding inside of a function that cards.all or cards.each runs, else by blocking.
function flow.wait(job)
  local task = flow.active > 0 and tasks[running() or false]
  if not task then
    return job:wait()
  end
  task.job = job
  coroutine.yield(job)
  task.job = nil
end

--- Runs functions at the same time.
-- @param functions a list
-- @return for each, in its place, the packed list of what it returned; one that raised has nil and the error with its traceback
function flow.all(functions)
  if type(functions) ~= "table" then
    error("cards.all: a list of functions is expected", 2)
  end
  local group, started = new_group(), {}
  for i, call in ipairs(functions) do
    if type(call) ~= "function" then
      error(("cards.all: element %d is not a function"):format(i), 2)
    end
  end
  for i, call in ipairs(functions) do
    started[i] = spawn(group, call)
  end
  while next_finished(group) do end -- luacheck: ignore
  local results = {}
  for i, task in ipairs(started) do
    task.result.n = nil
    results[i] = task.result
  end
  return unpack(results, 1, #started)
end

--- The next value of what cards.each goes through, or nil at its end.
local function source(from)
  local mt = getmetatable(from)
  if type(from) == "function" or (type(mt) == "table" and mt.__call) then
    return from
  elseif type(from) ~= "table" then
    return nil
  end
  local at = 0
  return function()
    at = at + 1
    return from[at]
  end
end

--- Calls a function for each of many values, some at the same time.
-- @param from a list, or a function (an iterator such as io.lines returns) that returns the next value and nil at the end; read only as fast as the calls go
-- @param call function(value)
-- @param options { concurrency = 64, progress = function(done, failed) }
-- @return an iterator of index, value and what the function returned (nil and the error with its traceback where it raised), in the order in which they finish
function flow.each(from, call, options)
  local next_value = source(from)
  if not next_value then
    error("cards.each: the first argument must be a list or a function that returns one value after the other", 2)
  elseif type(call) ~= "function" then
    error("cards.each: the second argument must be a function", 2)
  end
  local wrong = options ~= nil and check.table(options, { concurrency = check.number(1, 100000, true), progress = check.callback })
  if wrong then
    error("cards.each: " .. wrong, 2)
  end
  local concurrency = options and options.concurrency or 64
  local progress = options and options.progress
  local group, index, ended, done, failed = new_group(), 0, false, 0, 0
  group.iterates = true

  local function fill()
    while not ended and group.running < concurrency do
      local value = next_value()
      if value == nil then
        ended = true
        return
      end
      index = index + 1
      local task = spawn(group, call, value)
      task.index, task.value = index, value
    end
  end

  return function()
    group.parent = tasks[running() or false]
    fill()
    local task = next_finished(group)
    if not task then
      return nil
    end
    local result = task.result
    done = done + 1
    failed = failed + ((result[1] == nil and result[2] ~= nil) and 1 or 0)
    if progress then
      progress(done, failed)
    end
    return task.index, task.value, unpack(result, 1, result.n)
  end
end

--- Tries one function after the other: the next one only after an error that may pass (err.retryable).
-- @param functions a list
-- @return what the first that succeeded returned, or nil and the last error; an error that is raised goes through
function flow.fallback(functions)
  if type(functions) ~= "table" or type(functions[1]) ~= "function" then
    error("cards.fallback: a list of functions is expected", 2)
  end
  local value, err
  for _, call in ipairs(functions) do
    value, err = call()
    if value ~= nil or type(err) ~= "table" or not err.retryable then
      return value, err
    end
  end
  return nil, err
end

return flow
