--- Many calls in flight with Lua-cURL's multi and lua-cjson. curl_multi_calls.lua URL CA_FILE CALLS IN_FLIGHT: prints "calls seconds cpu_seconds".
local url, ca_file, calls, in_flight = arg[1], arg[2], tonumber(arg[3]), tonumber(arg[4])
local curl = require "lcurl.safe"
local easy = require "bench.easy"
local core = require "cards.core" -- for its clock only

local multi = curl.multi()
local handles, parts_of = {}, {}
for i = 1, in_flight do
  local handle, parts = easy.new(ca_file)
  handles[i], parts_of[handle] = handle, parts
end

local function run(count)
  local next_card, done = 0, 0

  local function start(handle)
    if next_card < count then
      easy.set_card(handle, url, next_card)
      next_card = next_card + 1
      assert(multi:add_handle(handle))
    end
  end

  --- Reads what has ended and starts the next calls. @return whether there was any
  local function collect()
    local before = done
    while true do
      local handle, ok, err = multi:info_read(true)
      if handle == 0 then
        return done > before
      end
      assert(ok, err)
      easy.answer(handle, parts_of[handle])
      done = done + 1
      start(handle)
    end
  end

  for _, handle in ipairs(handles) do
    start(handle)
  end
  while done < count do
    assert(multi:perform())
    if not collect() then
      multi:wait(1000)
    end
  end
end

run(2 * in_flight) -- opens the connections and is not counted
local started, cpu = core.now(), os.clock()
run(calls)
print(("%d %.6f %.6f"):format(calls, core.now() - started, os.clock() - cpu))
