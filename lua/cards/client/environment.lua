--- The configuration of a client from the environment: CARDS_<PROVIDER>_<NAME>, or CARDS_<PROVIDER>_<NAME>_FILE with the path of a file. The program `cards`
-- has the same variables.

local check = require "cards.util.check"
local host = require "cards.async.host"

local environment = {}

--- The value of a variable; nil where it is not set or empty.
local function get(variable)
  local value = os.getenv(variable)
  return value ~= "" and value or nil
end

--- "CARDS_ALIX_ACCESS_TOKEN" of "alix" and "access_token".
function environment.variable(provider, name)
  return ("CARDS_%s_%s"):format(provider, name):upper():gsub("[^%w]", "_")
end

--- The advice for a variable that is not set.
function environment.hint(provider, name)
  local variable = environment.variable(provider, name)
  return ("set %s, or %s_FILE to the path of a file that has it"):format(variable, variable)
end

--- Where a credential is, as `new` takes it: { file = "PATH" } of <variable>_FILE, or { env = "NAME" }; nil where neither is set.
function environment.place(provider, name)
  local variable = environment.variable(provider, name)
  local path = get(variable .. "_FILE")
  return path and { file = path } or get(variable) and { env = variable } or nil
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

--- Settings of TLS with the CA file of the environment, where they name none.
local function with_ca_file(tls)
  local ca_file = get "CARDS_CA_FILE"
  if not ca_file or type(tls or {}) ~= "table" then
    return tls
  end
  local made = { ca_file = ca_file }
  for key, value in pairs(tls or {}) do
    made[key] = value
  end
  return made
end

--- What is to be set of a provider's credentials and settings, as a configuration has not all of them. @return a list of hints
local function missing_of(config, about)
  local list, groups, given = {}, {}, {}
  for _, credential in ipairs(about.credentials) do
    local group, absent = credential.one_of, config[credential.name] == nil and credential.kind ~= "function"
    local variable = environment.variable(about.name, credential.name)
    if group then
      groups[group] = groups[group] or {}
      given[group] = given[group] or config[credential.name] ~= nil
      table.insert(groups[group], absent and variable or nil)
    elseif absent and not credential.optional then
      table.insert(list, credential.kind == "value" and environment.hint(about.name, credential.name) or "set " .. variable)
    end
  end
  for _, group in ipairs(check.keys(groups)) do
    if not given[group] then
      table.insert(list, ("set one of %s, or its _FILE"):format(table.concat(groups[group], ", ")))
    end
  end
  return list
end

--- The configuration for `new` of a provider. A name that is `nil` there is read from the environment.
-- @param about the provider, as core.provider returns it
-- @param options keys of `new` that count instead of variables, or nil
-- @return a table; or nil and what is wrong: all variables that are to be set
function environment.config(about, options)
  local config = {}
  for key, value in pairs(options or {}) do
    config[key] = value
  end
  local name = about.name
  config.base_url = config.base_url or get(environment.variable(name, "base_url"))
  config.base_urls = config.base_urls or base_urls(get(environment.variable(name, "base_urls")))
  config.proxy = config.proxy or get "CARDS_PROXY"
  config.tls = with_ca_file(config.tls)
  if config.insecure_http == nil and get "CARDS_INSECURE_HTTP" == "1" then
    config.insecure_http = true
  end
  for _, credential in ipairs(about.credentials) do
    local of = credential.name
    if config[of] == nil and credential.kind == "value" then
      config[of] = environment.place(name, of)
    elseif config[of] == nil and credential.kind == "setting" then
      config[of] = get(environment.variable(name, of))
    end
  end
  local missing = missing_of(config, about)
  if not config.base_url and not about.base_url then
    table.insert(missing, 1, ("set %s (%s has no address of its own)"):format(environment.variable(name, "base_url"), name))
  end
  if missing[1] then
    return nil, table.concat(missing, "; ") .. (host.is_nginx and " (nginx keeps from its workers what no line `env NAME;` names)" or "")
  end
  return config
end

return environment
