--- cards call PROVIDER OPERATION: makes a call and shows the masked record.
--
-- The parameters of the operation are options, `--card-id` for card_id. So provider and operation have to be known before argparse parses the arguments.

local cards = require "cards"
local check = require "cards.util.check"
local environment = require "cards.cli.environment"
local load_script = require "cards.script.load"
local providers = require "cards.cli.providers"
local to_json = require "cards.cli.json"

local call = {}

local VALUED = { ["--provider"] = true, ["--policy"] = true, ["--timeout"] = true, ["--retries"] = true }
local OWN = { provider = true, policy = true, timeout = true, retries = true, json = true, help = true }

--- "--card-id" of "card_id"
local function option_of(name)
  return "--" .. (OWN[name] and "param-" or "") .. name:gsub("_", "-")
end

--- The first two arguments that are no options, and the files of definitions.
local function look_ahead(arguments)
  local plain, files, i = {}, {}, 2
  while arguments[i] do
    local argument = arguments[i]
    if argument:find "^%-" then
      if argument == "--provider" then
        table.insert(files, arguments[i + 1])
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

local VISIBLE = "--%s is no option, as arguments can be seen by every user of this machine: %s"

--- Why an argument is refused, or nil. Other users of the machine can see arguments, so they must not have a credential.
local function refusal(arguments, about, operation)
  for i = 2, #arguments do
    local name = arguments[i]:match "^%-%-?([%w_%-]+)"
    name = name and name:lower():gsub("-", "_")
    local param = name and operation.params[name]
    if param and param.sensitive then
      return VISIBLE:format(name:gsub("_", "-"), environment.hint(about.name, name))
    elseif name and not param and not OWN[name] then
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
  end
end

function call.add(parser, arguments)
  parser:argument("name", "Provider."):argname "PROVIDER"
  parser:argument("operation", "Operation."):argname "OPERATION"
  parser:flag("--json", "Print a line of JSON.")
  parser:option("--provider", "A file with the provider's definition."):argname "FILE":target "definition"
  parser:option("--policy", "A file with a masking policy for what is shown."):argname "FILE"
  parser:option("--timeout", "Seconds for the whole call (30)."):convert(tonumber)
  parser:option("--retries", "Tries after the first one (2)."):convert(tonumber)
  if arguments[1] ~= "call" then
    return nil
  end
  local name, wanted, files = look_ahead(arguments)
  local ok, why = providers.load(files, true)
  if not ok then
    return why
  elseif not name then
    return nil
  end
  local about, operation = providers.find(name, wanted)
  if not about then
    return operation
  elseif not operation then
    return nil
  end
  for param, described in pairs(operation.params) do
    if not described.sensitive then
      parser:option(option_of(param), described.required and "Parameter, required." or "Parameter."):argname(described.type:upper())
        :target("param " .. param)
    end
  end
  return refusal(arguments, about, operation)
end

local function to_type(text, described)
  if described.type == "boolean" then
    return text == "true" or (text ~= "false" and text or false)
  end
  return described.type ~= "string" and tonumber(text) or text
end

--- The parameters of the call, from the options or else the environment. @return a table; or nil and an error
local function parameters(options, operation)
  local given = {}
  for name, described in pairs(operation.params) do
    local text, err = options["param " .. name], nil
    if text ~= nil then
      given[name] = to_type(text, described)
    else
      given[name], err = environment.parameter(options.name, name)
    end
    if err then
      return nil, err
    end
  end
  return given
end

local ORDER = {}
for place, name in ipairs { "provider", "id", "number", "cvv", "last4", "bin", "brand", "type", "status", "exp_month", "exp_year", "holder_name", "token",
  "billing", "email", "phone", "created_at", "canceled_at" } do
  ORDER[name] = place
end

--- Appends the lines of a record, { label, text }, to a list.
local function add_lines(lines, fields, prefix)
  local names = {}
  for name in pairs(fields) do
    names[#names + 1] = name
  end
  table.sort(names, function(a, b)
    local first, second = ORDER[a] or math.huge, ORDER[b] or math.huge
    if first ~= second then
      return first < second
    end
    return tostring(a) < tostring(b)
  end)
  for _, name in ipairs(names) do
    local label, value = prefix .. check.line(name), fields[name]
    if type(value) == "table" then
      add_lines(lines, value, label .. ".")
    else
      lines[#lines + 1] = { label, check.line(value) }
    end
  end
  return lines
end

local function print_fields(fields)
  local lines, width = add_lines({}, fields, ""), 0
  for _, line in ipairs(lines) do
    width = math.max(width, #line[1])
  end
  for _, line in ipairs(lines) do
    io.stdout:write(check.line(line[1] .. (" "):rep(width - #line[1] + 2) .. line[2]), "\n")
  end
end

function call.run(options)
  local policy = cards.mask
  if options.policy then
    local err
    policy, err = load_script(options.policy)
    if not policy then
      return nil, err
    elseif policy == true or (type(policy) == "table" and policy.new) then
      return nil, ("%s: it is no policy"):format(options.policy)
    end
  end
  local config, wrong = environment.config(options.name)
  if not config then
    return nil, wrong
  end
  config.timeout, config.retries = options.timeout, options.retries
  local ok, client, failure = pcall(providers.modules[options.name].new, config)
  if not ok or not client then
    return nil, ok and failure or client
  end
  local given, err = parameters(options, select(2, providers.find(options.name, options.operation)))
  if not given then
    return nil, err
  end
  local record
  record, err = client[options.operation](client, given)
  if not record then
    return nil, err
  end
  local shown = policy(cards.card(record) or record)
  if options.json then
    local text, wrong_value = to_json(shown)
    if not text then
      return nil, wrong_value
    end
    io.stdout:write(text, "\n")
  else
    print_fields(shown)
  end
  return 0
end

return call
