--- The same with Lua-cURL and lua-cjson, where they are installed. curl_calls.lua URL CA_FILE CALLS: prints "calls seconds cpu_seconds".
local url, ca_file, calls = arg[1], arg[2], tonumber(arg[3])
local curl = require "lcurl.safe"
local cjson = require "cjson"
local core = require "cards.core" -- for its clock only

local easy = curl.easy()
easy:setopt_httpheader { "access-token: alix_token_sandbox" }
easy:setopt_timeout(30)
if ca_file ~= "" then
  easy:setopt_cainfo(ca_file)
end

local function call(i)
  local parts = {}
  easy:setopt_url(("%s/api/v2/cards/c_%d/private-info"):format(url, i))
  easy:setopt_writefunction(function(part) parts[#parts + 1] = part return true end)
  assert(easy:perform())
  assert(easy:getinfo_response_code() == 200)
  local answer = cjson.decode(table.concat(parts))
  assert(answer.success == true and answer.data.cardNo and answer.data.cvv)
  return answer.data
end

call(-1)
local started, cpu = core.now(), os.clock()
for i = 0, calls - 1 do
  call(i)
end
print(("%d %.6f %.6f"):format(calls, core.now() - started, os.clock() - cpu))
