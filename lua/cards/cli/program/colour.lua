--- Colours, where the terminal has them: never in a file or pipe, with TERM=dumb, or with NO_COLOR (https://no-color.org).

local core = require "cards.core"

local STYLES = { bad = "31", faint = "2" }

--- The painter of a stream.
-- @param stream "stdout" or "stderr"
-- @return function(style, text), which returns the text with or without a colour; a style is "bad" (red) or "faint"
return function(stream)
  local refused, terminal = os.getenv "NO_COLOR" or "", os.getenv "TERM" or ""
  local has_colours = refused == "" and terminal ~= "" and terminal ~= "dumb" and core.is_terminal(stream)
  return function(style, text)
    return has_colours and ("\27[%sm%s\27[0m"):format(STYLES[style], text) or text
  end
end
