--- A provider as the page shows it: its operations, their parameters, and what to begin with.

local check = require "cards.util.check"
local core = require "cards.core"
local examples = require "cards.cli.playground.examples"
local provider = require "cards.provider"
local texts = require "cards.cli.playground.texts"
local to_json = require "cards.cli.json"

--- The parameters of an operation, required ones first.
local function parameters(operation)
  local list = to_json.list {}
  for _, name in ipairs(check.keys(operation.params)) do
    local about = operation.params[name]
    if not about.value then
      list[#list + 1] = { name = name, required = about.required == true, type = about.type, enum = about.enum, default = about.default,
        sensitive = about.sensitive == true }
    end
  end
  table.sort(list, function(a, b)
    if a.required ~= b.required then
      return a.required
    end
    return a.name < b.name
  end)
  return list
end

--- @param name of a provider
-- @return { name, operations = { { name, params, mapping, example } } }
return function(name)
  local about, mappings = core.provider(name), provider.mappings(name) or {}
  local operations = to_json.list {}
  for i, operation in ipairs(check.keys(about.operations)) do
    operations[i] = {
      name = operation, params = parameters(about.operations[operation]), example = examples.of(name, operation, about.operations[operation]),
      mapping = mappings[operation] and texts.mapping(("%s.%s"):format(name, operation), mappings[operation]),
    }
  end
  return { name = name, operations = operations }
end
