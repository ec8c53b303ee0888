-- Returns nothing.
-- Stopped: a nil is returned: a script returns a table
local x = 1
