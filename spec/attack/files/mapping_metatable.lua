-- Reaches for the metatable of strings, and of secrets.
-- Stopped: the mapping's function for status failed
return { ['alix.private_info'] = { status = function(r) return getmetatable(r.cardNo) or getmetatable('').__index end } }
