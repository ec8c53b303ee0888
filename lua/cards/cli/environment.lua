--- Configuration and parameters of a provider from the environment: CARDS_<PROVIDER>_<NAME>, or CARDS_<PROVIDER>_<NAME>_FILE with the path of a file.

local cards = require "cards"
local core = require "cards.core"

local environment = {}

--- "CARDS_ALIX_ACCESS_TOKEN" of "alix" and "access_token".
function environment.variable(provider, name)
  return ("CARDS_%s_%s"):format(provider, name):upper():gsub("[^%w]", "_")
end

--- The advice for a variable that is not set.
function environment.hint(provider, name)
  local variable = environment.variable(provider, name)
  return ("set %s, or %s_FILE to the path of a file that has it"):format(variable, variable)
end

--- A secret from the file that <variable>_FILE names, or from the variable.
-- @return the secret; nil where neither is set; or nil and an error
local function secret(variable)
  local path = os.getenv(variable .. "_FILE")
  if path then
    return cards.secret.from_file(path)
  elseif os.getenv(variable) then
    return cards.secret.from_env(variable)
  end
end

--- `base_urls` of a text: "https://id.acme.example=http://127.0.0.1:1", several with spaces between them. @return a table, or nil
local function base_urls(text)
  local made
  for from, to in (text or ""):gmatch "(%S-)=(%S+)" do
    made = made or {}
    made[from] = to
  end
  return made
end

--- The configuration for `new` of a provider.
-- @param name of the provider
-- @return a table; or nil and what is wrong
function environment.config(name)
  local about = core.provider(name)
  local config = {
    base_url = os.getenv(environment.variable(name, "base_url")),
    base_urls = base_urls(os.getenv(environment.variable(name, "base_urls"))),
    insecure_http = os.getenv "CARDS_INSECURE_HTTP" == "1" or nil,
    proxy = os.getenv "CARDS_PROXY",
    tls = os.getenv "CARDS_CA_FILE" and { ca_file = os.getenv "CARDS_CA_FILE" } or nil,
  }
  if not config.base_url and not about.base_url then
    return nil, ("set %s: %s has no address of its own"):format(environment.variable(name, "base_url"), name)
  end
  local groups = {} -- of alternatives: the name of the first one, or true where one is set
  for _, credential in ipairs(about.credentials) do
    local variable, err = environment.variable(name, credential.name), nil
    if credential.kind == "setting" then
      config[credential.name] = os.getenv(variable)
    elseif credential.kind == "value" then
      config[credential.name], err = secret(variable)
    end
    local given = config[credential.name] ~= nil
    if err then
      return nil, err.message
    elseif credential.one_of then
      groups[credential.one_of] = given or groups[credential.one_of] or credential.name
    elseif not given and not credential.optional and credential.kind == "value" then
      return nil, environment.hint(name, credential.name)
    end
  end
  for _, first in pairs(groups) do
    if first ~= true then
      return nil, environment.hint(name, first)
    end
  end
  return config
end

--- A parameter as a secret; nil where it is not set; or nil and an error.
function environment.parameter(provider, name)
  return secret(environment.variable(provider, name))
end

return environment
