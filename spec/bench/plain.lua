--- Plain Lua over kept connections: cards, raw C programs, and Lua-cURL + lua-cjson where installed, one call after the other and 64 in flight.
-- plain.lua PROGRAMS SERVERS [ROUNDS]: the folders of the C programs and of the light upstream, which is not what limits 64 in flight.

local addresses = require "bench.addresses"
local rounds = require "bench.rounds"
local programs, servers = arg[1], addresses(arg[2])
local count = tonumber(arg[3] or 9)

local lua = os.getenv "LUA_BIN" or "lua5.4"
local has_curl = os.execute(lua .. " -e 'require \"lcurl.safe\" require \"cjson\"' 2>/dev/null")
has_curl = has_curl == true or has_curl == 0
if not has_curl then
  print "Lua-cURL + lua-cjson: not installed (lcurl.so is looked for in LUA_CPATH), not measured"
end

local RAW, CURL = "raw C (libcurl + cJSON)", "Lua-cURL + lua-cjson"

local function peers_of(raw, curl_calls)
  local peers = {
    { name = RAW, command = programs .. "/" .. raw },
    { name = "cards", command = lua .. " spec/bench/cards_calls.lua" },
    { name = "C prototype of the wire", command = programs .. "/connect_only" },
  }
  if has_curl then
    table.insert(peers, { name = CURL, command = lua .. " spec/bench/" .. curl_calls })
  end
  return peers
end

local function run(peer, url, ca_file, calls, in_flight)
  local pipe = assert(io.popen(("%s '%s' '%s' %d %d"):format(peer.command, url, ca_file, calls, in_flight)))
  local line = pipe:read "*l"
  pipe:close()
  local seconds, cpu = (line or ""):match "^%d+ (%S+) (%S+)$"
  assert(seconds, peer.name .. " failed")
  return { rate = calls / tonumber(seconds), cpu = tonumber(cpu) / calls * 1e6 }
end

--- A table for each scheme. `asked`: for each scheme what `cards / this` has to be, by the name of the other.
local function compare(what, peers, upstream, times, calls, in_flight, asked)
  for _, scheme in ipairs { "http", "https" } do
    -- by the same name, whichever of the two it is
    local url = upstream[scheme == "https" and "HTTPS_URL" or "HTTP_URL"]:gsub("//[^:]*", "//" .. servers.NAME) .. "/alix"
    local ca_file = scheme == "https" and upstream.CA_BUNDLE or ""
    rounds.run(peers, times, function(peer) return run(peer, url, ca_file, calls, in_flight) end)
    rounds.print(("%s, %s, keep-alive, %d rounds of %d calls, medians"):format(scheme, what, times, calls), peers, {
      { "calls/s", "rate", "%.0f" },
      { "CPU µs/call", "cpu", "%.1f" },
      { "cards / this", "rate", ratio_of = peers[2] },
      { "asked", asked = asked[scheme] },
    })
  end
end

local one_by_one = { [RAW] = "≥ 1.25", [CURL] = "≥ 1.15" }
compare("sequential", peers_of("raw", "curl_calls.lua"), servers, 2 * count + 3, 1000, 1, { http = one_by_one, https = one_by_one })
compare("64 in flight", peers_of("raw_multi", "curl_multi_calls.lua"), servers, count, 20000, 64, {
  http = { [RAW] = "≥ 1.30", [CURL] = "≥ 1.50" },
  https = { [RAW] = "≥ 1.70", [CURL] = "≥ 1.80" },
})
