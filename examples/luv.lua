--- Several calls in a program on libuv. Needs luv (Debian: lua-luv). Start the sandbox (make sandbox) and run, with the addresses that it prints:
--     ALIX_URL=https://localhost:18441/alix CA_FILE=build/sandbox/ca.pem ALIX_ACCESS_TOKEN=alix_token_sandbox lua examples/luv.lua

local cards = require "cards"
local uv = require "luv"

local token, failure = cards.secret.from_env "ALIX_ACCESS_TOKEN" -- never a Lua string
if not token then
  error(tostring(failure), 0)
end

local alix = cards.alix.new {
  base_url = assert(os.getenv "ALIX_URL", "set ALIX_URL"),
  access_token = token,
  tls = { ca_file = os.getenv "CA_FILE" }, -- only for the sandbox, which has a CA of its own
  timeout = 5,
}

-- All jobs of a process share one descriptor, and libuv takes a descriptor once: so one handle serves them all, and while there is none it rests.
local waiting = {} -- job -> what to call with its result
local poll, timer

local function look()
  local done = {}
  for job in pairs(waiting) do
    if job:done() then
      done[#done + 1] = job
    end
  end
  for _, job in ipairs(done) do
    local callback = waiting[job]
    waiting[job] = nil
    callback(job:result()) -- it may start another call
  end
  if not next(waiting) then
    poll:stop()
    timer:stop()
  end
end

--- Calls back with the record, or nil and an error.
local function private_info(id, callback)
  local job = alix:start("private_info", id)
  poll = poll or uv.new_poll(job:pollfd())
  timer = timer or uv.new_timer()
  waiting[job] = callback
  poll:start(job:events(), look)
  timer:start(1000, 1000, look) -- job:timeout() is never more than a second: ask that often even where nothing was readable
  return job
end

-- The sandbox answers these ids well, late, and not at all.
for _, id in ipairs { "c_1", "c_2", "sandbox-slow_first_byte=1", "sandbox-declined" } do
  local started = uv.hrtime()
  private_info(id, function(info, err)
    print(("%-28s %s after %.1f s"):format(id, info and tostring(info.cardNo) or err.kind, (uv.hrtime() - started) / 1e9))
  end)
end

local never = private_info("sandbox-never", function(_, err) print(("%-28s %s"):format("sandbox-never", err.kind)) end)
local ticks, clock = 0, uv.new_timer()
clock:start(100, 100, function()
  ticks = ticks + 1
  if ticks == 3 then
    never:cancel() -- it is done then
    look()
  elseif not next(waiting) then
    clock:close()
    print "the timer went on all the while"
  end
end)

uv.run()
