--- The module of a provider: `new`, a function for each operation, `start` and `pages`.

local absent = require "cards.util.absent"
local call = require "cards.client.call"
local check = require "cards.util.check"
local client = require "cards.client.config"
local core = require "cards.core"
local environment = require "cards.client.environment"
local map = require "cards.card.map"
local pages = require "cards.client.pages"
local paths = require "cards.define.paths"
local start = require "cards.async.loop"

local provider = {}

local abouts = setmetatable({}, { __mode = "k" }) -- by module
local modules = {} -- by the provider's name; of definitions the last one
local built_in = {} -- by the provider's name, the mappings that its module brings

--- The provider of a module, as core.provider describes it; nil for any other table.
function provider.about(module)
  return abouts[module]
end

--- The modules by the names of their providers.
function provider.modules()
  return modules
end

--- Has a function called before each call of the module's clients.
function provider.watch(module, look)
  abouts[module].look = look
end

--- Adds `pages`: client:pages("list", parameters, options) returns an iterator over the pages of a list, see cards.client.pages.
local function add_pages(module, name, about, check_call)
  function module.pages(self, operation, parameters, options)
    check_call(self, "pages", options, operation)
    local page = about.pages[operation]
    if not page then
      error(("cards.%s.pages: %s has no pages%s"):format(name, check.shown(operation), (check.meant(operation, about.pages))), 2)
    elseif parameters ~= nil and type(parameters) ~= "table" then
      error(("cards.%s.pages: the parameters must be a table"):format(name), 2)
    end
    local function one(asked) return module[operation](self, asked, options) end
    return pages(one, page, ("%s.%s"):format(name, operation), parameters, about.operations[operation].params[page.into])
  end
end

--- Prepares what calls look up: the provider's own headers as keys, and by operation the paths of its pages.
local function prepare(about)
  local headers = {}
  for _, header in ipairs(about.headers) do
    headers[header:lower()] = true
  end
  about.headers, about.pages = headers, {}
  for name, operation in pairs(about.operations) do
    if operation.pages then
      about.pages[name] = { into = operation.pages.into }
      about.pages[name].items = paths.list(operation.pages.items)
      for _, key in ipairs { "cursor", "more", "last" } do
        about.pages[name][key] = operation.pages[key] and paths.parse(operation.pages[key])
      end
    end
  end
end

--- What a message says behind "…, not table" where the first argument is no client: how a function is called.
local function how(self, name, operation)
  return core.private(self) and "" or (": use a colon, client:%s(…), where client is what cards.%s.new { … } returned"):format(operation, name)
end

--- The function of an operation: function(client, parameters, options).
local function caller(about, operation)
  local name = about.name
  local full_name = ("cards.%s.%s"):format(name, operation)
  return function(self, parameters, options)
    local wrong = options ~= nil and client.check_options(options, about)
    if wrong then
      error(("%s: %s"):format(full_name, wrong), 2)
    elseif about.look then
      about.look()
    end
    local record, err, misuse = call(name, operation, self, parameters, options, full_name)
    if misuse then
      error(("%s: %s%s"):format(full_name, misuse, how(self, name, operation)), 2)
    end
    return record, err
  end
end

--- Adds `new` and `from_env`, which make clients.
local function add_makers(module, about)
  --- Raises an error, at the line that called the caller, where a colon was written: then the first argument is what stands before it.
  local function check_dot(what, arguments, first)
    if abouts[first] or core.private(first) then
      error(("cards.%s.%s: use a dot, cards.%s.%s%s, and not a colon"):format(about.name, what, about.name, what, arguments), 3)
    end
  end

  --- A client of that configuration, or of nil and what is wrong with it. Raises an error at the line that called the caller, where that is wrong.
  local function client_of(what, config, wrong)
    local made
    if config ~= nil or not wrong then
      made, wrong = client.new(about, module, config)
    end
    if type(wrong) == "table" then
      return nil, wrong
    elseif not made then
      error(("cards.%s.%s: %s"):format(about.name, what, wrong), 3)
    end
    return made
  end

  --- Makes a client. Raises an error where the configuration is wrong.
  -- @param config as docs/design/contract.md lists it
  -- @return the client; or nil and an error where there is no memory for a credential
  function module.new(config)
    check_dot("new", " { … }", config)
    local made, err = client_of("new", config)
    return made, err -- no tail call: an error is at the caller's line
  end

  --- Makes a client of environment variables: CARDS_<PROVIDER>_BASE_URL, CARDS_<PROVIDER>_<CREDENTIAL> or its _FILE, CARDS_CA_FILE, CARDS_PROXY.
  -- @param options keys of `new`, which count instead of variables; nil for none
  -- @return as new
  function module.from_env(options)
    check_dot("from_env", "()", options)
    if options ~= nil and type(options) ~= "table" then
      error(("cards.%s.from_env: the options must be a table"):format(about.name), 2)
    end
    local made, err = client_of("from_env", environment.config(about, options))
    return made, err
  end
end

local function make(about)
  prepare(about)
  local name = about.name
  local module = { provider = name }
  abouts[module], modules[name] = about, module
  add_makers(module, about)

  --- The client's private table. Raises an error, at the line that called the caller, for anything but such a client, or for wrong options.
  -- @param method "start" or "pages"
  local function check_call(self, method, options, operation)
    local private, other = core.private(self)
    local full_name = ("cards.%s.%s"):format(name, method)
    if other ~= name then
      local got = other and ("a cards.%s client"):format(other) or type(self)
      error(("%s: the first argument must be a cards.%s client, not %s%s"):format(full_name, name, got, how(self, name, method)), 3)
    elseif private.operations ~= about.operations and not private.operations[operation] then
      error(("%s: the client is of another definition of %s, which has no such operation"):format(full_name, name), 3)
    end
    local wrong = options ~= nil and client.check_options(options, about)
    if wrong then
      error(("%s: %s"):format(full_name, wrong), 3)
    elseif about.look then
      about.look()
    end
    return private
  end

  for operation in pairs(about.operations) do
    module[operation] = caller(about, operation)
  end

  --- Starts an operation for an event loop.
  -- @return a started call, see cards.async.loop
  function module.start(self, operation, parameters, options)
    local private = check_call(self, "start", options, operation)
    local wrong = type(operation) ~= "string" and "the name of an operation is expected first, as in client:start(\"name\", { … })"
      or not about.operations[operation] and check.unknown(operation, about.operations, "operation")
    check.argument(("cards.%s.start"):format(name), wrong)
    local seconds = options and options.timeout or private.timeout
    return start(seconds, call, name, operation, self, parameters, options)
  end

  if next(about.pages) then
    add_pages(module, name, about, check_call)
  end
  return setmetatable(module, absent.functions("cards." .. name, module, "operation"))
end

--- The module of a built-in provider, cards.<name>.
-- @param name of the provider
-- @param mappings by operation, as cards.map.define takes them
-- @return { provider = name, new = function(config), start, <operation> = function(client, parameters, options), … }
function provider.module(name, mappings)
  built_in[name] = mappings
  for operation, mapping in pairs(mappings) do
    map.define(("%s.%s"):format(name, operation), mapping)
  end
  return make(core.provider(name))
end

--- The mappings that the module of a built-in provider brings, by operation.
function provider.mappings(name)
  return built_in[name]
end

--- The module of a definition. It keeps that definition, even if another one of the same name follows.
-- @param handle what core.define returned
-- @param signers the functions that sign: a list of { name, credential, sign }
function provider.defined(handle, signers)
  local about = core.provider(handle)
  about.handle, about.signers, about.flow = handle, signers[1] and signers, core.flow(handle)
  return make(about)
end

return provider
