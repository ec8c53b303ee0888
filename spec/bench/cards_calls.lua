--- Sequential calls with cards. cards_calls.lua URL CA_FILE CALLS: prints "calls seconds cpu_seconds".
local url, ca_file, calls = arg[1], arg[2], tonumber(arg[3])
local cards = require "cards"
local core = require "cards.core"

local alix = cards.alix.new {
  base_url = url, insecure_http = true, access_token = "alix_token_sandbox", tls = ca_file ~= "" and { ca_file = ca_file } or nil,
}

assert(alix:private_info "c_-1") -- opens the connection and is not counted
local started, cpu = core.now(), os.clock()
for i = 0, calls - 1 do
  local info, err = alix:private_info("c_" .. i)
  if not info then
    error(err)
  end
end
print(("%d %.6f %.6f"):format(calls, core.now() - started, os.clock() - cpu))
