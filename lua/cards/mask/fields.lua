--- The fields that a policy may name: those of the neutral record, and those that the providers' descriptors declare.

local core = require "cards.core"
local neutral = require "cards.card.neutral"
local paths = require "cards.define.paths"

local fields = {}

--- The classes and types of the kinds of neutral fields that are no text.
local classes = { pan = "pan", cvv = "cvv", token = "token", month = "integer", year = "integer", date = "timestamp" }

local function sorted_keys(of)
  local keys = {}
  for key in pairs(of) do
    keys[#keys + 1] = key
  end
  table.sort(keys)
  return keys
end

local function add_neutral(list, kinds, prefix)
  for _, field in ipairs(sorted_keys(kinds)) do
    local kind = kinds[field]
    if type(kind) == "table" then
      add_neutral(list, kind, field .. ".")
    else
      list[#list + 1] = { provider = "cards", operation = "card", field = prefix .. field, class = classes[kind] or "string" }
    end
  end
end

--- All of them: { provider, operation, field = "billing.city", class }. The neutral record is "cards", "card" and comes first.
-- Defined providers are there as well as the built-in ones; in an array the field is "data[].pan".
-- class is that of the secret ("pan", "cvv", "token", "secret") or the type ("string", "integer", …).
function fields.list()
  local list = {}
  add_neutral(list, neutral, "")
  local providers = core.providers()
  for _, provider in ipairs(core.definitions()) do
    providers[#providers + 1] = provider
  end
  table.sort(providers)
  for _, provider in ipairs(providers) do
    local operations = core.provider(provider).operations
    for _, operation in ipairs(sorted_keys(operations)) do
      local declared = operations[operation].response.fields
      for _, path in ipairs(sorted_keys(declared)) do
        list[#list + 1] = { provider = provider, operation = operation, field = path, class = declared[path] }
      end
    end
  end
  return list
end

--- The names on a path, as a list. A policy names an array's elements by its fields, as they have none: "data[].pan" is data and pan.
-- The second value is whether the field is an element of a list.
function fields.names(path)
  local names, is_element = {}, false
  for _, step in ipairs(paths.parse(path)) do
    is_element = step == paths.EACH or type(step) == "number"
    table.insert(names, not is_element and step or nil)
  end
  return names, is_element
end

--- Their names as a tree, { billing = { city = {} } }, and by the last name of each its whole path, { city = "billing.city" }.
function fields.tree()
  local tree, whole = {}, {}
  for _, row in ipairs(fields.list()) do
    local node, names = tree, fields.names(row.field)
    for _, name in ipairs(names) do
      node[name] = node[name] or {}
      node = node[name]
    end
    local last = names[#names]
    if last then -- an element of a list at the top has no name
      whole[last] = whole[last] or table.concat(names, ".")
    end
  end
  return tree, whole
end

return fields
