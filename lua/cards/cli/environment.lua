--- Configuration and parameters of a provider from the environment of the program, by the names that cards.client.environment has for everybody.

local cards = require "cards"
local core = require "cards.core"
local of_client = require "cards.client.environment"

local environment = { variable = of_client.variable, hint = of_client.hint }

--- The configuration for `new` of a provider.
-- @param name of the provider
-- @return a table; or nil and what is wrong
function environment.config(name)
  return of_client.config(core.provider(name))
end

--- A parameter as a secret; nil where it is not set; or nil and an error.
function environment.parameter(provider, name)
  local place = of_client.place(provider, name)
  if place and place.file then
    return cards.secret.from_file(place.file)
  end
  return place and cards.secret.from_env(place.env)
end

return environment
