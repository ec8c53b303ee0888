-- Sorts a secret among texts.
-- Stopped: the mapping's function for status failed
return { ["alix.private_info"] = { number = "cardNo",
  status = function(r) local t = { "111", r.cvv, "500" } table.sort(t) return tostring(t[1]) end } }
