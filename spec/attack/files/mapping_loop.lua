-- Goes round for ever.
-- Stopped: the mapping's function for status failed
return { ['alix.private_info'] = { status = function() while true do end end } }
