-- Has a variable that is closed.
-- Stopped: cards.load: invalid_request
local x <close> = keep return { exp_year = keep }
