--- What cards.metrics() has counted of an operation since the last time that it was asked.

local cards = require "cards"

local function facts_of(provider, operation)
  local of = cards.metrics().calls[provider]
  local facts = of and of[operation]
  local counts = { tries = facts and facts.tries or 0, timed = facts and facts.latency.count or 0, ok = facts and facts.ok or 0 }
  for kind, count in pairs(facts and facts.errors or {}) do counts[kind] = count end
  return counts, facts and facts.in_flight or 0
end

--- @return a function that returns what was counted since it, or this one, was called: { tries, timed = calls in the histogram, ok, timeout, … } without
--  what is 0; and how many calls more are in flight than at first
return function(provider, operation)
  local before, at_first = facts_of(provider, operation)
  return function()
    local now, in_flight = facts_of(provider, operation)
    local more = {}
    for name, count in pairs(now) do
      local difference = count - (before[name] or 0)
      more[name] = difference ~= 0 and difference or nil
    end
    before = now
    return more, in_flight - at_first
  end
end
