--- The configuration of a client: checks what `new` takes, and makes the client.

local check = require "cards.util.check"
local core = require "cards.core"
local each = require "cards.util.each"
local places = require "cards.client.credential"
local fetch = require "cards.client.fetch"
local misnomers = require "cards.client.misnomers"
local rate = require "cards.client.rate"
local shared = require "cards.resilience.shared"
local urls = require "cards.client.urls"

local client = {}

local unpack = table.unpack or unpack -- luacheck: ignore

--- The path of a file. What is wrong with the file itself is found where core.client reads it.
local function path(value, key)
  if type(value) == "string" and value:find "^%s*%-%-%-%-%-BEGIN" then
    return ("%s must be the path of a file, not what is in it"):format(key)
  end
  return check.text(value, key)
end

local tls = {
  ca_file = path,
  cert_file = path,
  key_file = path,
  key_password = check.credential,
  pinned_public_key = function(value, key)
    return check.text(value, key) or (not value:find "^sha256//" and ("%s must begin with sha256//"):format(key)) or nil
  end,
  min_version = check.one_of("1.2", "1.3"),
}

local LONGEST_CALL = 900 -- seconds; whoever writes more has milliseconds in mind

local seconds, of_call = check.number(0.001, 86400), check.number(0.001, LONGEST_CALL)

local function call_seconds(value, key)
  if type(value) == "number" and value > LONGEST_CALL and value < 1e8 then
    return ("%s is in seconds, %d at most: for %.16g milliseconds write %.16g"):format(key, LONGEST_CALL, value, value / 1000)
  end
  return of_call(value, key)
end

--- Settings of a client that a call can set, too.
local both = {
  timeout = call_seconds,
  connect_timeout = call_seconds,
  retries = check.number(0, 100, true),
  max_response_bytes = check.number(1, 1024 * 1024 * 1024, true),
  headers = check.headers,
}

--- The options of a call.
local options = { tag = check.label }
for key, test in pairs(both) do
  options[key] = test
end

--- Whether a text is empty or ":" and a port.
local function is_port(text)
  local port = tonumber(text:match "^:(%d%d?%d?%d?%d?)$")
  return text == "" or (port ~= nil and port >= 1 and port <= 65535)
end

--- What is wrong with a base_url, or nil.
function client.check_url(value, key)
  local wrong = check.text(value, key)
  if wrong then
    return wrong
  elseif #value > 2000 then
    return ("%s is longer than 2000 bytes"):format(key)
  end
  local rest = value:match "^%a[%w+.-]*://(.+)$"
  if not rest then
    return ("%s must be a URL that begins with https://"):format(key)
  elseif value:find "[%s\"<>\\^`{|}]" then
    return ("%s contains a character that a URL cannot have"):format(key)
  elseif rest:find "[?#]" then
    return ("%s must have neither a query nor a fragment"):format(key)
  elseif rest:match "^[^/]*":find "@" then
    return ("%s must not contain a user or password"):format(key)
  end
  local host, port = urls.cut_host(rest:match "^[^/]*")
  if not host then
    return ("%s %s"):format(key, port or "has no host")
  elseif not is_port(port) then
    return ("%s has a port that is none"):format(key)
  end
  return check.no_pan(value, key)
end

local PROXY_SCHEMES = { http = true, https = true, socks4 = true, socks4a = true, socks5 = true, socks5h = true }

local function check_proxy_url(value, key)
  local wrong = check.text(value, key)
  if wrong then
    return wrong
  end
  local scheme, authority = value:match "^(%a[%w+.-]*)://([^/]+)/?$"
  authority = authority or value:match "^([^/]+)$"
  if not authority or authority:find "[%s\"<>\\^`{|}?#]" then
    return ("%s must be a URL or host:port"):format(key)
  elseif scheme and not PROXY_SCHEMES[scheme:lower()] then
    return ("%s must begin with http://, https://, socks4://, socks4a://, socks5:// or socks5h://"):format(key)
  end
  local host, port = urls.cut_host(authority:match "[^@]*$")
  if not host then
    return ("%s %s"):format(key, port or "must be a URL or host:port")
  elseif not is_port(port) then
    return ("%s has a port that is none"):format(key)
  end
end

local proxy = {
  url = check_proxy_url,
  user = function(value, key)
    return check.text(value, key) or (value:find(":", 1, true) and ("%s contains a colon, which would end it"):format(key)) or nil
  end,
  password = check.credential,
}

local common = {
  base_url = client.check_url,
  proxy = function(value, key)
    if type(value) ~= "table" then
      return check_proxy_url(value, key)
    end
    local wrong = check.table(value, proxy, key .. ".") or (not value.url and ("%s.url is required"):format(key))
    if not wrong and value.password and not value.user then
      wrong = ("%s.user is required where %s.password is given"):format(key, key)
    elseif not wrong and value.user and value.url:find "@" then
      wrong = ("%s.url must not contain a user or password where %s.user is given"):format(key, key)
    end
    return wrong or nil
  end,
  user_agent = function(value, key)
    return check.text(value, key) or (#value > 200 and ("%s is longer than 200 bytes"):format(key)) or check.no_pan(value, key)
  end,
  insecure_http = check.boolean,
  max_connections = check.number(1, 1000000, true),
  idle_timeout = seconds,
  max_age = seconds,
  on_event = check.callback,
  shared = shared.known.shared,
  on_loss = shared.known.on_loss,
  base_urls = urls.check(client.check_url),
  tls = function(value) return check.table(value, tls, "tls.", misnomers.of_tls) end,
}
for key, test in pairs(both) do
  common[key] = test
end

--- Whether `new` of every provider takes a key of that name, so that no credential can have it.
function client.takes(key)
  return common[key] ~= nil or key == "defaults"
end

--- What is wrong with headers where a definition sets the same ones, or nil.
local function check_own_headers(about, headers)
  for name in each(about and about.headers and headers or {}) do
    if about.headers[name:lower()] then
      return ("headers.%s is set by the library"):format(name)
    end
  end
end

--- What is wrong with the options of a call, or nil.
-- @param about the client's provider, as for client.new
function client.check_options(value, about)
  if type(value) ~= "table" then
    return "the options must be a table"
  end
  local function says(key) return misnomers.of_call(key, options, client.takes) end
  return check.table(value, options, nil, says) or check_own_headers(about, rawget(value, "headers"))
end

--- Whether a setting is a part of the URL or of a header of any operation where the definition does not allow a card's number.
local function is_seen(about, name)
  local seen = false
  for _, operation in pairs(about.operations) do
    local setting = operation.settings[name]
    seen = seen or setting ~= nil and check.SEEN[setting.into] == true and not setting.allow_pan
  end
  return seen
end

-- The check does not hold `about`, which known_keys has as a weak key.
local function check_credential(credential, about)
  local seen = credential.kind == "setting" and is_seen(about, credential.name)
  return function(value, key)
    if credential.kind == "function" then
      return check.callback(value, key)
    elseif credential.kind == "setting" then
      return check.text(value, key) or seen and check.no_pan(value, key) or nil
    end
    return not check.is_callable(value) and check.credential(value, key, credential.type == "pem") or nil
  end
end

local function check_default(param)
  return function(value, key)
    local plain = param.type == "boolean" and "boolean" or param.type ~= "string" and "number" or nil
    if type(value) ~= "string" and type(value) ~= plain and not check.is_secret(value) then
      return ("%s must be %s string or a secret"):format(key, plain and ("a %s, a"):format(plain) or "a")
    end
    return param.enum and type(value) == "string" and check.one_of(unpack(param.enum))(value, key) or nil
  end
end

--- A check that passes what one of two checks passes. Several operations may have a parameter of the same name.
local function either(one, other)
  return function(value, key)
    local wrong = one(value, key)
    return wrong and other(value, key) and wrong
  end
end

local function check_defaults(about)
  local known = {}
  for _, operation in ipairs(check.keys(about.operations)) do
    for name, param in pairs(about.operations[operation].params) do
      known[name] = known[name] and either(known[name], check_default(param)) or check_default(param)
    end
  end
  return function(value) return check.table(value, known, "defaults.") end
end

local known_keys = setmetatable({}, { __mode = "k" }) -- by provider

local function keys_of(about)
  local known = known_keys[about]
  if not known then
    known = { defaults = check_defaults(about) }
    for key, test in pairs(common) do
      known[key] = test
    end
    for _, credential in ipairs(about.credentials) do
      known[credential.name] = check_credential(credential, about)
    end
    known_keys[about] = known
  end
  return known
end

--- What is wrong with the set of credentials, or nil.
-- @param missing what cards.secret.from_env and from_file did not find, see core.missing: it may be why a credential is nil
local function check_given(about, config, missing)
  local groups = {}
  local why = missing[1] and ", and nothing came of " .. table.concat(missing, "; ") or ""
  for _, credential in ipairs(about.credentials) do
    local given = config[credential.name] ~= nil
    local group = credential.one_of
    if group then
      groups[group] = groups[group] or { given = 0 }
      table.insert(groups[group], credential.name)
      groups[group].given = groups[group].given + (given and 1 or 0)
    elseif not given and not credential.optional then
      return ("%s is required%s"):format(credential.name, why)
    end
  end
  for _, group in pairs(groups) do
    if group.given ~= 1 then
      return ("exactly one of %s is required%s"):format(table.concat(group, ", "), group.given == 0 and why or "")
    end
  end
end

local function check_scheme(config, url, what)
  local scheme = url:match "^(%a[%w+.-]*)://":lower()
  if scheme ~= "https" and not (scheme == "http" and config.insecure_http) then
    return ("%s must begin with https:// (insecure_http = true allows http://, for tests)"):format(what)
  end
end

local function check_security(config, where)
  local wrong = check_scheme(config, where.base_url, "base_url")
  for _, operation in ipairs(check.keys(where.bases)) do
    wrong = wrong or check_scheme(config, where.bases[operation], ("base_url of %s"):format(operation))
  end
  for _, one in ipairs(where.leads) do
    wrong = wrong or check_scheme(config, one.to, "base_urls: a value")
  end
  if wrong then
    return wrong
  end
  local files = config.tls or {}
  if files.key_file and not files.cert_file then
    return "tls.cert_file is required where tls.key_file is given"
  end
end

--- The headers that are secrets, or the others, by name; nil where there are none.
local function headers_of(config, secret)
  local some
  for name, value in pairs(config.headers or {}) do
    if check.is_secret(value) == secret then
      some = some or {}
      some[name] = value
    end
  end
  return some
end

--- Whether a client sends a header of a trace itself.
local function sets_trace(about, config)
  for _, headers in ipairs { about.headers, config.headers } do
    for name in pairs(headers) do
      if name:lower() == "traceparent" or name:lower() == "tracestate" then
        return true
      end
    end
  end
  return false
end

--- The settings as the flat table that core.client reads.
local function flatten(config, where)
  local settings = {}
  for key in pairs(common) do
    settings[key] = config[key]
  end
  for key in pairs(tls) do
    settings[key] = config.tls and config.tls[key]
  end
  settings.tls, settings.on_event, settings.shared, settings.on_loss, settings.base_urls = nil, nil, nil, nil, nil
  if type(config.proxy) == "table" then
    settings.proxy, settings.proxy_user, settings.proxy_password = config.proxy.url, config.proxy.user, config.proxy.password
  end
  settings.headers = headers_of(config, false)
  settings.base_url, settings.bases = where.base_url, next(where.bases) and where.bases
  settings.insecure_http = config.insecure_http and 1 or 0
  return settings
end

--- Adds a source: a function that gives a value for calls. Sources are asked in this order.
-- @param source { name, call, renew = function(call, refused) for another value after a 401, signs = "payload" or "request", credential = of a signer }; or
--   { name, fetched, what } of cards.client.fetch
local function add_source(private, source)
  table.insert(private.sources, source)
  private.sources[source.name] = source
end

--- Adds the credentials of a configuration, and the sources of those that are functions. Sources that sign come last, as they may sign with a credential.
-- @return true; or nil and an error where there is no memory for a secret
local function add_credentials(private, about, config, base_url)
  local signers = {}
  for _, credential in ipairs(about.credentials) do
    local name, value = credential.name, config[credential.name]
    if credential.kind == "function" then
      table.insert(signers, value and { name = name, call = value, signs = "payload" })
    elseif check.is_callable(value) then
      add_source(private, { name = name, call = value, renew = type(value) == "table" and value.renew or nil })
    elseif type(value) == "string" and credential.kind ~= "setting" then
      local secret, err = core.secret(value, "credential")
      if not secret then
        return nil, err
      end
      private.credentials[name] = secret
    else
      private.credentials[name] = value
    end
  end
  for _, source in ipairs(private.flow and fetch.sources(private, about.name, config, base_url) or {}) do
    add_source(private, source)
  end
  for _, signer in ipairs(about.signers or {}) do
    table.insert(signers, { name = signer.name, call = signer.sign, signs = "request", credential = signer.credential })
  end
  for _, signer in ipairs(signers) do
    add_source(private, signer)
  end
  return true
end

--- What is wrong with a configuration, or nil and where its calls go.
local function check_config(about, config, missing)
  if config.http_version ~= nil then
    return "http_version is no setting any more: " .. misnomers.http_version
  end
  local known = keys_of(about)
  local function says(key) return misnomers.of_new(key, known, tls, about) end
  local wrong = check.table(config, known, nil, says) or check_own_headers(about, rawget(config, "headers")) or check_given(about, config, missing)
    or shared.wrong({ shared = config.shared, on_loss = config.on_loss, name = "" }, "name")
  for name, value in pairs(not wrong and config.headers or {}) do
    wrong = wrong or check.credential(value, "headers." .. name)
  end
  if wrong then
    return wrong
  end
  local where
  where, wrong = urls.read(about, config)
  wrong = wrong or check_security(config, where)
  return wrong, where
end

--- What is to be done before the calls of operations, by their names: { turn, before = steps }; nil where there is nothing. cards.testing has
-- { run } there, which answers a call in the place of all else.
local function plans_of(about, config, base_url)
  local plans = {}
  for operation, turn in pairs(about.flow and next(about.flow.rate) and rate.turns(about, config, base_url) or {}) do
    plans[operation] = { turn = turn }
  end
  for operation, before in pairs(about.flow and about.flow.before or {}) do
    plans[operation] = plans[operation] or {}
    plans[operation].before = before
  end
  return next(plans) and plans
end

--- Makes a client.
-- @param about the provider, as core.provider returns it; of a definition with `handle` and `signers`
-- @param methods the table of the client's methods
-- @param config as docs/design/contract.md lists it
-- @return the client; or nil and what is wrong with the configuration, a string; or nil and an error where there is no memory for a secret
function client.new(about, methods, config)
  local missing = core.missing()
  if type(config) ~= "table" then
    return nil, "a table of settings is required"
  end
  local files
  config, files = places.read(about, config)
  if not config then
    return nil, files
  end
  local wrong, where = check_config(about, config, missing)
  if wrong then
    return nil, wrong
  end
  local private = {
    methods = methods, operations = about.operations, credentials = {}, sources = {}, defaults = {}, on_event = config.on_event, timeout = config.timeout or 30,
    headers = headers_of(config, true), sets_trace = sets_trace(about, config), flow = about.flow,
    plans = plans_of(about, config, where.base_url) or nil, aims = where, files = files,
  }
  for name, value in pairs(config.defaults or {}) do
    private.defaults[name] = value
  end
  local ok, err = add_credentials(private, about, config, where.base_url)
  if not ok then
    return nil, err
  end
  local made
  made, err = core.client(about.handle or about.name, flatten(config, where), private)
  if made then
    fetch.bind(private, made)
  end
  return made, err
end

return client
