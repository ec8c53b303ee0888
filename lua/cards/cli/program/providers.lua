--- The providers that a command knows: the built-in ones, and those whose definitions its options name.

local cards = require "cards"
local check = require "cards.util.check"
local core = require "cards.core"
local load_script = require "cards.script.load"

local providers = {
  names = core.providers(), -- built-in ones first
  modules = {},             -- by name
}

local first = providers.names[1]

local example = { name = first, operation = check.keys(core.provider(first).operations)[1] }

--- A help text with the name of a provider in the place of %{name}, and of one of its operations in that of %{operation}.
function providers.with_example(text)
  return (text:gsub("%%{(%l+)}", example))
end

local unmapped = {} -- operations that files define without a mapping, by "acme.show"

for _, name in ipairs(providers.names) do
  providers.modules[name] = cards[name]
end

local NOUNS = { definition = "provider's definition", mapping = "mapping", policy = "policy" }

--- Loads a file that an option names.
-- @param kind "definition", "mapping" or "policy", where it has to be that
-- @return what cards.load returns, the table in the file and its kind; or nil and what is wrong
function providers.script(path, kind)
  local text, unread = load_script.text(path)
  if not text then
    return nil, unread
  end
  local script, why = load_script.read(path, text)
  if not script then
    return nil, why
  elseif kind and script.kind ~= kind then
    return nil, ("%s: it is no %s, but a %s"):format(path, NOUNS[kind], script.kind)
  end
  local made, err = load_script.take(path, kind, nil, text)
  if not made then
    return nil, err.message
  end
  return made, script.value, script.kind
end

--- Whether there is a mapping for what an operation returns, before --mapping names one.
function providers.has_mapping(name, operation)
  return not unmapped[name .. "." .. operation]
end

local function add(module, definition)
  local name = module.provider
  if not providers.modules[name] then
    table.insert(providers.names, name)
  end
  providers.modules[name] = module
  for operation, described in pairs(definition.operations) do
    unmapped[name .. "." .. operation] = described.card == nil or nil
  end
end

--- Loads files.
-- @param only_definitions whether other files are a mistake
-- @return true; or nil and what is wrong
function providers.load(paths, only_definitions)
  for _, path in ipairs(paths) do
    local made, value, kind = providers.script(path, only_definitions and "definition" or nil)
    if not made then
      return nil, value
    elseif kind == "definition" then
      add(made, value)
    end
  end
  return true
end

--- What is known by a name, in which argparse takes - for _, too.
local function named(name, known)
  return known[name] or known[(name:gsub("-", "_"))]
end

--- A provider and one of its operations, as core.provider describes them.
-- @param operation name, or nil
-- @return the provider, and the operation; or nil and what is wrong
function providers.find(name, operation)
  local module = named(name, providers.modules)
  if not module then
    return nil, check.unknown(name, providers.modules, "provider") .. "; --provider FILE loads a definition"
  end
  local about = core.provider(module.provider)
  local found = operation and named(operation, about.operations)
  if operation and not found then
    return nil, ("%s: %s"):format(about.name, check.unknown(operation, about.operations, "operation"))
  end
  return about, found
end

return providers
