-- Calls itself through sort, for C's stack.
-- Stopped: the mapping's function for status failed
local function f() table.sort({ 1, 2 }, f) end return { ['alix.private_info'] = { status = f } }
