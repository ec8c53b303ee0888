--- What counting for cards.metrics() costs of a call, the two measured in turn; and what asking for the text costs.
-- metrics.lua PROGRAMS SERVERS [ROUNDS]: the folders of the C programs and of the light upstream.

local addresses = require "bench.addresses"
local cards = require "cards"
local rounds = require "bench.rounds"

local programs, servers, count = arg[1], addresses(arg[2]), tonumber(arg[3] or 9)
local lua = os.getenv "LUA_BIN" or "lua5.4"
local CALLS, COUNTED, TEXTS = 20000, 2000000, 1000

--- CPU of one of so many, in µs, of a program that prints "count seconds cpu_seconds".
local function cpu_of(command, times)
  local pipe = assert(io.popen(command))
  local cpu = (pipe:read "*l" or ""):match "^%d+ %S+ (%S+)$"
  pipe:close()
  return { cpu = assert(tonumber(cpu), command .. " failed") / times * 1e6 }
end

local function call(scheme)
  local url, ca_file = servers[scheme:upper() .. "_URL"] .. "/alix", scheme == "https" and servers.CA_BUNDLE or ""
  return function() return cpu_of(("%s spec/bench/cards_calls.lua '%s' '%s' %d 64"):format(lua, url, ca_file, CALLS), CALLS) end
end

local counting = { name = "counting it", measure = function() return cpu_of(("%s/counts %d"):format(programs, COUNTED), COUNTED) end }
local peers = { { name = "a call, http", measure = call "http" }, { name = "a call, https", measure = call "https" }, counting }
rounds.run(peers, count, function(peer) return peer.measure() end)
rounds.print(("metrics: %d rounds of %d calls, 64 in flight, medians; counting is at most 3 %% of a call"):format(count, CALLS), peers, {
  { "CPU µs", "cpu", "%.3f" },
})
for _, peer in ipairs { peers[1], peers[2] } do
  print(("counting: %.2f %% of %s"):format(100 * rounds.ratio(counting, peer, "cpu"), peer.name))
end

cards.alix.new({ base_url = servers.HTTP_URL .. "/alix", insecure_http = true, access_token = "alix_token_sandbox" }):private_info "c_1"
local began = os.clock()
for _ = 1, TEXTS do
  cards.metrics.prometheus()
end
print(("cards.metrics.prometheus() of one operation: %.0f µs"):format((os.clock() - began) / TEXTS * 1e6))
