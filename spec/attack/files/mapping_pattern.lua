-- Has a pattern that tries for ever.
-- Stopped: the mapping's function for status failed
return { ['alix.private_info'] = { status = function() return ((('a'):rep(30)):find(('a?'):rep(30) .. ('a'):rep(30))) end } }
