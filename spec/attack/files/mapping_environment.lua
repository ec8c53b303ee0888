-- Takes another environment.
-- Stopped: the mapping's function for status failed
return { ['alix.private_info'] = { status = function(r) return getfenv(1) or _G or _ENV end } }
