-- Returns a table of 2^60 tables.
-- Stopped: the mapping's function for status failed
return { ['alix.private_info'] = { status = function() local t = {} for _ = 1, 60 do t = { t, t } end return t end } }
