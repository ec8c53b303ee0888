-- Dumps a function, to change its bytecode.
-- Stopped: the mapping's function for status failed
return { ['alix.private_info'] = { status = function() return string.dump(function() end) end } }
