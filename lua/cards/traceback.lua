--- What becomes of an error that a function raised which runs beside others.

--- An error of ours stays a table, with the traceback in a field of its own; of any other a text is made.
-- @param cause what was raised
-- @param thread the coroutine that it ended; nil: the running one, from the handler of xpcall
return function(cause, thread)
  local ours = getmetatable(cause) == "cards.error"
  local message = ours and "" or tostring(cause) -- Lua 5.1 gives no traceback for nil
  local trace = thread and debug.traceback(thread, message) or debug.traceback(message, 2)
  if not ours then
    return trace
  end
  cause.traceback = trace:match "^%s*(.*)$"
  return cause
end
