--- Runs functions at the same time.
-- @param functions { name = function }
-- @return { name = { what it returned } }; what one of them raises goes through

local cards = require "cards"

return function(functions)
  local got, list = {}, {}
  for name, call in pairs(functions) do
    list[#list + 1] = function() got[name] = { call() } end
  end
  for _, result in ipairs { cards.all(list) } do
    assert(result[2] == nil, result[2])
  end
  return got
end
