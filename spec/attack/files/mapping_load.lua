-- Compiles a text.
-- Stopped: the mapping's function for status failed
return { ['alix.private_info'] = { status = function() return (load or loadstring) 'return os' end } }
