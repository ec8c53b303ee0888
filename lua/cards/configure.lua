--- Settings of the process, which hold for every client.

local check = require "cards.check"
local core = require "cards.core"

local known = {
  max_in_flight = check.number(1, 1000000, true),
}

--- cards.configure { max_in_flight = 8192 }: how many calls the I/O thread (nginx, other event loops) takes at once; one more is an error of kind "busy".
return function(settings)
  local wrong = type(settings) ~= "table" and "a table of settings is required" or check.table(settings, known)
  if wrong then
    error("cards.configure: " .. wrong, 2)
  end
  if settings.max_in_flight then
    core.limit(settings.max_in_flight)
  end
end
