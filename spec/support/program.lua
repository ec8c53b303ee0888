--- Lua programs in a process of their own: the same interpreter, paths and sandbox as the spec that starts them.

local finalizer = require "cards.util.finalizer"

local program = {}

local function quote(text)
  return "'" .. text:gsub("'", "'\\''") .. "'"
end
program.quote = quote

--- Which Lua this is: "5.1", "5.3", "5.4" or "luajit".
program.lua = os.getenv "LUA_NAME" or _VERSION:match "%d%.%d"

--- Whether valgrind looks on, under which everything takes some twenty times as long.
program.watched = (os.getenv "LD_PRELOAD" or ""):find "valgrind" ~= nil

--- A new file with this content that anybody may read; the caller removes it.
function program.file(content)
  local path = os.tmpname()
  local file = assert(io.open(path, "wb"))
  file:write(content)
  file:close()
  os.execute("chmod 644 " .. quote(path))
  return path
end

local function environment(variables)
  local words = {}
  for name, value in pairs(variables or {}) do
    words[#words + 1] = name .. "=" .. quote(value)
  end
  return #words > 0 and "env " .. table.concat(words, " ") .. " " or ""
end

--- The standard output of a shell command, and its exit status (128 and more for a signal). Errors go with the output.
function program.shell(command)
  local pipe = io.popen("( " .. command .. "\n) 2>&1; echo status $?")
  local text = pipe:read "*a"
  pipe:close()
  local output, status = text:match "^(.*)status (%d+)%s*$"
  return output, tonumber(status)
end

--- Runs Lua source to its end.
-- @param source text
-- @param options { env = variables, prefix = "a command that runs the interpreter", interpreter options = "-l x" }
-- @return output, status
function program.run(source, options)
  options = options or {}
  local path = program.file(source)
  local command = ("%s%s %s %s"):format(environment(options.env), options.prefix or "", assert(os.getenv "LUA_BIN", "LUA_BIN is not set"), path)
  local output, status = program.shell(command)
  os.remove(path)
  return output, status
end

--- When a process began, by Linux's /proc; nil where none has that id.
local function began_of(pid)
  local file = io.open(("/proc/%d/stat"):format(pid))
  local text = file and file:read "*a"
  if file then
    file:close()
  end
  return (text or ""):match("^.*%) [^ZX]" .. (" %S+"):rep(18) .. " (%d+)")
end

--- A process that runs: { pid, runs(), signal(name) }. What has its id later is another one, and gets no signal.
function program.process(pid)
  local process, began = { pid = pid }, began_of(pid)

  function process.runs()
    return began ~= nil and began_of(pid) == began
  end

  function process.signal(name)
    if process.runs() then
      program.shell(("kill -%s %d"):format(name, pid))
    end
  end

  return process
end

--- Starts a command and leaves it running. Where a spec fails that would have ended it, it is killed before the collector closes its pipe, which waits for it.
-- @param words for `env`: its options, variables, the program and its arguments
-- @return a process, with said(), what it has written so far, until it is finished; and a function that waits for its end and returns what it wrote and its
-- status
local function launch(words)
  local path = os.tmpname()
  -- A job in the background ignores SIGINT, and so would its children.
  local pipe = io.popen(("sh -c %s; echo status $?"):format(quote(("echo $$; exec env --default-signal=INT %s >%s 2>&1"):format(words, path))))
  local process = program.process(assert(tonumber(pipe:read "*l")))
  process.left = finalizer(function()
    process.signal "KILL"
    os.remove(path)
  end)

  function process.said()
    local file = assert(io.open(path, "rb"))
    local text = file:read "*a"
    file:close()
    return text
  end

  return process, function()
    local status = tonumber(pipe:read "*a":match "status (%d+)")
    pipe:close()
    local output = process.said()
    os.remove(path)
    return output, status
  end
end

--- Starts a program that stays, and whose words may be read meanwhile.
-- @param words as for launch
-- @return { pid, runs(), signal(name), said(), finish(signal) }; finish sends the signal, if any, waits for the end and returns the status
function program.stay(words)
  local process, wait = launch(words)

  function process.finish(signal)
    if signal then
      process.signal(signal)
    end
    return (select(2, wait()))
  end

  return process
end

--- Starts Lua source and leaves it running.
-- @param variables for its environment, or nil
-- @return { pid = …, runs(), signal(name), said(), finish() }; finish waits for the end and returns output, status
function program.start(source, variables)
  local path = program.file(source)
  local process, wait = launch(environment(variables) .. os.getenv "LUA_BIN" .. " " .. path)

  function process.finish()
    local output, status = wait()
    os.remove(path)
    return output, status
  end

  return process
end

--- Calls `condition` until it returns something true, which is returned; an error after a minute.
-- @param sleep such as cards.sleep, where others have to go on meanwhile
function program.wait_for(what, condition, sleep)
  local ends = os.time() + 60
  repeat
    local value = condition()
    if value then
      return value
    end
    if sleep then sleep(0.02) else program.shell "sleep 0.02" end
  until os.time() > ends
  error("waited in vain for " .. what, 2)
end

return program
