--- Whether the running coroutine can yield here: not from within a function that C has called, as table.sort's comparison is.
--
-- Lua 5.1 cannot say so, and cannot yield from within pcall, iterators of for loops and metamethods either. There the stack is looked at: for functions of C,
-- and for functions that no instruction for a call has called. What is called as `f()()` passes for one of those as well: such a call blocks where it could
-- have yielded.

local core = require "cards.core"

if core.is_yieldable then
  return core.is_yieldable
end

local getinfo = debug.getinfo

return function()
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
