--- Adds a traceback to an error that ended a coroutine.

--- @param cause what was raised
-- @param thread the coroutine; nil for the running one, in a handler of xpcall
-- @return a table as it is, with the traceback in its field `traceback` unless it has one; anything else as text with the traceback
return function(cause, thread)
  local is_table = type(cause) == "table"
  local message = is_table and "" or tostring(cause) -- Lua 5.1 gives no traceback for nil
  local trace = thread and debug.traceback(thread, message) or debug.traceback(message, 2)
  if not is_table then
    return trace
  elseif getmetatable(cause) == "cards.error" or rawget(cause, "traceback") == nil then
    rawset(cause, "traceback", trace:match "^%s*(.*)$")
  end
  return cause
end
