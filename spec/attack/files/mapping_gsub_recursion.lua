-- Calls itself through gsub, for C's stack.
-- Stopped: the mapping's function for status failed
local function f() return (('a'):gsub('a', f)) end return { ['alix.private_info'] = { status = f } }
