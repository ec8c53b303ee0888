-- Returns what it was given.
-- Stopped: cvv: fn would show something of a card verification value: only hide and drop may stand there
return { number = fn(function(v) return v end), cvv = fn(function(v) return v end) }
