--- The providers that a subcommand knows: the built-in ones, and those whose definitions its options name.

local cards = require "cards"
local check = require "cards.util.check"
local core = require "cards.core"
local load_script = require "cards.script.load"

local providers = {
  names = core.providers(), -- built-in ones first
  modules = {},             -- by name
}

for _, name in ipairs(providers.names) do
  providers.modules[name] = cards[name]
end

--- Loads files.
-- @param only_definitions whether other files are a mistake
-- @return true; or nil and what is wrong
function providers.load(paths, only_definitions)
  for _, path in ipairs(paths) do
    local made, err = load_script(path)
    if not made then
      return nil, tostring(err)
    elseif type(made) == "table" and made.provider then
      table.insert(providers.names, made.provider)
      providers.modules[made.provider] = made
    elseif only_definitions then
      return nil, ("%s: it is no provider's definition"):format(path)
    end
  end
  return true
end

--- A provider and one of its operations, as core.provider describes them.
-- @param operation name, or nil
-- @return the provider, and the operation; or nil and what is wrong
function providers.find(name, operation)
  local about = providers.modules[name] and core.provider(name)
  if not about then
    return nil, ("there is no provider '%s'%s; --provider FILE loads a definition"):format(check.shown(name), (check.meant(name, providers.modules)))
  elseif operation and not about.operations[operation] then
    return nil, ("%s has no operation '%s'%s"):format(name, check.shown(operation), (check.meant(operation, about.operations)))
  end
  return about, operation and about.operations[operation]
end

return providers
