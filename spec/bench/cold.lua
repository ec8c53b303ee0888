--- What the first calls of a process cost over TLS, with a CA file of a system's size: 64 at once, each on a connection of its own, and one.
-- cold.lua SERVERS [ROUNDS]: the folder of the light upstream.

local addresses = require "bench.addresses"
local rounds = require "bench.rounds"

local servers, count = addresses(arg[1]), tonumber(arg[2] or 9)
local lua = os.getenv "LUA_BIN" or "lua5.4"

local function read(command)
  local pipe = assert(io.popen(command))
  local text = pipe:read "*a"
  pipe:close()
  return text
end

--- Connections that the upstream has accepted, this question's own one among them.
local function accepted()
  return tonumber((read(("curl -sSf -m 10 '%s/status'"):format(servers.HTTP_URL)):match "requests%s+(%d+)"))
end

local function measure(peer)
  local before = accepted()
  local line = read(("%s spec/bench/cold_calls.lua '%s' '%s' %d"):format(lua, servers.HTTPS_URL .. peer.path, servers.CA_BUNDLE, peer.calls))
  local connections = accepted() - before - 1
  local seconds, cpu, kib = line:match "^(%S+) (%S+) (%S+)\n$"
  assert(seconds, "the calls failed")
  return { connections = connections, cpu = tonumber(cpu) / connections * 1e3, kib = tonumber(kib) / connections, wall = tonumber(seconds) * 1e3 }
end

-- The 64 are answered late, so that none gets the connection of another.
local many = { name = "64 calls at once", path = "/after/4000ms", calls = 64 }
local one = { name = "one call", path = "/alix", calls = 1 }

rounds.run({ many, one }, count, measure)
rounds.print(("https, the first calls of a process, CA file of 145 certificates, %d rounds, medians"):format(count), { many, one }, {
  { "connections", "connections", "%.0f" },
  { "CPU ms/conn", "cpu", "%.1f" }, { "asked", asked = { [many.name] = "≤ 3" } },
  { "KiB/conn", "kib", "%.0f" }, { "asked", asked = { [many.name] = "≤ 90" } },
  { "ms until done", "wall", "%.1f" }, { "asked", asked = { [one.name] = "< 60" } },
})
print "(the 64 are answered after 4 s)"
