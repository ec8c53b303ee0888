-- Takes all memory, in one call.
-- Stopped: the mapping's function for status failed
return { ['alix.private_info'] = { status = function() return ('x'):rep(1e9) end } }
