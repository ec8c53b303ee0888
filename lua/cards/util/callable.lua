--- What can be called: a function, or a table that is called as one, as those of cards.limit and cards.token_source are.

local callable = {}

function callable.is(value)
  local metatable = type(value) == "table" and getmetatable(value)
  return type(value) == "function" or (type(metatable) == "table" and metatable.__call ~= nil)
end

--- As the checks of cards.util.check: nil, or what is wrong.
function callable.check(value, key)
  return not callable.is(value) and ("%s must be a function"):format(key) or nil
end

return callable
