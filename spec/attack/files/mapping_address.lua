-- Compares addresses, which may differ with the value.
-- Stopped: the mapping's function for status failed
return { ['alix.private_info'] = { number = 'cardNo', status = function(r) return ('%p'):format(r.cardNo) end } }
