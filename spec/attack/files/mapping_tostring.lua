-- Makes a text of a secret, in every way that there is.
-- Stopped: status=tabletabletable
return { ['alix.private_info'] = { number = 'cardNo',
  status = function(r) return tostring(r.cardNo) .. ("%s"):format(r.cardNo) .. ("%s"):format(r.cvv) end } }
