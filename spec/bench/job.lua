--- A job in Redis: `cards feed`, and `cards work` in two processes against `cards run`, over the same rows and the same kept connections.
-- job.lua SERVERS [ROUNDS [ROWS]]: the folder of the light upstream.

local addresses = require "bench.addresses"
local redis = require "support.redis"
local rounds = require "bench.rounds"

local WORKERS = 2

local servers, count, rows = addresses(arg[1]), tonumber(arg[2] or 3), tonumber(arg[3] or 200000)
local lua = os.getenv "LUA_BIN" or "lua5.4"

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
]]):format(servers.HTTP_URL .. "/alix"))

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

--- Starts a command. @return a function that waits for its end and returns its seconds, those of CPU, and its most KiB
local function start(arguments)
  local pipe = assert(io.popen(("%s %s %s 2>%s/said"):format(lua, measured, arguments, folder)))
  return function()
    local status, seconds, cpu, peak = (pipe:read "*l" or ""):match "^(%d+)%s(%S+)%s(%S+)%s(%S+)$"
    pipe:close()
    if status ~= "0" then
      error("it failed: " .. arguments .. ": " .. io.open(folder .. "/said"):read "*a")
    end
    return tonumber(seconds), tonumber(cpu), tonumber(peak)
  end
end

local server = redis.start()

--- Seconds of CPU that Redis has used.
local function redis_cpu()
  local user, system = server.cli "INFO cpu":match "used_cpu_sys:(%S+).-used_cpu_user:(%S+)"
  return tonumber(user) + tonumber(system)
end

local function run_rows()
  local output = folder .. "/out"
  os.execute(("rm -f %s*"):format(output))
  local seconds, cpu, peak = start(("run %s --in %s --out %s"):format(flow, input, output))()
  return { rate = rows / seconds, cpu = cpu / rows * 1e6, peak = peak / 1024 }
end

local function work_rows()
  local url = server.url "bench"
  server.cli "FLUSHALL"
  local before = redis_cpu()
  local feeding, feed_cpu = start(("feed --in %s --to %s --backlog %d"):format(input, url, rows))()
  local fed = redis_cpu()
  local workers, longest, cpu, peak = {}, 0, 0, 0
  for i = 1, WORKERS do
    workers[i] = start(("work %s --from %s"):format(flow, url))
  end
  for _, finish in ipairs(workers) do
    local seconds, own, most = finish()
    longest, cpu, peak = math.max(longest, seconds), cpu + own, math.max(peak, most)
  end
  return {
    rate = rows / longest, cpu = cpu / rows * 1e6, peak = peak / 1024, redis = (redis_cpu() - fed) / rows * 1e6, feed = rows / feeding,
    feed_cpu = feed_cpu / rows * 1e6, feed_redis = (fed - before) / rows * 1e6,
  }
end

local ok, why = pcall(function()
  local run, work = { name = "cards run", call = run_rows }, { name = WORKERS .. " x cards work", call = work_rows }
  rounds.run({ run, work }, count, function(peer) return peer.call() end)
  rounds.print(("http, 64 in flight each, %d rounds of %d rows, medians"):format(count, rows), { run, work }, {
    { "calls/s", "rate", "%.0f" },
    { "CPU µs/row", "cpu", "%.1f" },
    { "MiB", "peak", "%.1f" },
  })
  print(("cards work: %.2f of cards run (asked: 0.8); Redis %.1f µs of CPU a row"):format(rounds.ratio(work, run, "rate"), rounds.median(work, "redis")))
  print(("cards feed: %.0f rows/s (asked: 100000), %.1f µs of CPU a row, Redis %.1f µs"):format(rounds.median(work, "feed"), rounds.median(work, "feed_cpu"),
    rounds.median(work, "feed_redis")))
end)
redis.stop_all()
os.execute("rm -rf " .. folder)
assert(ok, why)
