-- Calls itself for ever.
-- Stopped: the mapping's function for status failed
local function f(n) return 1 + f(n + 1) end return { ['alix.private_info'] = { status = function() return f(1) end } }
