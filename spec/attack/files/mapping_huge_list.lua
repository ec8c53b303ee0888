-- Moves 2^61 places of a list.
-- Stopped: status=moved
return { ["alix.private_info"] = { status = function()
  local t = { 1, 1, 1, 1, [5] = 1 }
  for i = 3, 61 do t[2 ^ i] = 1 end
  table.insert(t, 1, 2)
  return "moved"
end } }
