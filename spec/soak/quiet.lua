--- A quiet moment after calls, and what a process holds then.

local sandbox = require "support.sandbox"

local quiet = {}

local function contents(path)
  local file = io.open(path)
  if not file then return "" end
  local text = file:read "*a"
  file:close()
  return text
end

--- Has the sandbox let go of every connection that waits for a next request: its workers are replaced.
function quiet.hang_up()
  local pid = contents(sandbox.url "PID_FILE"):match "%d+"
  assert(os.execute("kill -HUP " .. pid), "the sandbox is gone")
end

function quiet.sleep(seconds) require("cqueues").sleep(seconds) end

-- Not the pipe of the command itself: of that the process that looks at itself has one end, and the other one until popen comes to closing it.
local COUNT = [[own=$(readlink /proc/$$/fd/1); find /proc/%s/fd -type l -printf '%%l\n' | grep -cvxF "$own"]]

--- { descriptors, kib } of a process.
function quiet.look(pid)
  pid = pid == "self" and contents "/proc/self/stat":match "^%d+" or pid
  local list = io.popen(COUNT:format(pid))
  local descriptors = tonumber(list:read "*l")
  list:close()
  return { descriptors = descriptors, kib = tonumber(contents(("/proc/%s/status"):format(pid)):match "VmRSS:%s*(%d+)") }
end

--- Lets libcurl find out that its idle connections have ended; it looks once a second, when a call begins.
-- @param calls a function that makes some
function quiet.settle(calls)
  quiet.hang_up()
  for _ = 1, 3 do
    quiet.sleep(1.1)
    calls()
  end
end

return quiet
