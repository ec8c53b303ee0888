--- What the functions of cards.testing are told to imitate: a provider, or an operation of one.

local check = require "cards.util.check"
local core = require "cards.core"
local provider = require "cards.provider"

local target = {}

--- Finds a provider.
-- @param of its name, its module or a client
-- @return { name, of = what core.read takes, operations, about and module, which a client does not have }; or nil and what is wrong
function target.provider(of)
  local private, name = core.private(of)
  if private then
    return { name = name, of = of, operations = private.operations }
  end
  local module = type(of) == "string" and provider.modules()[of] or of
  local about = type(module) == "table" and provider.about(module)
  if about then
    return { name = about.name, of = about.handle or about.name, operations = about.operations, about = about, module = module }
  elseif type(of) == "string" then
    return nil, check.unknown(of, provider.modules(), "provider")
  end
  return nil, "the first argument must be a provider's name, its module or a client"
end

--- Finds an operation.
-- @param of "provider.operation"; or a provider, and the operation's name behind it
-- @return { name, of, operation = its name, about = its descriptor } and the arguments that follow; or nil and what is wrong
function target.operation(of, ...)
  local operation, first = ..., 2
  if type(of) == "string" then
    local name, rest = of:match "^([^.]+)%.(.+)$"
    if not name then
      return nil, "the first argument must be of the form \"provider.operation\""
    end
    of, operation, first = name, rest, 1
  end
  local found, wrong = target.provider(of)
  if not found then
    return nil, wrong
  elseif type(operation) ~= "string" or not found.operations[operation] then
    return nil, ("%s: %s"):format(found.name, check.unknown(operation, found.operations, "operation"))
  end
  return { name = found.name, of = found.of, operation = operation, about = found.operations[operation] }, select(first, ...)
end

return target
