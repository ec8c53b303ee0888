-- Looks at the stack.
-- Stopped: the mapping's function for status failed
return { ['alix.private_info'] = { status = function() return debug.getinfo(2) end } }
