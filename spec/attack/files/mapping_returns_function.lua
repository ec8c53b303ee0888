-- Returns a function, a mark and a table with a metatable.
-- Stopped: the mapping's function for id failed
return { ['alix.private_info'] = { id = function() return print end, status = function() return function() end end, type = function() return digits end } }
