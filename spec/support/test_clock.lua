local testing = require "cards.testing"

--- Has the rest of a spec go by a clock of cards.testing, which goes on where all wait, and not while a loaded machine does something else.
-- @param finally busted's
-- @return the clock
return function(finally)
  local clock = testing.clock()
  finally(function() clock:stop() end)
  return clock
end
