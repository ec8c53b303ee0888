--- Where the running coroutine can yield, and a pcall through which it can.

local core = require "cards.core"

if core.is_yieldable then
  return { is_possible = core.is_yieldable, pcall = pcall }
end

local yield = {
  --- Whether the running coroutine can yield here: it cannot from within a function that C called, such as table.sort's comparison.
  is_possible = core.seems_yieldable,
}

--- As pcall, but the function can yield in Lua 5.1 as well. There an error is not caught where the coroutine can yield: no pcall stands between here and the
-- start of the coroutine then, and the error ends the coroutine.
function yield.pcall(call, ...)
  if coroutine.running() and yield.is_possible() then
    return true, call(...)
  end
  return pcall(call, ...)
end

return yield
