--- One nginx worker that answers with a masked card from its upstream: cards, and lua-resty-http + lua-cjson where RESTY_HTTP says where that is; and one that
-- answers with a sealed card.
-- nginx.lua SERVERS SANDBOX [ROUNDS]: the folders where spec/bench/servers and the sandbox have left their addresses.

local addresses = require "bench.addresses"
local burst = require "bench.burst"
local rounds = require "bench.rounds"
local worker = require "bench.worker"
local wrk = require "bench.wrk"

local BURSTS = 5 -- at most, until all connections to the upstream are open
local app, idle, count = addresses(arg[1]).APP_URL, addresses(arg[2]).HTTP_URL, tonumber(arg[3] or 9)
local RESTY = "lua-resty-http + cjson"
local cards = { name = "cards", path = "cards" }
local peers = { cards }
if (os.getenv "RESTY_HTTP" or "") ~= "" then
  table.insert(peers, 1, { name = RESTY, path = "resty" })
else
  print "\nlua-resty-http + cjson: RESTY_HTTP (the folders of lua-resty-http and lua-resty-string, with a colon between) is not given, not measured"
end

local pid = worker.pid(app)

local PAUSE = 3 -- milliseconds between two requests of a probe

--- Asks an endpoint and says what that cost the worker. `probe`: also how long other answers take meanwhile.
local function load(url, connections, seconds, probe)
  local total, loop = worker.cpu(pid)
  local finish = wrk.start(url, connections, seconds)
  local static, control
  if probe then
    os.execute "sleep 0.5" -- until all connections are open
    static = wrk.start(app .. "/static", 1, seconds - 1, PAUSE)
    control = wrk.start(idle .. "/_sandbox/ready", 1, seconds - 1, PAUSE)
    static, control = static().p99, control().p99
  end
  local result = finish()
  local total_after, loop_after = worker.cpu(pid)
  result.cpu, result.loop = (total_after - total) / result.requests * 1e6, (loop_after - loop) / result.requests * 1e6
  if probe then
    result.static, result.control, result.above = static, control, static - control
  end
  return result
end

--- Opens the connections to the upstream: as many requests at once, until all of them are answered well.
local function open(path, connections)
  for _ = 1, BURSTS do
    local _, errors = burst(tonumber(app:match "%d+$"), path, connections)
    if errors == 0 then
      return
    end
  end
end

--- A table for each scheme. `columns`: a function that returns them for one.
local function compare(title, kind, connections, seconds, probe, columns)
  for _, scheme in ipairs { "http", "https" } do
    local function path(peer) return ("/%s/%s/%s?id=c_1"):format(peer.path, scheme, kind) end
    for _, peer in ipairs(peers) do
      open(path(peer), connections)
      load(app .. path(peer), connections, 1) -- not counted
    end
    rounds.run(peers, count, function(peer) return load(app .. path(peer), connections, seconds, probe) end)
    rounds.print(("%s upstream, %s, %d rounds of %d s, medians; ratios are cards / this"):format(scheme, title, count, seconds), peers, columns(scheme))
  end
end

local function asked(text) return { "asked", asked = { [RESTY] = text } } end

--- The columns of a table of throughput, with the ratios of requests/s, CPU and event loop that are asked, where they are.
local function throughput(rate, cpu, loop)
  return {
    { "requests/s", "rate", "%.0f" },
    { "CPU µs/req", "cpu", "%.1f" },
    { "loop µs/req", "loop", "%.1f" },
    { "errors", "errors", "%.0f" },
    { "ratio req/s", "rate", ratio_of = cards }, asked(rate),
    { "ratio CPU", "cpu", ratio_of = cards }, asked(cpu),
    { "ratio loop", "loop", ratio_of = cards }, asked(loop),
  }
end

print "\nnginx: `CPU` is of all threads of the worker, `loop` of the one that runs its event loop"
compare("64 connections", "short", 64, 2, false, function(scheme)
  return throughput(scheme == "https" and "≥ 1.60" or "≥ 1.50", "≤ 0.65", "≤ 0.35")
end)
compare("64 connections, token of 800 bytes", "long", 64, 2, false, function() return throughput("≥ 1.40") end)
print "\n`static` is a location of the same worker that answers at once, asked meanwhile on one connection every 3 ms;"
print "`idle` is asked in the same way of an nginx with nothing else to do: what the machine itself adds"
compare("1,000 connections, upstream takes 50 ms", "slow", 1000, 4, true, function()
  return {
    { "requests/s", "rate", "%.0f" },
    { "p99 ms", "p99", "%.1f" },
    { "errors", "errors", "%.0f" },
    { "ratio req/s", "rate", ratio_of = cards }, asked "≥ 1.20",
    { "ratio p99", "p99", ratio_of = cards }, asked "≤ 1.00",
    { "static p99", "static", "%.2f" },
    { "idle p99", "control", "%.2f" },
    { "static - idle", "above", "%.2f" }, { "asked", asked = { [cards.name] = "≤ 3.00" } },
  }
end)
local sealed = { name = "sealed", path = "sealed" }
peers = { sealed, { name = "masked", path = "cards" } }
compare("64 connections, a card sealed for its holder (P-256) beside the masked one", "short", 64, 2, false, function()
  return {
    { "requests/s", "rate", "%.0f" },
    { "CPU µs/req", "cpu", "%.1f" },
    { "loop µs/req", "loop", "%.1f" },
    { "errors", "errors", "%.0f" },
    { "ratio req/s", "rate", ratio_of = sealed },
  }
end)
assert(worker.pid(app) == pid, "the worker died meanwhile")
