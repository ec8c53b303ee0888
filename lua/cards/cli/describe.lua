--- cards describe [PROVIDER[.OPERATION]]: shows providers, their credentials and operations.

local check = require "cards.util.check"
local core = require "cards.core"
local environment = require "cards.cli.environment"
local failure = require "cards.cli.program.failure"
local providers = require "cards.cli.program.providers"
local to_json = require "cards.cli.json"

local describe = {}

local EPILOG = [[
Examples:
   cards describe                              all operations
   cards describe %{name}                         its credentials, as variables of the environment
   cards describe %{name}.%{operation}            parameters, and fields of the record
   cards describe acme --provider acme.lua     a provider of a definition

`cards call PROVIDER OPERATION --help` says how one is called.]]

function describe.add(parser)
  parser:epilog(providers.with_example(EPILOG))
  parser:argument("name", "Provider, or provider.operation; all providers without it."):argname "NAME":args "?"
  parser:option("--provider", "A file with a provider's definition."):argname "FILE":target "definitions":count "*"
  parser:flag("--json", "Print a line of JSON.")
end

--- Writes lines. What is in them, a definition's own words too, has no control characters.
local function line(...)
  for text in (table.concat({ ... }) .. "\n"):gmatch "(.-)\n" do
    io.stdout:write(check.line(text), "\n")
  end
end

local function show_all(names)
  for _, name in ipairs(names) do
    local operations = {}
    for _, operation in ipairs(check.keys(core.provider(name).operations)) do
      operations[#operations + 1] = name .. "." .. operation
    end
    line(table.concat(operations, "\n"))
  end
end

--- "GET /cards/{card_id}", with the operation's own base_url.
local function address(operation)
  local path = (operation.base_url or "") .. operation.path
  for _, step in ipairs(operation.before or {}) do
    path = step.url and ("to '%s' of %s"):format(step.url, step.operation) or path
  end
  return operation.method .. " " .. path
end

--- "card_id = card_id, url = link", of a table.
local function pairs_of(given)
  local list = {}
  for _, name in ipairs(check.keys(given)) do
    table.insert(list, ("%s = %s"):format(name, given[name]))
  end
  return table.concat(list, ", ")
end

--- What is called before the operation, and why.
local function show_first(operation)
  local lines = {}
  for _, entry in ipairs(operation.auth) do
    if entry.operation then
      table.insert(lines, ("  %s.%s%s  for a %s"):format(operation.provider, entry.operation, entry.url and " (" .. entry.url .. ")" or "",
        entry.into and ("token, into %s %s"):format(entry.into, entry.wire) or "key"))
    end
  end
  for _, step in ipairs(operation.before or {}) do
    local with, take = pairs_of(step.with), pairs_of(step.take)
    table.insert(lines, ("  %s.%s%s%s%s"):format(operation.provider, step.operation, with ~= "" and ", with " .. with or "",
      take ~= "" and ", for " .. take or "", step.url and (", for where it is sent (%s)"):format(step.url) or ""))
  end
  if lines[1] then
    line("\ncalled before it:\n", table.concat(lines, "\n"))
  end
  if operation.rate then
    line(("\nrate: %.14g calls in %.14g seconds"):format(operation.rate[1], operation.rate.per))
  end
end

local function show_provider(about)
  line(about.name, "  ", about.base_url or "without an address of its own")
  line "\ncredentials, from the environment:"
  for _, credential in ipairs(about.credentials) do
    local variable = environment.variable(about.name, credential.name)
    local note = credential.optional and " (optional)" or credential.one_of and " (one of several)" or ""
    if credential.kind == "value" then
      line("  ", variable, " or ", variable, "_FILE", note)
    elseif credential.kind == "setting" then
      line("  ", variable, note)
    else
      line("  ", credential.name, ": a function, in Lua only", note)
    end
  end
  line "\noperations:"
  for _, name in ipairs(check.keys(about.operations)) do
    line("  ", about.name, ".", name, "  ", address(about.operations[name]))
  end
end

local function show_operation(operation)
  line(operation.provider, ".", operation.operation, "  ", address(operation))
  line "\nparameters:"
  for _, name in ipairs(check.keys(operation.params)) do
    local param = operation.params[name]
    line("  ", name, "  ", param.type, param.required and ", required" or "", ", into ", param.into,
      param.enum and ", one of " .. table.concat(param.enum, ", ") or "", param.sensitive and ", from " .. environment.variable(operation.provider, name) or "")
  end
  show_first(operation)
  line("\nfields of the record", operation.response.root ~= "" and " (" .. operation.response.root .. ")" or "", ":")
  for _, path in ipairs(check.keys(operation.response.fields)) do
    line("  ", path, "  ", operation.response.fields[path])
  end
end

function describe.run(options)
  local ok, wrong = providers.load(options.definitions)
  if not ok then
    return nil, wrong
  end
  local name, wanted = (options.name or ""):match "^([^.]*)%.?(.*)$"
  local about, operation
  if options.name then
    about, operation = providers.find(name, wanted ~= "" and wanted or nil)
    if not about then
      return nil, operation, failure.USAGE
    end
  end
  if options.json then
    line(assert(to_json(operation or about or providers.names)))
  elseif operation then
    show_operation(operation)
  elseif about then
    show_provider(about)
  else
    show_all(providers.names)
  end
  return 0
end

return describe
