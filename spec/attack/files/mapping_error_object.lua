-- Raises a table, a function and nothing.
-- Stopped: the mapping's function for status failed
return { ['alix.private_info'] = { status = function(r) error(r.cardNo) end } }
