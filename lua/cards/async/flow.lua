--- cards.all, cards.each and cards.fallback: many calls at the same time. The functions run as coroutines, in nginx as light threads.

local async = require "cards.async"
local check = require "cards.util.check"

local flow, groups = {}, async.group

local unpack = table.unpack or unpack -- luacheck: ignore

local ONCE = { true }

--- Excludes a function from compilation: machine code that LuaJIT makes of calls of an iterator would keep the iterator and its tasks alive for ever.
local interpret = rawget(_G, "jit") and jit.off or function() end -- luacheck: ignore

--- The values of a for loop with one iteration. Lua 5.4 closes the fourth one however the loop ends. (Lua 5.1 miscompiles four values that are written out.)
local function once(finalizer)
  return next, ONCE, nil, finalizer
end

--- The length of a list of functions. Raises an error at the line that called the caller for anything else, so that no element is ignored.
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
-- @return for each function, in order, a table of what it returned. For one that raised an error the table is { nil, the error with its traceback }
function flow.all(functions)
  local count = check_list(functions, "cards.all")
  if not pcall(unpack, functions, 1, count) then
    error(("cards.all: a call of this Lua cannot return the results of %d functions: cards.each takes any number"):format(count), 2)
  end
  async.check("cards.all", 2)
  local group, started = groups.new(), {}
  -- An error such as that of Ctrl-C may end the wait. (In nginx the light threads end with their request.)
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

--- A function that returns the next value for cards.each, and nil at the end; nil where there can be none.
local function source(from)
  local mt = getmetatable(from)
  if type(from) == "function" or (type(mt) == "table" and mt.__call) then -- of a userdata, too
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

--- Whether a table has values, but none where a list begins.
local function is_no_list(from)
  local key = next(from)
  if key == "n" then -- as table.pack sets it
    key = next(from, key)
  end
  return key ~= nil and from[1] == nil
end

local each_options = { concurrency = check.number(1, 100000, true), progress = check.callback }

--- Calls a function for each of many values, several at the same time.
--
-- A loop that is left early cancels the calls under way. Lua 5.4 does so at once, other Luas with the first call of the library after the iterator was
-- collected. In nginx the running functions continue to their end, and keep their request until then.
-- @param from a list, or a function that returns the next value and nil at the end, such as an iterator of io.lines. It is called only when a call can begin;
--   where several functions go through the iterator, by any of them, also while it waits for something
-- @param call function(value)
-- @param options { concurrency = 64, progress = function(done, failed, total, ended) }: progress is called after each call. total is nil unless `from` is a
--   list; ended is true in the last call of it
-- @return an iterator of index, value and what the function returned, in the order in which the calls finish. For a function that raised an error that is nil
--   and the error with its traceback
function flow.each(from, call, options)
  local next_value = source(from)
  if not next_value then
    error("cards.each: the first argument must be a list or a function that returns one value after the other", 2)
  elseif next_value ~= from and is_no_list(from) then
    error("cards.each: the list has nothing at 1: a table by names is given as a list of its keys or values", 2)
  end
  check.argument("cards.each", check.callable(call, "the second argument") or options ~= nil and check.options(options, each_options))
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
    repeat -- another function that iterates may have taken the last task
      fill()
      task = groups.next(group)
    until task or exhausted
    if not task then
      local is_first = abandoned
      abandoned = nil
      if progress and is_first then
        progress(done, failed, total, true)
      end
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

--- Calls functions one after the other until one succeeds. The next one is only called after a retryable error.
-- @param functions a list
-- @return what the first successful function returned, or nil and the last error. An error that a function raises is passed on
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
