--- A value that calls a function when it is collected, and where Lua 5.4 closes it (`local x <close>`, the fourth value of a for loop).

--- @param found called by the collector, in the middle of anything: it may do no more than note it
-- @param leave called when it is closed
return function(found, leave)
  local methods = { __gc = found, __close = leave }
  if not newproxy then -- luacheck: ignore
    return setmetatable({}, methods)
  end
  local proxy = newproxy(true) -- luacheck: ignore
  getmetatable(proxy).__gc = found
  return proxy
end
