--- Waits for the descriptor of another library's connection, such as luasocket's, in plain Lua. Other functions of cards.all, cards.each and cards.hedge go
-- on meanwhile; in a call that client:start has started it blocks.

local core = require "cards.core"
local descriptors = require "cards.async.descriptors"
local workers = require "cards.async.worker"

--- Waits until a descriptor is ready. Before it is closed, core.forget has to be called with it.
-- @param writing whether it has to be ready for writing, and not for reading
-- @param seconds that the wait may take
-- @return true; false after the seconds; or nil and why it cannot be waited for
return function(fd, writing, seconds)
  local entry = { at = core.now() + seconds, owner = false, wake = false, is_ready = false }
  local tag, why = descriptors.enter(fd, writing, entry)
  if not tag then
    return nil, why
  end
  workers.pause(entry)
  descriptors.leave(tag)
  return entry.is_ready
end
