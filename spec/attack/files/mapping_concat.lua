-- Compares one long text with itself, a million times.
-- Stopped: the mapping's function for status failed
return { ['alix.private_info'] = { status = function() local t, x = {}, ('x'):rep(1e6) for i = 1, 1e5 do t[i] = x end table.sort(t) end } }
