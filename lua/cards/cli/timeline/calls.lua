--- How many calls the process has sent, and how many tries they took, of all operations together; and what its limits held back.

local core = require "cards.core"
local held = require "cards.resilience.held"
local keys = require "cards.metrics.keys"

--- @return calls that were sent, also those that are under way; tries; and by the name of a limit { how often, seconds }
return function()
  local counts, calls, tries = {}, 0, 0
  core.counts(counts)
  for key, number in pairs(counts) do
    local what = keys.split(key)
    if what == "bucket" or what == "in_flight" then -- what was refused before it was sent is in no bucket
      calls = calls + number
    elseif what == "try" then
      tries = tries + number
    end
  end
  return calls, tries, held.read()
end
