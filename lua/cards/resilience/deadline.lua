--- cards.deadline: a time limit for everything that a function does with this library.

local check = require "cards.util.check"
local core = require "cards.core"
local context = require "cards.async.context"

local is_time = check.number(0, 1e6)

--- Calls a function whose calls share a time limit. Each call gets the time left as its timeout, unless its own is shorter. A call that begins after the
-- deadline is not sent: it returns nil and an error of kind "timeout".
--
-- The deadline also limits cards.sleep, the waits of cards.limit and cards.retry, and what cards.all, cards.each, cards.hedge and client:start begin in the
-- function. It does not reach into coroutines that the script creates itself. Of nested deadlines the earliest holds.
-- @param seconds from 0 to a million
-- @param call a function
-- @param ... its arguments
-- @return what the function returns. Only waits in this library end at the deadline; other code runs on
return function(seconds, call, ...)
  check.argument("cards.deadline", is_time(seconds, "seconds") or check.callable(call, "the second argument"))
  return context.run(context.child(core.now() + seconds), call, ...)
end
