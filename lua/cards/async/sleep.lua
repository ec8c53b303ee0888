--- cards.sleep: waits, and lets others go on meanwhile.

local async = require "cards.async"
local check = require "cards.util.check"
local context = require "cards.async.context"

local is_time = check.number(0, 1e6)

--- Waits inside of cards.all, cards.each and nginx by letting the others go on, elsewhere blocking.
-- @param seconds from 0 to a million
-- @return true; or nil and an error where a surrounding deadline comes first (kind "timeout") or the call is given up (kind "cancelled")
return function(seconds)
  local wrong = is_time(seconds, "seconds")
  if wrong then
    error("cards.sleep: " .. wrong, 2)
  end
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
