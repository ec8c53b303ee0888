-- Makes a rule another one.
-- Stopped: cards.load: invalid_request
local m = last(4) m.name = 'keep' return { number = m }
