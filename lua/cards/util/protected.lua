--- As pcall, but a function inside of it can yield in Lua 5.1 as well. There an error is not caught where the coroutine can yield: then no pcall stands between
-- here and the coroutine's beginning, and the error ends the coroutine.

local core = require "cards.core"

if core.is_yieldable then
  return pcall
end

local yieldable = require "cards.async.yieldable"

return function(call, ...)
  if coroutine.running() and yieldable() then
    return true, call(...)
  end
  return pcall(call, ...)
end
