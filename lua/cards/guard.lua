--- A value that calls a function when it is collected, and where Lua 5.4 closes it (`local x <close>`, the fourth value of a for loop).

return function(leave)
  local methods = { __gc = leave, __close = leave }
  if not newproxy then -- luacheck: ignore
    return setmetatable({}, methods)
  end
  local proxy = newproxy(true) -- luacheck: ignore
  getmetatable(proxy).__gc = leave
  return proxy
end
