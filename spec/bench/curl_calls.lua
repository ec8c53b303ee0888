--- The same with Lua-cURL and lua-cjson, where they are installed. curl_calls.lua URL CA_FILE CALLS: prints "calls seconds cpu_seconds".
local url, ca_file, calls = arg[1], arg[2], tonumber(arg[3])
local easy = require "bench.easy"
local core = require "cards.core" -- for its clock only

local handle, parts = easy.new(ca_file)

local function call(i)
  easy.set_card(handle, url, i)
  assert(handle:perform())
  return easy.answer(handle, parts)
end

call(-1)
local started, cpu = core.now(), os.clock()
for i = 0, calls - 1 do
  call(i)
end
print(("%d %.6f %.6f"):format(calls, core.now() - started, os.clock() - cpu))
