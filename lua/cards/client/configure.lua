--- Settings of the process, which hold for every client.

local check = require "cards.util.check"
local core = require "cards.core"

local known = {
  memory = check.one_of("strict", "best"),
  max_in_flight = check.number(1, 1000000, true),
}

--- @param settings { max_in_flight = 8192, memory = "best" }
--
-- max_in_flight: how many calls the I/O thread (nginx, other event loops) takes at once; one more is an error of kind "busy".
--
-- memory: with "strict" nothing is fetched where one of the protections that cards.memory() lists is missing, or over HTTP/2, which keeps copies; such a call
-- is an error of kind "invalid_request" that says which and why. With "best" secrets are protected as well as it goes.
return function(settings)
  local wrong = type(settings) ~= "table" and "a table of settings is required" or check.table(settings, known)
  if wrong then
    error("cards.configure: " .. wrong, 2)
  end
  if settings.max_in_flight then
    core.limit(settings.max_in_flight)
  end
  if settings.memory then
    core.strict(settings.memory == "strict")
  end
end
