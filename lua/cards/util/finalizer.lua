--- A value with a finalizer, on every Lua. Lua 5.4 also closes it: as `local x <close>`, or as the fourth value of a for loop.

--- @param collect called when the collector finds the value unreachable. That happens in the middle of anything, so it may only note the fact
-- @param close called when Lua 5.4 closes the value
return function(collect, close)
  local methods = { __gc = collect, __close = close }
  if not newproxy then -- luacheck: ignore
    return setmetatable({}, methods)
  end
  local proxy = newproxy(true) -- luacheck: ignore
  getmetatable(proxy).__gc = collect
  return proxy
end
