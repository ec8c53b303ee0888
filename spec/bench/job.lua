--- A job in Redis: `cards feed`, and `cards work` in two processes against `cards run`, over the same rows and the same kept connections.
-- job.lua SERVERS [ROUNDS [ROWS]]: the folder of the light upstream.

local addresses = require "bench.addresses"
local new_batch = require "bench.batch"
local redis = require "support.redis"
local rounds = require "bench.rounds"

local WORKERS = 2

local count, rows = tonumber(arg[2] or 3), tonumber(arg[3] or 200000)
local batch = new_batch(addresses(arg[1]).HTTP_URL, rows)
local server = redis.start()

--- Seconds of CPU that Redis has used.
local function redis_cpu()
  local user, system = server.cli "INFO cpu":match "used_cpu_sys:(%S+).-used_cpu_user:(%S+)"
  return tonumber(user) + tonumber(system)
end

local function work_rows()
  local url = server.url "bench"
  server.cli "FLUSHALL"
  local before = redis_cpu()
  local feeding, feed_cpu = batch.start(("feed --in %s --to %s --backlog %d"):format(batch.input, url, rows))()
  local fed = redis_cpu()
  local workers, longest, cpu, peak = {}, 0, 0, 0
  for i = 1, WORKERS do
    workers[i] = batch.start(("work %s --from %s"):format(batch.flow, url))
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
  local run, work = { name = "cards run", call = batch.run }, { name = WORKERS .. " x cards work", call = work_rows }
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
batch.remove()
assert(ok, why)
