--- Many calls at once: cards.all, cards.each, cards.fallback. The functions run as coroutines, inside of nginx as light threads.

local async = require "cards.async"
local check = require "cards.util.check"

local flow, groups = {}, async.group

local unpack = table.unpack or unpack -- luacheck: ignore

local ONCE = { true }

--- Has a function interpreted: machine code that LuaJIT makes of the calls of an iterator would hold it for ever, and with it what it runs.
local interpret = rawget(_G, "jit") and jit.off or function() end -- luacheck: ignore

--- For a loop that is gone through once, whose fourth value Lua 5.4 closes however it ends. (Lua 5.1 mistranslates four that are written out.)
local function once(guarded)
  return next, ONCE, nil, guarded
end

--- An error at the line that called the caller where something is no list of functions: nothing of it may be passed over.
local function check_list(functions, what)
  if type(functions) ~= "table" then
    error(("%s: a list of functions is expected"):format(what), 3)
  end
  local count = 0
  while check.is_callable(functions[count + 1]) do
    count = count + 1
  end
  for key in next, functions do
    if type(key) == "number" and not (key >= 1 and key <= count and key % 1 == 0) then
      error(("%s: element %d is not a function"):format(what, count + 1), 3)
    elseif type(key) ~= "number" and key ~= "n" then -- as table.pack sets it
      error(("%s: a list of functions is expected"):format(what), 3)
    end
  end
  return count
end

--- Runs functions at the same time.
-- @param functions a list
-- @return for each, in its place, the packed list of what it returned; one that raised has nil and the error with its traceback
function flow.all(functions)
  local count = check_list(functions, "cards.all")
  if not pcall(unpack, functions, 1, count) then
    error(("cards.all: a call of this Lua cannot return the results of %d functions: cards.each takes any number"):format(count), 2)
  end
  async.check("cards.all", 2)
  local group, started = groups.new(), {}
  -- An error may end the wait, such as Ctrl-C does; a request of nginx that ends takes its light threads with it.
  local abandoned = groups.finalizer(group)
  for _ in once(abandoned) do
    for i = 1, count do
      started[i] = groups.spawn(group, functions[i], false)
    end
    while groups.next(group) do end -- luacheck: ignore
  end
  local results = {}
  for i, task in ipairs(started) do
    results[i] = { unpack(task, 1, task.n) }
  end
  return unpack(results, 1, count)
end

--- The next value of what cards.each goes through, or nil at its end.
local function source(from)
  local mt = getmetatable(from)
  if type(from) == "function" or (type(mt) == "table" and mt.__call) then -- a userdata, too
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

local each_options = { concurrency = check.number(1, 100000, true), progress = check.callback }

--- Calls a function for each of many values, some at the same time. A loop that is left early cancels the calls that are under way: in Lua 5.4 at once, else
-- with the next call of the library after its iterator was collected; inside of nginx the functions that run go on to their end, and their request with them.
-- @param from a list, or a function (an iterator such as io.lines returns) that returns the next value and nil at the end; read only as fast as the calls go
-- @param call function(value)
-- @param options { concurrency = 64, progress = function(done, failed, total, ended) }; total is nil unless `from` is a list; ended is true in the last call
-- @return an iterator of index, value and what the function returned (nil and the error with its traceback where it raised), in the order in which they finish
function flow.each(from, call, options)
  local next_value = source(from)
  if not next_value then
    error("cards.each: the first argument must be a list or a function that returns one value after the other", 2)
  end
  local wrong = check.callable(call, "the second argument")
    or (options ~= nil and (type(options) ~= "table" and "the options must be a table" or check.table(options, each_options)))
  if wrong then
    error("cards.each: " .. wrong, 2)
  end
  async.check("cards.each", 2)
  local concurrency = options and options.concurrency or 64
  local progress = options and options.progress
  local total = type(from) == "table" and next_value ~= from and #from or nil
  local group, index, exhausted, done, failed = groups.new(true), 0, false, 0, 0
  local abandoned = groups.finalizer(group)

  local function fill()
    while not exhausted and group.running + group.count - group.taken < concurrency do
      local value = next_value()
      if value == nil then
        exhausted = true
        groups.seal(group)
        return
      end
      index = index + 1
      local task = groups.spawn(group, call, true, value)
      task.index, task.value = index, value
    end
  end

  local function iterate()
    local task
    repeat -- where several take from it, another one may have taken the last that ran
      fill()
      task = groups.next(group)
    until task or exhausted
    if not task then
      if progress and abandoned then
        progress(done, failed, total, true)
      end
      abandoned = nil
      return nil
    end
    done = done + 1
    if task[1] == nil and task[2] ~= nil then
      failed = failed + 1
    end
    if progress then
      progress(done, failed, total, false)
    end
    local at, value, n = task.index, task.value, task.n
    if n <= 2 then
      local first, second = task[1], task[2]
      groups.recycle(task)
      return at, value, first, second
    end
    return at, value, unpack(task, 1, n)
  end
  interpret(iterate)
  return iterate, nil, nil, not newproxy and abandoned or nil -- luacheck: ignore
end

--- Tries one function after the other: the next one only after an error that may pass (err.retryable).
-- @param functions a list
-- @return what the first that succeeded returned, or nil and the last error; an error that is raised goes through
function flow.fallback(functions)
  if check_list(functions, "cards.fallback") == 0 then
    error("cards.fallback: a list of functions is expected", 2)
  end
  local function try(at, ...)
    local value, err = ...
    local call = functions[at + 1]
    if value ~= nil or type(err) ~= "table" or not err.retryable or not call then
      return ...
    end
    return try(at + 1, call())
  end
  local call = functions[1]
  return try(1, call())
end

return flow
