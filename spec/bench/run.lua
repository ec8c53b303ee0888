--- `cards run` against cards.each with an empty function, over the same kept connections.
-- run.lua SERVERS [ROUNDS [ROWS]]: the folder of the light upstream.

local addresses = require "bench.addresses"
local new_batch = require "bench.batch"
local rounds = require "bench.rounds"

local url, count, rows = addresses(arg[1]).HTTP_URL, tonumber(arg[2] or 3), tonumber(arg[3] or 200000)
local batch = new_batch(url, rows)

local function run_each()
  local pipe = assert(io.popen(("%s spec/bench/cards_calls.lua %s/alix '' %d 64"):format(os.getenv "LUA_BIN" or "lua5.4", url, rows)))
  local seconds, cpu = pipe:read "*l":match "^%d+ (%S+) (%S+)$"
  pipe:close()
  return { rate = rows / tonumber(seconds), cpu = tonumber(cpu) / rows * 1e6 }
end

local peers = { { name = "cards.each", call = run_each }, { name = "cards run", call = batch.run } }
rounds.run(peers, count, function(peer) return peer.call() end)
rounds.print(("http, 64 in flight, %d rounds of %d rows, medians"):format(count, rows), peers, {
  { "calls/s", "rate", "%.0f" },
  { "CPU µs/call", "cpu", "%.1f" },
})
print(("cards run: %.2f of cards.each; at most %.1f MiB of memory"):format(rounds.ratio(peers[2], peers[1], "rate"), rounds.median(peers[2], "peak")))
batch.remove()
