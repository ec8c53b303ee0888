-- Asks a secret whether it equals a text, a thousand times.
-- Stopped: the mapping's function for status failed
return { ["alix.private_info"] = { number = "cardNo", status = function(r)
  for i = 0, 999 do if r.cvv:equals(("%03d"):format(i)) then return ("%03d"):format(i) end end
end } }
