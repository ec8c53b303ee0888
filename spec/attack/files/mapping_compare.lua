-- Compares secrets with each other and with texts.
-- Stopped: status=falsefalsetrue
return { ["alix.private_info"] = { number = "cardNo",
  status = function(r) return tostring(r.cvv == "739") .. tostring(r.cardNo == r.cvv) .. tostring(r.cvv == r.cvv) end } }
