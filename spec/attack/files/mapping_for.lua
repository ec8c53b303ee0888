-- Counts to the end of numbers.
-- Stopped: the mapping's function for status failed
return { ['alix.private_info'] = { status = function() for _ = 1, math.huge do end end } }
