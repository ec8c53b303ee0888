-- Takes all memory.
-- Stopped: the script took more than 33554432 bytes of memory
local t = {} for i = 1, 1e9 do t[i] = { i } end
