-- Takes all memory, a little with each card.
-- Stopped: status=kept
local kept = {}
return { ["alix.private_info"] = { number = "cardNo", status = function() kept[#kept + 1] = ("x"):rep(100000) .. #kept return "kept" end } }
