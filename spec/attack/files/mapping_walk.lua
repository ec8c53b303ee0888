-- Writes down all that it is given, in order.
-- Stopped: status={cardNo={class=string:pan
local function flat(v)
  if type(v) ~= "table" then return type(v) .. ":" .. tostring(v) end
  local texts = {}
  for key, value in pairs(v) do texts[#texts + 1] = tostring(key) .. "=" .. flat(value) end
  table.sort(texts)
  return "{" .. table.concat(texts, ",") .. "}"
end
return { ["alix.private_info"] = { number = "cardNo", status = flat } }
