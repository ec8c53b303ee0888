--- 1,000 requests at once to an nginx worker that has made no call yet, each of which needs a TLS connection of its own to the upstream: seconds until the last
-- one is answered. nginx_cold.lua SERVERS [ROUNDS]

local addresses = require "bench.addresses"
local burst = require "bench.burst"
local rounds = require "bench.rounds"
local worker = require "bench.worker"

local servers, count = arg[1], tonumber(arg[2] or 9)
local app = addresses(servers).APP_URL
local REQUESTS = 1000
local RESTY = "lua-resty-http + cjson"
local cards = { name = "cards", path = "cards" }
local peers = { cards }
if (os.getenv "RESTY_HTTP" or "") ~= "" then
  table.insert(peers, 1, { name = RESTY, path = "resty" })
end

local function measure(peer)
  local done = os.execute(("spec/bench/servers fresh '%s'"):format(servers))
  assert(done == true or done == 0, "nginx does not start")
  local pid = worker.pid(app)
  local seconds, errors = burst(tonumber(app:match "%d+$"), ("/%s/https/cold?id=c_1"):format(peer.path), REQUESTS)
  return { seconds = seconds, errors = errors, cpu = worker.cpu(pid) / REQUESTS * 1e3 }
end

rounds.run(peers, count, measure)
rounds.print(("https upstream, %d requests at once to an nginx just started, none of them over a kept connection, %d rounds, medians"):format(REQUESTS, count),
  peers, {
    { "s to the last", "seconds", "%.2f" },
    { "CPU ms/req", "cpu", "%.2f" },
    { "errors", "errors", "%.0f" },
    { "cards / this", "seconds", ratio_of = cards }, { "asked", asked = { [RESTY] = "≤ 1.00" } },
    { "ratio CPU", "cpu", ratio_of = cards },
  })
