--- Several calls in a cqueues program, each in a coroutine of its own, while everything else goes on. Needs cqueues (Debian: lua-cqueues). Start the sandbox
-- (make sandbox) and run, with the addresses that it prints:
--     ALIX_URL=https://localhost:18441/alix CA_FILE=build/sandbox/ca.pem ALIX_ACCESS_TOKEN=alix_token_sandbox lua examples/cqueues.lua

local cards = require "cards"
local cqueues = require "cqueues"

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

--- Makes a call while the other coroutines go on; waits and returns as alix:private_info does.
local function private_info(id)
  local job = alix:start("private_info", id) -- under way from here on
  while not job:done() do
    cqueues.poll(job) -- a job is an object that cqueues can poll, like a socket
  end
  return job:result()
end

local loop, left = cqueues.new(), 0

-- The sandbox answers these ids well, late, and not at all.
for _, id in ipairs { "c_1", "c_2", "sandbox-slow_first_byte=1", "sandbox-declined" } do
  left = left + 1
  loop:wrap(function()
    local started = cqueues.monotime()
    local info, err = private_info(id)
    print(("%-28s %s after %.1f s"):format(id, info and tostring(info.cardNo) or err.kind, cqueues.monotime() - started))
    left = left - 1
  end)
end

-- A call may be given up. A poll ends when any call of the process may be done: ask again until this one is, or the time is over.
loop:wrap(function()
  local job = alix:start("private_info", "sandbox-never")
  local ends = cqueues.monotime() + 0.3
  while not job:done() and cqueues.monotime() < ends do
    cqueues.poll(job, ends - cqueues.monotime())
  end
  job:cancel()
  local _, err = job:result()
  print(("%-28s %s"):format("sandbox-never", err.kind))
end)

loop:wrap(function()
  local ticks = 0
  while left > 0 do
    cqueues.sleep(0.1)
    ticks = ticks + 1
  end
  print(ticks > 1 and "the timer went on all the while" or "the timer stood still")
end)

assert(loop:loop())
