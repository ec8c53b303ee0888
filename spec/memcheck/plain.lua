--- Plain Lua as the target: a process of its own for each row, fed through pipes.

local program = require "support.program"
local sandbox = require "support.sandbox"

local plain = {}

local quote = program.quote
local root = program.shell "pwd":match "^[^\n]*"
plain.root = root

local function absolute(path) return path:sub(1, 1) == "/" and path or root .. "/" .. path end

local build = absolute(sandbox.directory()):match "^(.*)/[^/]+/?$"

local target = {}
target.__index = target

--- Makes a pipe for each secret: { name = bytes }. Its writer waits until the target reads, and no longer than a minute for one that never does.
function plain.feed(folder, given)
  local writers = {}
  for name, text in pairs(given) do
    assert(os.execute("mkfifo -m 600 " .. quote(folder .. "/" .. name)))
    writers[#writers + 1] = ("printf %%s %s >%s &"):format(quote(text), quote(folder .. "/" .. name))
  end
  if #writers > 0 then os.execute(("timeout 60 sh -c %s </dev/null >/dev/null 2>&1 &"):format(quote(table.concat(writers, "\n") .. "\nwait"))) end
end

function plain.contents(path)
  local file = assert(io.open(path, "rb"))
  local text = file:read "a"
  file:close()
  return text
end

--- Makes an empty folder for a target.
function plain.clear(folder) os.execute(("rm -rf %s && mkdir -p -m 700 %s"):format(quote(folder), quote(folder))) end

--- Starts a command as the target, with the folder for its pipes.
-- @param command a shell command
-- @param lua whose modules it finds
-- @param given { name = bytes for a pipe }
-- @param exports { name = value } for its environment
function plain.run(command, lua, given, folder, exports)
  local lines = {}
  for name, text in pairs(exports or {}) do lines[#lines + 1] = ("export %s=%s"):format(name, quote(text)) end
  plain.feed(folder, given)
  assert(os.execute("mkfifo -m 600 " .. quote(folder .. "/in")))
  local self = setmetatable({ folder = folder, output = "" }, target)
  self.pipe = io.popen(([[
cd %s && ulimit -c unlimited 2>/dev/null
export LUA_PATH='%s/lua/?.lua;%s/lua/?/init.lua;%s/spec/?.lua;;' LUA_CPATH='%s/%s/?.so;%s/memcheck/%s/?.so;;' CARDS_SANDBOX=%s
%s
exec <in; rm -f in; echo $$
exec %s 2>&1]]):format(quote(folder), root, root, root, build, lua, build, lua, quote(absolute(sandbox.directory())), table.concat(lines, "\n"), command))
  self.control = assert(io.open(folder .. "/in", "w")) -- waits for it
  self.control:setvbuf "no"
  self.pid = assert(tonumber(self.pipe:read "l"))
  return self
end

--- The Lua of the rows, and its program.
plain.lua = os.getenv "MEMCHECK_LUA" or "5.4"
local interpreter = plain.lua == "luajit" and quote(build .. "/luajit/host") or "lua" .. plain.lua

--- Starts the target of a row.
-- @param marked what markers.of returned
function plain.start(row, marked, folder)
  local given, exports = {}, {}
  for name, text in pairs(marked.given) do given[name] = text end
  if marked.key then given.private_key = plain.contents(marked.key) end
  exports.MEMCHECK_URL = marked.url
  if row.environment then
    exports.MEMCHECK_SECRET = given[row.environment]
    given[row.environment] = nil
  end
  plain.clear(folder)
  for name, file_name in pairs(row.files or {}) do
    local file = assert(io.open(folder .. "/" .. file_name, "w"))
    file:write(given[name], "\n")
    file:close()
    given[name] = nil
  end
  local command = ("%s %s/spec/memcheck/target.lua %d %s %s"):format(interpreter, root, row.number, quote(folder), row.way == "parameter" and "-" or marked.id)
  return plain.run(command, plain.lua, given, folder, exports)
end

--- Waits until a process waits for its standard input, its system call then has 0 as its first argument, and its other threads are at rest.
local function wait_for_read(pid)
  repeat
    local threads = program.shell(("cat /proc/%d/task/*/syscall"):format(pid))
  until threads:find "^%d+ 0x0 " and not threads:find "running"
end

--- Waits until the target has come to a stage, and waits in `read` itself.
function target:reach(name)
  for line in self.pipe:lines() do
    if line == "stage " .. name then
      return wait_for_read(self.pid)
    end
    self.output = self.output .. line .. "\n"
  end
  self.control:close()
  self.pipe:close()
  error(("the target ended before it was %s: %s"):format(name, self.output), 0)
end

function target:go_on() self.control:write "go on\n" end

--- Waits for the end.
function target:finish()
  self.control:close()
  self.output = self.output .. self.pipe:read "a"
  return self.pipe:close()
end

--- Why no core dump can be had here, or nil.
function plain.no_core()
  local pattern = plain.contents "/proc/sys/kernel/core_pattern":match "^[^\n]*"
  if pattern:find "[|/]" then return "kernel.core_pattern is " .. pattern end
  local limit = program.shell "ulimit -c unlimited 2>&1; ulimit -c"
  if not limit:find "^unlimited" then return "ulimit -c is limited" end
end

--- Has the kernel dump the target's core. @return its path
function target:abort()
  os.execute(("kill -ABRT %d"):format(self.pid))
  self:finish()
  return plain.core_in(self.folder)
end

--- The core dump that the kernel left in a folder.
function plain.core_in(folder)
  local path = program.shell(("ls -1 %s/*core* 2>/dev/null"):format(quote(folder))):match "^(/[^\n]+)"
  return path or error("there is no core dump", 0)
end

return plain
