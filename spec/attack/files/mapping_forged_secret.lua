-- Returns what looks like a secret.
-- Stopped: card: {provider=alix}
return { ['alix.private_info'] = { number = function(r) return r.cardNo end, cvv = function() return { class = 'cvv', present = true } end } }
