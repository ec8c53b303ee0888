--- Tells a listener, `on_event`, of an event. One that fails costs nothing but a line.

local check = require "cards.util.check"
local host = require "cards.async.host"

--- @param on_event a function, or nil
-- @param event a table
return function(on_event, event)
  if on_event then
    local ok, why = pcall(on_event, event)
    if not ok then
      host.warn("on_event failed: " .. check.line(why))
    end
  end
end
