--- Resident memory per call in flight: what the process has grown by while so many calls wait for an answer. Includes the call's connection and coroutine.
-- memory.lua SERVERS SCHEME [CALLS]

local addresses = require "bench.addresses"
local cards = require "cards"
local ASKED = { http = 16, https = 72 } -- KiB at most
local servers, scheme, calls = addresses(arg[1]), arg[2], tonumber(arg[3] or 1000)

local function client(path)
  return cards.alix.new {
    base_url = servers[scheme == "https" and "HTTPS_URL" or "HTTP_URL"] .. path, insecure_http = true, access_token = "alix_token_sandbox",
    tls = scheme == "https" and { ca_file = servers.CA_BUNDLE } or nil,
  }
end

--- KiB of the process, and of them in Lua's heap.
local function resident()
  for line in io.lines "/proc/self/status" do
    local kib = line:match "^VmRSS:%s*(%d+) kB"
    if kib then
      return tonumber(kib), collectgarbage "count"
    end
  end
end

local late, marker = client "/after/8000ms", client "/after/4000ms"
assert(client "":private_info "c_1") -- what is there once is not counted
collectgarbage()
local before, lua_before = resident()
local during, lua_during
local answered = 0

local functions = {}
for i = 1, calls do
  functions[i] = function()
    assert(late:private_info("c_" .. i))
    answered = answered + 1
  end
end
functions[calls + 1] = function()
  assert(marker:private_info "c_0")
  assert(answered == 0)
  during, lua_during = resident()
end
local results = { cards.all(functions) }
for _, result in ipairs(results) do
  assert(not result[2], result[2])
end
print(("memory per call in flight, %s, of %d: %.1f KiB (asked: ≤ %d), %.1f of them in Lua"):format(scheme, calls, (during - before) / calls, ASKED[scheme],
  (lua_during - lua_before) / calls))
