--- Calls with cards. cards_calls.lua URL CA_FILE CALLS IN_FLIGHT: prints "calls seconds cpu_seconds".
local url, ca_file, calls, in_flight = arg[1], arg[2], tonumber(arg[3]), tonumber(arg[4])
local cards = require "cards"
local core = require "cards.core"

local alix = cards.alix.new {
  base_url = url, insecure_http = true, access_token = "alix_token_sandbox", tls = ca_file ~= "" and { ca_file = ca_file } or nil,
}

local function call(id)
  return alix:private_info(id)
end

local function one_by_one(count)
  for i = 0, count - 1 do
    local info, err = call("c_" .. i)
    if not info then
      error(err)
    end
  end
end

local function many(count)
  local next_card = 0
  local function ids()
    next_card = next_card + 1
    return next_card <= count and "c_" .. next_card - 1 or nil
  end
  for _, _, info, err in cards.each(ids, call, { concurrency = in_flight }) do
    if not info then
      error(err)
    end
  end
end

local run = in_flight > 1 and many or one_by_one
run(2 * in_flight) -- opens the connections and is not counted
local started, cpu = core.now(), os.clock()
run(calls)
print(("%d %.6f %.6f"):format(calls, core.now() - started, os.clock() - cpu))
