--- Classes of times, each 2 % longer than the one before: so the times of ten million rows take no more memory than those of ten, and a percentile, which is
-- the middle of its class, is at most 1 % from the time of the row that it is.

local classes = {}

local GROWTH, SHORTEST = 1.02, 1e-6 -- of the classes; seconds
local SCALE, OFFSET = 1 / math.log(GROWTH), math.log(SHORTEST) / math.log(GROWTH)

local floor, log = math.floor, math.log

--- The class of a time in seconds, from 0 on.
function classes.of(seconds)
  return seconds > SHORTEST and floor(log(seconds) * SCALE - OFFSET) or 0
end

--- The seconds at which a class begins.
function classes.least(class)
  return SHORTEST * GROWTH ^ class
end

--- The lowest and the highest class that has a count; nil where none has.
function classes.range(counts)
  local lowest, highest
  for class in pairs(counts) do
    lowest, highest = lowest and math.min(lowest, class) or class, highest and math.max(highest, class) or class
  end
  return lowest, highest
end

--- The seconds that this share of the times took at most; nil where there is none.
-- @param counts how many times there are, by class
-- @param share from 0 to 1
function classes.percentile(counts, share)
  local all, reached = 0, 0
  for _, count in pairs(counts) do
    all = all + count
  end
  local lowest, highest = classes.range(counts)
  for class = lowest or 0, highest or -1 do
    reached = reached + (counts[class] or 0)
    if reached >= share * all then
      return classes.least(class + 0.5)
    end
  end
end

return classes
