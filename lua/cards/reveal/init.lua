--- The only ways out of a secret: s:reveal(), s:seal() and cards.seal are functions of this room, and nothing else of Lua gets at those of C behind them.

local core = require "cards.core"
local make_seal = require "cards.reveal.seal"

local reveal = {}

--- Makes the method `reveal` of secrets.
-- @param raw the function of C: the bytes, or nil and what the error says
local function guard(raw)
  return function(secret)
    local bytes, wrong = raw(secret)
    if not bytes then
      error(wrong, 2)
    end
    return bytes
  end
end

core.gate(function(raw, seal_for)
  local seal = make_seal(seal_for)
  reveal.seal = seal.values
  return guard(raw), seal.secret
end)

return reveal
