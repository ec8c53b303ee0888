--- Says something on standard error, in one line.

local check = require "cards.util.check"

--- @param text a format, as string.format takes it
return function(text, ...)
  io.stderr:write("cards: ", check.line(text:format(...)), "\n")
end
