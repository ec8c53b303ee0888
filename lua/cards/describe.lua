--- cards.describe: the descriptor of an operation as a table.

local core = require "cards.core"
local check = require "cards.check"

--- @param of a client, a provider's module (cards.alix), or a provider's name
-- @param operation name; without it, a table of all operations by name
-- @return
-- { provider, operation, method, path, params = { name = { into, wire, type, required, … } }, success, response = { root, fields = { path = type } }, error }
return function(of, operation)
  local _, name = core.private(of)
  if type(of) == "table" then
    name = of.provider
  elseif type(of) == "string" then
    name = of
  end
  local about = type(name) == "string" and core.provider(name)
  if not about then
    error("cards.describe: the first argument must be a client, a provider's module or its name", 2)
  end
  if operation == nil then
    return about.operations
  end
  if not about.operations[operation] then
    error(("cards.describe: %s has no operation '%s' (did you mean '%s'?)"):format(name, tostring(operation), check.nearest(operation, about.operations)), 2)
  end
  return about.operations[operation]
end
