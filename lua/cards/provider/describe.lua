--- cards.describe: the descriptor of an operation as a table.

local core = require "cards.core"
local check = require "cards.util.check"
local provider = require "cards.provider"

--- @param of a client, a provider's module (cards.alix), or a provider's name
-- @param operation name; without it, a table of all operations by name
-- @return a table in which nothing is that a client was given:
--   provider, operation, page, method, path, encoding (of a body: "json" or "form"), safe
--   params     by name: { into, wire, type, required, sensitive, unique, default, enum, excludes }
--   auth       a list of what goes with every call and is secret: { credential = what `new` takes it by, into, wire, prefix }; with basic = true it is the
--              user, and `password` another credential; one without `into` is not sent itself; with signed = true it is made anew for each call:
--              { over = template of what is signed, algorithm, key, sign = credentials, value = template of what is sent }
--   settings   what goes with every call and is no secret, by the name that `new` takes it by: { into, wire, default, required }
--   success, response = { root, fields = { path = type } }, error = { code, message }, echo = { [path] = parameter }
--   pages      of a list: { items, cursor or more and last, into }
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
