--- The module table of a provider by its name: a built-in one, or one that is defined in examples/providers.

local cards = require "cards"
local sandbox = require "support.sandbox"

local modules = {}
for _, name in ipairs(sandbox.PROVIDERS) do modules[name] = cards[name] end
for _, name in ipairs(sandbox.DEFINED) do modules[name] = cards.load("examples/providers/" .. name .. ".lua") end

return function(name) return modules[name] or error("no provider " .. tostring(name), 2) end
