--- The check of a short text that anybody may see: in the header of what is sealed, in the log of an audit. See cards.util.check.

local check = require "cards.util.check"
local core = require "cards.core"

local MOST = 256 -- bytes

return function(value, key)
  local wrong = check.text(value, key)
  if wrong then
    return wrong
  elseif #value > MOST then
    return ("%s is longer than %d bytes"):format(key, MOST)
  elseif core.has_pan(value) then
    return ("%s has a card's number in it, and is not encrypted"):format(key)
  end
end
