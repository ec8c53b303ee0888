--- Tells a listener, `on_event`. One that fails costs nothing but a line.

local check = require "cards.util.check"
local host = require "cards.async.host"

--- @param on_event a function, or nil
-- @param events a list of tables, in their order
return function(on_event, events)
  local failure
  for _, event in ipairs(on_event and events or {}) do
    local ok, why = pcall(on_event, event)
    failure = not ok and check.line(why) or failure
  end
  if failure then
    host.warn("on_event failed: " .. failure)
  end
end
