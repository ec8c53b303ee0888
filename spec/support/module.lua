--- The module table of a provider by its name: a built-in one, or one of examples/providers, which is defined when it is first asked for.

local cards = require "cards"
local sandbox = require "support.sandbox"

local modules = {}
for _, name in ipairs(sandbox.PROVIDERS) do modules[name] = cards[name] end

local root = debug.getinfo(1, "S").source:match "^@(.*)spec/support/module%.lua$"

return function(name)
  if not modules[name] then modules[name] = assert(cards.load(root .. "examples/providers/" .. name .. ".lua")) end
  return modules[name]
end
