--- The CPU that the measured nginx worker has used.

local worker = {}

local function read(command)
  local pipe = assert(io.popen(command))
  local text = pipe:read "*a"
  pipe:close()
  return text
end

--- The worker's process id, from the nginx at this address.
function worker.pid(url)
  return assert(read(("curl -sSf -m 10 '%s/pid'"):format(url)):match "^%d+$", "no worker answers")
end

--- Seconds of CPU so far: of all threads, and of the one that runs the event loop.
-- schedstat counts nanoseconds, stat ticks of a hundredth of a second.
function worker.cpu(pid)
  local total, loop = 0, nil
  for thread, nanoseconds in read(("grep -H . /proc/%s/task/*/schedstat"):format(pid)):gmatch "task/(%d+)/schedstat:(%d+)" do
    total = total + nanoseconds / 1e9
    loop = thread == pid and nanoseconds / 1e9 or loop
  end
  return total, assert(loop, "the worker is gone")
end

return worker
