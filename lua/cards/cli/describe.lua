--- cards describe [PROVIDER[.OPERATION]]: shows providers, their credentials and operations.

local check = require "cards.util.check"
local core = require "cards.core"
local environment = require "cards.cli.environment"
local providers = require "cards.cli.providers"
local to_json = require "cards.cli.json"

local describe = {}

function describe.add(parser)
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
    line("  ", about.name, ".", name, "  ", about.operations[name].method, " ", about.operations[name].path)
  end
end

local function show_operation(operation)
  line(operation.provider, ".", operation.operation, "  ", operation.method, " ", operation.path)
  line "\nparameters:"
  for _, name in ipairs(check.keys(operation.params)) do
    local param = operation.params[name]
    line("  ", name, "  ", param.type, param.required and ", required" or "", ", into ", param.into,
      param.enum and ", one of " .. table.concat(param.enum, ", ") or "", param.sensitive and ", from " .. environment.variable(operation.provider, name) or "")
  end
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
      return nil, operation
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
