--- The program `cards`. Each command has a module in this folder; cards.cli.program has what they share.
--
-- Such a module returns { add = function(parser, arguments), run = function(options, program) }. add declares the command to argparse; it returns the reason
-- where it refuses the program's arguments, else nil. run returns the exit status; or nil, what went wrong, and the status for that, where it is not the one
-- that cards.cli.program.failure has for it.

local arguments = require "cards.cli.program.arguments"
local cards = require "cards"
local check = require "cards.util.check"
local core = require "cards.core"
local environment = require "cards.script.environment"
local failure = require "cards.cli.program.failure"
local providers = require "cards.cli.program.providers"

--- The commands. `status` is that of one that fails, where the kind of an error does not say it.
local commands = {
  { name = "call", summary = "Call an operation of a provider and show the card, masked." },
  { name = "run", summary = "Run a flow for each row of a CSV or NDJSON file." },
  { name = "feed", summary = "Put the rows of a file into a job in Redis.", status = failure.FAILED },
  { name = "work", summary = "Run a flow for rows of a job in Redis, on any number of machines.", status = failure.FAILED },
  { name = "collect", summary = "Write the results of a job in Redis into a file.", status = failure.FAILED },
  { name = "status", summary = "Show how far jobs in Redis are, or remove one.", status = failure.FAILED },
  { name = "report", summary = "Show how a batch went, as a page or on the terminal." },
  { name = "check", summary = "Check mappings, policies, definitions and flows." },
  { name = "describe", summary = "Say what is known of a provider's operations." },
  { name = "policy", summary = "Say what a masking policy shows." },
  { name = "audit", summary = "Check audit logs." },
  { name = "new-provider", summary = "Write a definition, a mapping and a spec to start from." },
  { name = "sandbox", summary = "Stand in for the providers on this machine, until Ctrl-C." },
  { name = "playground", summary = "Show calls, mappings and policies in a browser, until Ctrl-C." },
  { name = "completion", summary = "Write what bash, zsh or fish needs to complete arguments." },
}

local by_name = {}
for _, command in ipairs(commands) do
  by_name[command.name] = command
end

local EPILOG = [[
Examples:
   cards describe                                              the operations of all providers
   cards call %{name} %{operation} --card-id c_1                  one card, masked
   cards run flow.lua --in cards.csv --out cards.ndjson        many of them
   cards new-provider acme                                     a provider of your own

Credentials come from the environment, never from arguments: CARDS_ALIX_ACCESS_TOKEN, or
CARDS_ALIX_ACCESS_TOKEN_FILE with a path. `cards describe alix` names them.

`cards COMMAND --help` says more of each command, `cards call --help` what an exit status means.]]

local program = {}

--- The parser of the program.
-- @param list the arguments, by which some commands declare more
-- @return the parser; and the reason where the command refuses the arguments
function program.parser(list)
  local version = ("cards %s (%s)"):format(cards._VERSION, rawget(_G, "jit") and jit.version or _VERSION)
  local parser, refused = arguments.program("cards", "Calls card providers, and checks and runs the scripts around them.", version), nil
  parser:epilog(providers.with_example(EPILOG))
  for _, command in ipairs(commands) do
    command.module = require("cards.cli." .. command.name:gsub("-", "_"))
    local reason = command.module.add(arguments.command(parser, command.name, command.summary), list)
    refused = list[1] == command.name and reason or refused
  end
  if list[1] and not list[1]:find "^%-" and not by_name[list[1]] then
    refused = check.unknown(list[1], by_name, "command")
  end
  return parser, refused
end

--- Whether JSON is asked for, which an error is then, too.
local function wants_json(list)
  for _, argument in ipairs(list) do
    if argument == "--json" or argument == "--" then
      return argument == "--json"
    end
  end
  return false
end

--- Runs a command. @return as a command's run
local function run(options, parser)
  local results = { by_name[options.command].module.run(options, parser) }
  if not results[1] and core.interrupted() then -- what it says then may be that it was interrupted in a file of ours
    return nil, "interrupted", failure.INTERRUPTED
  end
  local written, why = io.stdout:flush()
  if results[1] == 0 and not written then
    return nil, "standard output: " .. why
  end
  return results[1], results[2], results[3]
end

--- Reads the arguments and runs the command. @return the exit status
local function main(list, as_json)
  local parser, wrong = program.parser(list)
  local options
  if not wrong then
    options, wrong = arguments.parse(parser, list)
  end
  if not options then
    failure.show(wrong, failure.USAGE, as_json, ("`cards %s--help` says how it is used."):format(arguments.words(parser, list)))
    return failure.USAGE
  end
  local status, why, special = run(options, parser)
  if not status then
    status = special or by_name[options.command].status or failure.status(why)
    failure.show(why, status, as_json)
  end
  return status
end

--- Runs the program.
-- @param list of strings, the arguments
-- @return the exit status, see cards.cli.program.failure
function program.run(list)
  assert(core.hold_streams())
  environment.set { "CARDS_SCRIPT_*" } -- what script files may read
  local as_json, status = wants_json(list), nil
  local ok, raised = xpcall(function() status = main(list, as_json) end, function(err)
    return core.interrupted() and err or debug.traceback(tostring(err), 2)
  end)
  if not ok and core.interrupted() then
    failure.show("interrupted", failure.INTERRUPTED, as_json)
    return failure.INTERRUPTED
  elseif not ok then
    error(raised, 0)
  end
  return status
end

return setmetatable(program, { __call = function(_, list) return program.run(list) end })
