--- So many calls at once, the first ones of their process. cold_calls.lua URL CA_FILE CALLS: prints "seconds cpu_seconds peak_kib", all from before the client
-- is made.
local url, ca_file, calls = arg[1], arg[2], tonumber(arg[3])
local cards = require "cards"
local core = require "cards.core"

--- KiB that the process had resident at most.
local function peak()
  for line in io.lines "/proc/self/status" do
    local kib = line:match "^VmHWM:%s*(%d+) kB"
    if kib then
      return tonumber(kib)
    end
  end
end

collectgarbage()
local before, started, cpu = peak(), core.now(), os.clock()
local alix = cards.alix.new { base_url = url, access_token = "alix_token_sandbox", tls = { ca_file = ca_file } }
local functions = {}
for i = 1, calls do
  functions[i] = function() return alix:private_info("c_" .. i) end
end
for _, result in ipairs { cards.all(functions) } do
  assert(result[1], result[2])
end
print(("%.6f %.6f %d"):format(core.now() - started, os.clock() - cpu, peak() - before))
