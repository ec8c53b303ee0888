-- Looks for a text again and again in a long one.
-- Stopped: the mapping's function for status failed
return { ['alix.private_info'] = { status = function() return ((('a'):rep(2000000)):find('^(.*)%1b')) end } }
