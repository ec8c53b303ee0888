--- cards call PROVIDER OPERATION: makes a call and shows the masked record.
--
-- To argparse a provider is a command, its operations are commands behind it, and their parameters are options, `--card-id` for card_id. The definitions that
-- --provider names are loaded for that before argparse parses the arguments.

local cards = require "cards"
local check = require "cards.util.check"
local check_options = require("cards.client.config").check_options
local core = require "cards.core"
local environment = require "cards.cli.environment"
local failure = require "cards.cli.program.failure"
local fields = require "cards.cli.program.fields"
local operations = require "cards.cli.program.operations"
local providers = require "cards.cli.program.providers"
local to_json = require "cards.cli.json"

local call = {}

local VALUED = { ["--provider"] = true, ["--mapping"] = true, ["--policy"] = true, ["--timeout"] = true, ["--retries"] = true }

--- The first two arguments that are no options, and the files of definitions.
local function look_ahead(list)
  local plain, files, i = {}, {}, 2
  while list[i] do
    local argument = list[i]
    if argument:find "^%-" then
      if argument == "--provider" then
        table.insert(files, list[i + 1])
      elseif argument:find "^%-%-provider=" then
        table.insert(files, argument:match "=(.*)")
      end
      i = i + (VALUED[argument] and 2 or 1)
    else
      table.insert(plain, argument)
      i = i + 1
    end
  end
  return plain[1], plain[2], files
end

local function asks_for_help(list)
  for _, argument in ipairs(list) do
    if argument == "--help" or argument == "-h" then
      return true
    end
  end
  return false
end

local VISIBLE = "--%s is no option, as arguments can be seen by every user of this machine: %s"

--- Why an option that no operation has is refused, or nil. Other users of the machine can see arguments, so they must not have a credential.
local function visible(about, name)
  for _, credential in ipairs(about.credentials) do
    if name == credential.name then
      return VISIBLE:format(name:gsub("_", "-"), environment.hint(about.name, name))
    end
  end
  for _, word in ipairs { "token", "secret", "passw", "credential", "_key$", "^key$" } do
    if name:find(word) then
      return VISIBLE:format(name:gsub("_", "-"), ("see `cards describe %s` for the environment"):format(about.name))
    end
  end
end

--- Why the options are refused, or nil.
local function refusal(list, about, operation)
  local known = {}
  for name in pairs(operations.own) do
    known["--" .. name] = true
  end
  for name in pairs(operation.params) do
    known[operations.option(name)] = true
  end
  for i = 2, #list do
    local option = list[i]:match "^%-%-?[%w_%-]+"
    local name = option and option:match "^%-*(.*)":lower():gsub("-", "_")
    local param = name and operation.params[name]
    if list[i] == "--" then
      return nil
    elseif param and param.sensitive then
      return VISIBLE:format(name:gsub("_", "-"), environment.hint(about.name, name))
    elseif name and not known[option] then
      local reason = visible(about, name) or option:find "^%-%-" and check.unknown(option, known, "option")
      if reason then
        return reason
      end
    end
  end
end

--- What is missing of PROVIDER OPERATION, and what there is.
local function missing(about)
  if not about then
    return ("which provider? There are %s; --provider FILE adds one"):format(table.concat(providers.names, ", "))
  end
  return ("which operation of %s? It has %s"):format(about.name, table.concat(check.keys(about.operations), ", "))
end

local DESCRIPTION = [[
Calls an operation of a provider and shows the card, masked: the neutral record by the provider's mapping, or else the provider's own record.
`cards call PROVIDER OPERATION --help` lists its parameters.]]

local EPILOG = [[
Examples:
   cards call %{name} %{operation} --card-id c_1
   cards call %{name} %{operation} --card-id c_1 --json | jq -r .number
   cards call acme show --provider acme.lua --mapping acme_mapping.lua --card-id c_1

Exit status:
]] .. failure.text() .. [[


With --json an error is an object on standard output, too: {"error":{"kind":"declined","message":...}}.
Its kind is one of the names above.]]

local function a_number(option)
  return function(text) return tonumber(text), option .. " takes a number" end
end

function call.add(parser, list)
  parser:description(DESCRIPTION):epilog(providers.with_example(EPILOG)):usage "Usage: cards call [OPTIONS] PROVIDER OPERATION [--PARAMETER VALUE ...]"
  local common = {
    parser:flag("--json", "Print a line of JSON, an error too."),
    parser:option("--provider", "A file with a provider's definition. Again for more of them."):argname "FILE":target "definitions":count "*",
    parser:option("--mapping", "A file with a mapping, in the place of the provider's own."):argname "FILE",
    parser:option("--policy", "A file with a masking policy for what is shown."):argname "FILE",
    parser:option("--timeout", "Seconds for the whole call (30)."):argname "SECONDS":convert(a_number "--timeout"),
    parser:option("--retries", "Tries after the first one (2)."):argname "NUMBER":convert(a_number "--retries"),
  }
  if list[1] == "completion" then
    operations.add(parser, common)
  end
  if list[1] ~= "call" then
    return nil
  end
  local name, wanted, files = look_ahead(list)
  local ok, why = providers.load(files, true)
  if not ok then
    return why
  end
  operations.add(parser, common)
  local about, operation
  if name then
    about, operation = providers.find(name, wanted)
    if not about then
      return operation
    end
  end
  if not operation then
    return not asks_for_help(list) and missing(about) or nil
  end
  return refusal(list, about, operation)
end

--- The value of an option, or of each of a list.
local function to_type(text, param)
  if param.type == "boolean" then
    return text == "true" or (text ~= "false" and text or false)
  elseif param.type == "integer" or param.type == "number" then
    return tonumber(text) or text
  elseif param.type == "object" then
    return core.json_decode(text) or text
  end
  return text
end

--- The parameters of the call, from the options or else the environment.
-- @return a table; or nil, what is wrong, and the status for that
local function parameters(options, operation)
  local given = {}
  for _, name in ipairs(check.keys(operation.params)) do
    local param, value, err = operation.params[name], options["param " .. name], nil
    if value ~= nil and not (param.type == "list" and value[1] == nil) then
      given[name] = to_type(value, param)
    else
      given[name], err = environment.parameter(options.name, name)
    end
    if err then
      return nil, err
    elseif given[name] == nil and param.required then
      local hint = environment.hint(options.name, name)
      return nil, ("%s is required: %s"):format(name, param.sensitive and hint or ("give %s, or %s"):format(operations.option(name), hint)), failure.USAGE
    end
  end
  return given
end

--- The policy and the mapping that the options name, of which the mapping is defined then. @return the policy; or nil and what is wrong
local function load_scripts(options)
  if options.mapping then
    local name = options.name .. "." .. options.operation
    local ok, mappings = providers.script(options.mapping, "mapping")
    if not ok then
      return nil, mappings
    elseif not mappings[name] then
      return nil, ("%s: it has a mapping of %s, but none of %s"):format(options.mapping, table.concat(check.keys(mappings), ", "), name)
    end
  end
  if options.policy then
    return providers.script(options.policy, "policy")
  end
  return cards.mask
end

--- The neutral record; where the operation has no mapping the provider's own one. @return a record; or nil and an error
local function card_of(record, options)
  if options.mapping or providers.has_mapping(options.name, options.operation) then
    return cards.card(record)
  end
  io.stderr:write(("cards: %s.%s has no mapping to a card (--mapping FILE, or `card` in its definition): this is the provider's own record\n")
    :format(options.name, options.operation))
  return record
end

--- @return a client; or nil and what is wrong
local function client_of(options)
  local config, wrong = environment.config(options.name)
  if not config then
    return nil, wrong
  end
  local ok, client, err = pcall(providers.modules[options.name].new, config)
  if not ok then
    return nil, client
  end
  return client, err
end

--- @return 0; or nil and what is wrong
local function show(card, as_json)
  local write = fields.write
  if as_json then
    local text, wrong = to_json(card)
    if not text then
      return nil, wrong
    end
    write = function() return io.stdout:write(text, "\n") end
  end
  local written, why = write(card)
  return written and 0, why and "standard output: " .. why
end

function call.run(options)
  local policy, wrong = load_scripts(options)
  if not policy then
    return nil, wrong
  end
  local about, of_call = core.provider(options.name), { timeout = options.timeout, retries = options.retries }
  wrong = check_options(of_call, about)
  if wrong then
    return nil, "--" .. wrong, failure.USAGE
  end
  local given, err, status = parameters(options, about.operations[options.operation])
  if not given then
    return nil, err, status
  end
  local client
  client, err = client_of(options)
  if not client then
    return nil, err
  end
  local ok, record
  ok, record, err = pcall(client[options.operation], client, given, of_call)
  local wrong_use = not ok and type(record) == "string" and record:match(("cards%%.%s%%.%s: .*"):format(options.name, options.operation))
  if wrong_use then -- a card's number in the place of an id
    return nil, wrong_use, failure.USAGE
  elseif not ok then
    error(record, 0)
  elseif not record then
    return nil, err
  end
  local card
  card, err = card_of(record, options)
  if not card then
    return nil, err
  end
  return show(policy(card), options.json)
end

return call
