-- Calls the methods of a secret.
-- Stopped: the mapping's function for status failed
return { ['alix.private_info'] = { number = 'cardNo', status = function(r) return r.cardNo:reveal() end } }
