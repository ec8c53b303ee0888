-- Returns a hundred thousand values.
-- Stopped: what it returns is too large
local t = {} for i = 1, 100000 do t[i] = 'pan' end return { ['alix.private_info'] = { number = t } }
