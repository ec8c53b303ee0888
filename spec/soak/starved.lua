--- How long this process was ready to run and had no processor, so that what the machine holds up is not held against the library. Linux counts it for
-- each thread.

local core = require "cards.core"

local starved = {}

local KEPT = 8192 -- samples; one for each call that ends

local files = {}
local times, waits, count = {}, {}, 0

local function find()
  local stat = io.open "/proc/self/stat"
  if not stat then return {} end
  local pid = stat:read "*l":match "^%d+"
  stat:close()
  local found = { ("/proc/%s/task/%s/schedstat"):format(pid, pid) }
  local list = io.popen(("grep -lx cards /proc/%s/task/*/comm 2>/dev/null"):format(pid))
  for path in list:lines() do found[#found + 1] = path:gsub("comm$", "schedstat") end
  list:close()
  return found
end

--- Looks for the counters of the thread that runs this and of the library's own thread, which is there after its first call. Blocks: not for while calls are
-- under way.
function starved.prepare()
  if #files < 2 then files = find() end
end

local function waited()
  local nanoseconds = 0
  for _, path in ipairs(files) do
    local file = io.open(path)
    if file then
      nanoseconds = nanoseconds + tonumber(file:read "*l":match "^%d+ (%d+)")
      file:close()
    end
  end
  return nanoseconds / 1e9
end

--- Takes a sample, and tells how long it was without a processor since a moment (of core.now) that is past, at the latest sample before it.
function starved.since(moment, now)
  local wait = waited()
  local since = wait
  if now > moment then
    for i = count, math.max(1, count - KEPT + 1), -1 do
      since = waits[i % KEPT]
      if times[i % KEPT] <= moment then break end
    end
  end
  count = count + 1
  times[count % KEPT], waits[count % KEPT] = core.now(), wait
  return wait - since
end

return starved
