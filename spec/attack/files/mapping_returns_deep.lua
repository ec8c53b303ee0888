-- Returns a table without an end.
-- Stopped: the mapping's function for status failed
return { ['alix.private_info'] = { status = function() local t = {} t.t = t return t end } }
