--- cards.describe: the descriptor of an operation as a table.

local core = require "cards.core"
local check = require "cards.check"
local provider = require "cards.provider"

--- @param of a client, a provider's module (cards.alix), or a provider's name
-- @param operation name; without it, a table of all operations by name
-- @return
-- { provider, operation, method, path, params = { name = { into, wire, type, required, … } }, success, response = { root, fields = { path = type } }, error }
return function(of, operation)
  local about
  if type(of) == "table" then
    about = core.provider(of.provider)
    local own = provider.about(of)
    if own and own.handle then
      about = core.provider(own.handle) -- of the name there may be a later definition
    end
  else
    about = core.provider(of)
  end
  if not about then
    error("cards.describe: the first argument must be a client, a provider's module or its name", 2)
  end
  if operation == nil then
    return about.operations
  end
  if not about.operations[operation] then
    local nearest = check.nearest(operation, about.operations)
    error(("cards.describe: %s has no operation '%s' (did you mean '%s'?)"):format(about.name, check.shown(operation), nearest), 2)
  end
  return about.operations[operation]
end
