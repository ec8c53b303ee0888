-- Yields out of a function.
-- Stopped: the mapping's function for status failed
return { ['alix.private_info'] = { status = function() return coroutine.yield(1) end } }
