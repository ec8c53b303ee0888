-- Makes a rule say that it has endless arguments.
-- Stopped: a global of the script was changed
local m = last(4) m.n = 1 / 0 return { id = m }
