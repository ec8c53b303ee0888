--- Sequential keep-alive calls against the sandbox: cards, a raw C program, and Lua-cURL + lua-cjson where installed, alternated in one run.
-- Prints medians, and the median of the ratios of runs that stood side by side (a machine's speed wanders from one second to the next).
-- sequential.lua RAW_PROGRAM [ROUNDS [CALLS]].

local sandbox = require "support.sandbox"
local raw, rounds, calls = arg[1], tonumber(arg[2] or 21), tonumber(arg[3] or 1000)

local lua = os.getenv "LUA_BIN" or "lua5.4"
local has_curl = os.execute(lua .. " -e 'require \"lcurl.safe\" require \"cjson\"' 2>/dev/null")
has_curl = has_curl == true or has_curl == 0

local peers = {
  { name = "raw C (libcurl + cJSON)", command = raw },
  { name = "cards", command = lua .. " spec/bench/cards_calls.lua" },
}
if has_curl then
  table.insert(peers, { name = "Lua-cURL + lua-cjson", command = lua .. " spec/bench/curl_calls.lua" })
else
  print "Lua-cURL + lua-cjson: not installed (lcurl.so is looked for in LUA_CPATH), not measured"
end

local function run(peer, url, ca_file)
  local pipe = assert(io.popen(("%s '%s' '%s' %d"):format(peer.command, url, ca_file, calls)))
  local line = pipe:read "*l"
  pipe:close()
  local done, seconds, cpu = (line or ""):match "^(%d+) (%S+) (%S+)$"
  assert(done, peer.name .. " failed")
  return calls / tonumber(seconds), tonumber(cpu) / calls * 1e6
end

local function median(list)
  table.sort(list)
  return list[math.ceil(#list / 2)]
end

for _, scheme in ipairs { "http", "https" } do
  local url = sandbox.url(scheme == "https" and "HTTPS_URL" or "HTTP_URL") .. "/alix"
  local ca_file = scheme == "https" and sandbox.url "CA_FILE" or ""
  for _, peer in ipairs(peers) do
    peer.rates, peer.cpus, peer.ratios = {}, {}, {}
  end
  for round = 1, rounds do
    local rates = {}
    for i = 1, #peers do
      local at = round % 2 == 0 and i or #peers + 1 - i
      local cpu
      rates[at], cpu = run(peers[at], url, ca_file)
      table.insert(peers[at].rates, rates[at])
      table.insert(peers[at].cpus, cpu)
    end
    for i, peer in ipairs(peers) do
      table.insert(peer.ratios, rates[2] / rates[i])
    end
  end
  print(("\n%s, sequential, keep-alive, %d rounds of %d calls, medians"):format(scheme, rounds, calls))
  print(("%-26s %10s %12s %14s"):format("", "calls/s", "CPU µs/call", "cards / this"))
  for _, peer in ipairs(peers) do
    print(("%-26s %10.0f %12.1f %14.2f"):format(peer.name, median(peer.rates), median(peer.cpus), median(peer.ratios)))
  end
end
