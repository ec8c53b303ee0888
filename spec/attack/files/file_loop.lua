-- Goes round for ever.
-- Stopped: the script took more than 10000000 instructions
while true do end
