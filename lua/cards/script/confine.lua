--- Confined scripts: mappings, policies and definitions that are read from files.
--
-- A confined script has its own environment, without io, os, require, load, debug and all that leads out of it. It cannot reveal a secret. Its instructions,
-- CPU time and memory are limited. On Lua 5.1 and LuaJIT garbage counts as memory until it is collected, and LuaJIT interprets the script. A call of a C
-- function is not interrupted: those that a script has end within about a second.

local check = require "cards.util.check"
local core = require "cards.core"

local confine = {}

local MIB = 1024 * 1024
local MAX_TEXT = MIB -- bytes of a file

local unpack = table.unpack or unpack -- luacheck: ignore

--- The limits for loading a file, and for each call of a function in it.
local for_file = { instructions = 10000000, bytes = 32 * MIB, seconds = 2 }
local for_call = { instructions = 1000000, bytes = 8 * MIB, seconds = 1 }

-- The libraries of scripts. Each script gets copies of these tables, because it may write into them.

local strings = {}
for _, name in ipairs { "byte", "char", "format", "len", "lower", "reverse", "sub", "upper" } do
  strings[name] = string[name]
end
for _, name in ipairs { "find", "match", "gsub" } do
  strings[name] = core.bounded("match", string[name])
end
strings.rep = core.bounded("rep", string.rep)

local gmatch = core.bounded("match", string.gmatch)
strings.gmatch = gmatch

-- The methods of strings while a script runs. A script cannot reach this table.
local methods = {}
for name, call in pairs(strings) do
  methods[name] = call
end
for_file.methods, for_call.methods = methods, methods

local tables = { concat = table.concat, unpack = unpack }

local LONGEST = 4 * MIB -- elements of a list: more than the memory limit allows

--- Rejects two kinds of lists: one with a metatable belongs to this library, and Lua 5.1 would write into it; one that is too long would run for ever, as in
-- Lua 5.4 a table of a few elements can have the length 2^62.
local function check_list(list, name)
  if type(list) == "table" and getmetatable(list) ~= nil then
    error(("bad argument #1 to '%s' (it cannot be changed)"):format(name), 3)
  elseif type(list) == "table" and #list > LONGEST then
    error(("bad argument #1 to '%s' (the list is too long)"):format(name), 3)
  end
end

function tables.remove(list, ...)
  check_list(list, "remove")
  return table.remove(list, ...)
end

--- Checks the position, because Lua 5.1 moves all elements up to it, however many.
function tables.insert(list, ...)
  check_list(list, "insert")
  if select("#", ...) < 2 then
    return table.insert(list, (...))
  end
  local at, value = ...
  if type(at) ~= "number" or at % 1 ~= 0 or at < 1 or at > #list + 1 then
    error("bad argument #2 to 'insert' (position out of bounds)", 2)
  end
  return table.insert(list, at, value)
end

--- The comparison is always a Lua function, so that its instructions are counted.
function tables.sort(list, less)
  check_list(list, "sort")
  return table.sort(list, less and function(a, b) return less(a, b) end or function(a, b) return a < b end)
end

local maths = {}
for name, value in pairs(math) do
  maths[name] = name ~= "randomseed" and value or nil
end

local globals = {
  assert = assert, error = error, ipairs = ipairs, next = next, pairs = pairs, select = select, tonumber = tonumber, tostring = tostring, type = type,
  unpack = unpack,
}
local libraries = { string = strings, table = tables, math = maths, utf8 = utf8 } -- luacheck: ignore

--- The globals of Lua that a confined script does not have.
local withheld = {}
for name in pairs(_G) do
  withheld[name] = true
end
for _, name in ipairs { "arg", "bit", "bit32", "collectgarbage", "coroutine", "debug", "dofile", "ffi", "getfenv", "getmetatable", "io", "jit", "load",
  "loadfile", "loadstring", "module", "ngx", "newproxy", "os", "package", "pcall", "print", "rawequal", "rawget", "rawlen", "rawset", "require", "setfenv",
  "setmetatable",
  "utf8", "xpcall", "_G", "_ENV", "_VERSION" } do
  withheld[name] = true
end

--- Nothing is compiled while a script runs, as compiled code neither counts instructions nor uses the other methods of strings.
local interpret, compile, is_compiling
if jit then -- luacheck: ignore
  interpret, compile, is_compiling = jit.off, jit.on, jit.status -- luacheck: ignore
end

local function compile_again(...)
  compile()
  return ...
end

local function run(call, limits, ...)
  if interpret and is_compiling() then
    interpret()
    return compile_again(core.confined(call, limits, ...))
  end
  return core.confined(call, limits, ...)
end

local originals = setmetatable({}, { __mode = "k" }) -- scripts' functions, by what runs them confined
local lines = setmetatable({}, { __mode = "k" }) -- where a script's function has failed

local function raise(call, ok, ...)
  if not ok then
    lines[call] = select(2, ...)
    error((...), 0)
  end
  return ...
end

local DEEPEST = 200 -- nested tables; Lua cannot parse more

--- The function of a script that a wrapper calls, and the line of the script where it failed last; nil for other functions.
function confine.original(wrapper)
  local call = originals[wrapper]
  return call, call and lines[call]
end

--- Wraps a function of a script: every call runs confined.
function confine.wrap(call)
  if originals[call] then
    return call
  end
  local function wrapper(...)
    return raise(call, run(call, for_call, ...))
  end
  originals[wrapper] = call
  return wrapper
end

--- Wraps all functions in a table that a script made, and in the tables in it. Tables with a metatable belong to the library and are kept.
-- @param replace function(table) that returns a replacement for such a table, or nil
-- @return the table; nil where tables nest too deeply
function confine.wrap_all(made, replace, seen, depth)
  seen, depth = seen or {}, depth or 1
  if seen[made] then
    return made
  elseif depth > DEEPEST then
    return nil
  end
  seen[made] = true
  local changed = {}
  for key, value in next, made do
    if type(value) == "function" then
      changed[key] = confine.wrap(value)
    elseif type(value) == "table" and getmetatable(value) == nil then
      if not confine.wrap_all(value, replace, seen, depth + 1) then
        return nil
      end
    elseif type(value) == "table" and replace then
      changed[key] = replace(value)
    end
  end
  for key, value in pairs(changed) do
    made[key] = value
  end
  return made
end

--- The environment of one script. A global that it does not have raises an error at the line of the script.
-- @param names more globals, by name
function confine.environment(names)
  local environment, known = {}, {}
  for name, value in pairs(globals) do
    environment[name] = value
  end
  for name, library in pairs(libraries) do
    environment[name] = {}
    for key, value in pairs(library) do
      environment[name][key] = value
    end
  end
  for name, value in pairs(names or {}) do
    environment[name] = value
  end
  for name in pairs(environment) do
    known[name] = true
  end
  return setmetatable(environment, { __metatable = false, __index = function(_, name)
    if type(name) == "string" and withheld[name] then
      error(("'%s' is not available to a confined script"):format(name), 2)
    end
    error(("unknown name '%s': the nearest is '%s'"):format(check.shown(name), check.nearest(name, known)), 2)
  end })
end

--- Compiles the text of a script.
-- @param name of the file
-- @return a function; or nil and what is wrong, with the line
function confine.compile(text, name, environment)
  if #text > MAX_TEXT then
    return nil, ("%s: a script is no longer than %d bytes"):format(name, MAX_TEXT)
  elseif text:sub(1, 1) == "\27" then
    return nil, ("%s: a script is text, not bytecode"):format(name)
  end
  text = text:gsub("^\239\187\191", ""):gsub("^#", "--#")
  local chunk, wrong
  if setfenv then -- luacheck: ignore
    chunk, wrong = loadstring(text, "@" .. name) -- luacheck: ignore
    chunk = chunk and setfenv(chunk, environment) -- luacheck: ignore
  else -- by pcall: the error of a text that nests too deeply is caught here, as it has no line
    local ok
    ok, chunk, wrong = pcall(load, text, "@" .. name, "t", environment)
    if not ok then
      chunk, wrong = nil, chunk
    end
  end
  if chunk and interpret then
    interpret(chunk, true)
  end
  -- What the compiler says is a text, and there is no call to ask for its line: the text has it, but where nesting or memory is the matter.
  return chunk, wrong and (wrong:find ":%d+: " and wrong or ("%s: %s"):format(name, wrong))
end

--- Runs a compiled script. @return true and what it returned; or false and the error, with the line
function confine.run(chunk)
  return run(chunk, for_file)
end

return confine
