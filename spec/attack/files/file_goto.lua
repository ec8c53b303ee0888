-- Jumps back for ever.
-- Stopped: cards.load: invalid_request
::a:: goto a
