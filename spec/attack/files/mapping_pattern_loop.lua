-- Has many patterns that take long.
-- Stopped: the mapping's function for status failed
return { ['alix.private_info'] = { status = function() local t = ('a'):rep(1000) while true do t:find('a*a*b') end end } }
