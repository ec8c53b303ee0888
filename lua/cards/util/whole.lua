--- The digits of a whole number, all of them on every Lua: tostring leaves some out on 5.1 and writes 5.0 on 5.4, and "%.0f" rounds large integers.
-- @return a string, or nil where the value is no whole number

local type_of = math.type or function() return "float" end -- luacheck: ignore

return function(value)
  if type(value) == "number" and value % 1 == 0 then
    return (type_of(value) == "integer" and "%d" or "%.0f"):format(value)
  end
end
