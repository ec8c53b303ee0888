-- Is a table that contains itself.
-- Stopped: tables nest too deeply
local t = {} t['alix.private_info'] = t return t
