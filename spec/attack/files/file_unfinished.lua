-- Has a text without an end.
-- Stopped: cards.load: invalid_request
return [==[ never
