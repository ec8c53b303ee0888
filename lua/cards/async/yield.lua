--- Where the running coroutine can yield, and a pcall through which it can.

local core = require "cards.core"

if core.is_yieldable then
  return { is_possible = core.is_yieldable, pcall = pcall }
end

local getinfo = debug.getinfo

local yield = {}

--- Whether the running coroutine can yield here: it cannot from within a function that C called, such as table.sort's comparison.
--
-- Lua 5.1 cannot answer that, and it cannot yield from within pcall, iterators of for loops and metamethods either. So the stack is searched for functions of
-- C, and for functions that no call instruction has called. A function that is called as `f()()` looks like one of the latter: such a call blocks where it
-- could have yielded.
function yield.is_possible()
  local level, info = 2, getinfo(2, "nS")
  while info do
    local caller = getinfo(level + 1, "nS")
    if info.what == "C" or info.name == "(for generator)" then
      return false
    elseif info.what ~= "tail" and info.namewhat == "" and caller and caller.what ~= "tail" then
      return false
    end
    level, info = level + 1, caller
  end
  return true
end

--- As pcall, but the function can yield in Lua 5.1 as well. There an error is not caught where the coroutine can yield: no pcall stands between here and the
-- start of the coroutine then, and the error ends the coroutine.
function yield.pcall(call, ...)
  if coroutine.running() and yield.is_possible() then
    return true, call(...)
  end
  return pcall(call, ...)
end

return yield
