--- How often and how long limits made calls wait, by their names: what the timeline of a run tells.

local check = require "cards.util.check"

local held = {}

local MOST = 32 -- names that are told apart
local UNNAMED, OTHERS = "cards.limit", "other limits"

local counts, known = {}, 0

--- Counts a call that had to wait.
-- @param name of the limit, or nil
-- @param seconds that it waited
function held.add(name, seconds)
  name = name and check.short(name) or UNNAMED
  local one = counts[name] or known >= MOST and counts[OTHERS]
  if not one then
    known = known + 1
    one = { 0, 0 }
    counts[known <= MOST and name or OTHERS] = one
  end
  one[1], one[2] = one[1] + 1, one[2] + seconds
end

--- Since the process began: by name { how often, seconds }. They change, and are not the caller's to change.
function held.read()
  local all = {}
  for name, one in pairs(counts) do
    all[name] = one
  end
  return all
end

return held
