--- The providers and their operations as commands behind `cards call`, and the parameters as options.

local arguments = require "cards.cli.program.arguments"
local check = require "cards.util.check"
local core = require "cards.core"
local environment = require "cards.cli.environment"
local providers = require "cards.cli.program.providers"

local operations = {}

local unpack = table.unpack or unpack -- luacheck: ignore

--- The options of `cards call` itself, as keys.
operations.own = { provider = true, mapping = true, policy = true, timeout = true, retries = true, json = true, help = true }

--- The option of a parameter: "--card-id" of "card_id".
function operations.option(name)
  return "--" .. (operations.own[name] and "param-" or "") .. name:gsub("_", "-")
end

local TYPES = { string = "Text", integer = "A whole number", number = "A number", boolean = "true or false", object = "A JSON object",
  list = "A text; again for each more of the list" }

--- Adds the option of a parameter. @return it
local function add_parameter(parser, name, param)
  local text = (param.enum and "One of these" or TYPES[param.type] or param.type) .. (param.required and ", required" or "")
    .. (param.default ~= nil and ", or else " .. check.line(param.default) or "")
  local option = parser:option(operations.option(name), text .. "."):target("param " .. name)
  if param.enum then
    option:choices(param.enum)
  else
    option:argname(param.type:upper())
  end
  return param.type == "list" and option:count "*" or option
end

--- The variables that a call reads, as lines of a help text.
local function variables(about, operation)
  local lines = {}
  local function add(name, text)
    lines[#lines + 1] = ("   %-34s %s."):format(environment.variable(about.name, name), check.line(text))
  end
  add("base_url", about.base_url and ("The address, or else %s"):format(about.base_url) or "The address, required")
  for _, credential in ipairs(about.credentials) do
    local what = credential.kind == "value" and "A credential" or credential.kind == "setting" and "A setting"
    if what then
      add(credential.name, what .. (credential.optional and "" or credential.one_of and ", one of several" or ", required"))
    end
  end
  for _, name in ipairs(check.keys(operation.params)) do
    local param = operation.params[name]
    if param.sensitive then
      add(name, "A parameter that is a secret" .. (param.required and ", required" or ""))
    end
  end
  return table.concat(lines, "\n")
end

local VARIABLES = [[
Variables:
%s
   CARDS_CA_FILE, CARDS_PROXY, CARDS_INSECURE_HTTP=1

Where NAME takes a credential or a parameter, NAME_FILE takes the path of a file that has it.
`cards describe %s.%s`, with the same --provider FILE for a definition,
shows the fields of the record.]]

local function add_operation(parser, about, operation, common)
  local name = operation.operation
  local command = arguments.command(parser, name, ("%s %s"):format(operation.method, check.line((operation.base_url or "") .. operation.path)))
    :target("operation " .. name)
  local options = {}
  for _, param in ipairs(check.keys(operation.params)) do
    if not operation.params[param].sensitive then
      table.insert(options, add_parameter(command, param, operation.params[param]))
    end
  end
  command:group("Parameters", unpack(options)):group("Options of each call", unpack(common))
  command:epilog(VARIABLES:format(variables(about, operation), about.name, name))
end

--- Adds a command for each provider, with one for each operation.
-- @param parser of `cards call`
-- @param common its options, which the help of an operation shows, too
function operations.add(parser, common)
  parser:command_target "name"
  local commands = {}
  for i, name in ipairs(providers.names) do
    local about = core.provider(name)
    local list = check.keys(about.operations)
    commands[i] = arguments.command(parser, name, table.concat(list, ", ")):target("provider " .. name):command_target "operation"
    commands[i]:description(("Operations of %s%s. `cards call %s OPERATION --help` lists the parameters of one.")
      :format(name, about.base_url and ", " .. check.line(about.base_url) or "", name))
    for _, operation in ipairs(list) do
      add_operation(commands[i], about, about.operations[operation], common)
    end
  end
  parser:group("Providers", unpack(commands))
end

return operations
