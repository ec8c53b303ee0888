-- Returns 2^60 tables.
-- Stopped: what it returns is too large
local t = {} for _ = 1, 60 do t = { t, t } end return t
