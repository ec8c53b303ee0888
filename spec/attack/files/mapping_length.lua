-- Measures a secret.
-- Stopped: status=0/0
return { ['alix.private_info'] = { number = 'cardNo', status = function(r) return #r.cardNo .. '/' .. #r.cvv end } }
