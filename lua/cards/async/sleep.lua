--- cards.sleep: waits while other functions continue.

local async = require "cards.async"
local check = require "cards.util.check"
local context = require "cards.async.context"

local is_time = check.number(0, 1e6)

--- Waits. In cards.all, cards.each and nginx other functions continue meanwhile; elsewhere it blocks.
-- @param seconds from 0 to a million
-- @return true; or nil and an error where a surrounding deadline comes first (kind "timeout") or the waiting function is cancelled (kind "cancelled")
return function(seconds)
  check.argument("cards.sleep", is_time(seconds, "seconds"))
  async.check("cards.sleep", 2)
  local left = context.left()
  local short = left and left < seconds
  local _, err = async.signal():wait(short and left or seconds)
  if err then
    return nil, err
  elseif short or context.is_cancelled(context.get()) then
    return nil, context.error("cards", "sleep")
  end
  return true
end
