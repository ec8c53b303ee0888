--- `cards run` against cards.each with an empty function, over the same kept connections.
-- run.lua SERVERS [ROUNDS [ROWS]]: the folder of the light upstream.

local addresses = require "bench.addresses"
local rounds = require "bench.rounds"

local servers, count, rows = addresses(arg[1]), tonumber(arg[2] or 3), tonumber(arg[3] or 200000)
local lua = os.getenv "LUA_BIN" or "lua5.4"
local url = servers.HTTP_URL .. "/alix"

local folder = os.tmpname()
os.remove(folder)
os.execute("mkdir " .. folder)

local function write(name, text)
  local file = assert(io.open(folder .. "/" .. name, "wb"))
  file:write(text)
  file:close()
  return folder .. "/" .. name
end

local ids = {}
for i = 1, rows do
  ids[i] = "c_" .. i - 1
end
local input = write("ids.csv", "id\n" .. table.concat(ids, "\n") .. "\n")
local flow = write("flow.lua", ([[
local cards = require "cards"
local alix = cards.alix.new { base_url = %q, insecure_http = true, access_token = "alix_token_sandbox" }
return function(row) return alix:private_info(row.id) end
]]):format(url))

local function run_each()
  local pipe = assert(io.popen(("%s spec/bench/cards_calls.lua %s '' %d 64"):format(lua, url, rows)))
  local seconds, cpu = pipe:read "*l":match "^%d+ (%S+) (%S+)$"
  pipe:close()
  return { rate = rows / tonumber(seconds), cpu = tonumber(cpu) / rows * 1e6 }
end

local measured = write("measured.lua", [[
local core, cli = require "cards.core", require "cards.cli"
local began, cpu = core.now(), os.clock()
local status = cli(arg)
local seconds = core.now() - began
local peak
for line in io.lines "/proc/self/status" do
  peak = line:match "^VmHWM:%s*(%d+)" or peak
end
print(status, seconds, os.clock() - cpu, peak)
]])

local function run_rows()
  local output = folder .. "/out"
  os.execute(("rm -f %s*"):format(output))
  local pipe = assert(io.popen(("%s %s run %s --in %s --out %s"):format(lua, measured, flow, input, output)))
  local status, seconds, cpu, peak = (pipe:read "*l" or ""):match "^(%d+)%s(%S+)%s(%S+)%s(%S+)$"
  pipe:close()
  assert(status == "0", "cards run failed")
  return { rate = rows / tonumber(seconds), cpu = tonumber(cpu) / rows * 1e6, peak = tonumber(peak) / 1024 }
end

local peers = { { name = "cards.each", call = run_each }, { name = "cards run", call = run_rows } }
rounds.run(peers, count, function(peer) return peer.call() end)
rounds.print(("http, 64 in flight, %d rounds of %d rows, medians"):format(count, rows), peers, {
  { "calls/s", "rate", "%.0f" },
  { "CPU µs/call", "cpu", "%.1f" },
})
print(("cards run: %.2f of cards.each; at most %.1f MiB of memory"):format(rounds.ratio(peers[2], peers[1], "rate"), rounds.median(peers[2], "peak")))
os.execute("rm -rf " .. folder)
