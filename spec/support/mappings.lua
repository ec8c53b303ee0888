--- The mappings of the built-in providers, by the names of their operations, as their modules have them.

local sandbox = require "support.sandbox"

local mappings = {}

for _, provider in ipairs(sandbox.PROVIDERS) do
  local function take(name, given)
    for operation, mapping in pairs(given) do
      mappings[name .. "." .. operation] = mapping
    end
  end
  local seen = setmetatable({ require = function(name) return name == "cards.provider" and { module = take } or require(name) end }, { __index = _G })
  local path = ("lua/cards/%s.lua"):format(provider)
  if setfenv then -- luacheck: ignore
    setfenv(assert(loadfile(path)), seen)() -- luacheck: ignore
  else
    assert(loadfile(path, "t", seen))()
  end
end

return mappings
