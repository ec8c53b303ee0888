--- What becomes of an error that a function raised which runs beside others.

--- A table stays one, with the traceback in a field of its own, where it has none yet; of anything else a text is made.
-- @param cause what was raised
-- @param thread the coroutine that it ended; nil: the running one, from the handler of xpcall
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
