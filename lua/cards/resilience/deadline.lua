--- cards.deadline: a time limit that reaches into everything inside of it.

local check = require "cards.util.check"
local core = require "cards.core"
local context = require "cards.async.context"

local is_time = check.number(0, 1e6)

--- Calls a function whose calls have so much time altogether: each gets what is left as its timeout, where its own is not shorter, and one that begins later is
-- nil and an error of kind "timeout" without being sent. It holds for cards.sleep, the waits of cards.limit and cards.retry, and what cards.all, cards.each,
-- cards.hedge and client:start begin inside of it. It does not reach into coroutines of the script's own. Of nested ones the sooner holds.
-- @param seconds from 0 to a million
-- @param call a function
-- @param ... what it is called with
-- @return what the function returns, whenever that is: nothing but what waits in this library is cut short
return function(seconds, call, ...)
  local wrong = is_time(seconds, "seconds") or check.callable(call, "the second argument")
  if wrong then
    error("cards.deadline: " .. wrong, 2)
  end
  return context.run(context.child(core.now() + seconds), call, ...)
end
