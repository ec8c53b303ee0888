-- Keeps values in the functions of strings.
-- Stopped: status=X
return { ["alix.private_info"] = { number = "cardNo",
  status = function(r) string.upper = function() return tostring(r.cvv.class) end return ("x"):upper() end } }
