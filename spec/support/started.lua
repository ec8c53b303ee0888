--- What the specs of client:start share.

local cards = require "cards"
local core = require "cards.core"
local program = require "support.program"
local sandbox = require "support.sandbox"

local started = {}

--- A client of the sandbox's provider of that name.
function started.client(provider, overrides)
  return cards[provider].new(sandbox.config(provider, overrides))
end

function started.wait_for_no_calls()
  program.wait_for("the calls to be gone", function() return core.calls() == 0 end)
end

--- Whether all that was sent is answered, though nobody may have asked for it: every connection rests.
function started.are_answered()
  local connections = cards.metrics().connections
  return connections.open > 0 and connections.idle == connections.open
end

--- Lua 5.1 cannot yield from within pcall, which guards credential functions: a call in one blocks there.
started.blocks_in_credentials = program.lua == "5.1"

return started
