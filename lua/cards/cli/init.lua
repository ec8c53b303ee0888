--- The program `cards`. Each subcommand has a module in this folder.
--
-- Such a module returns { add = function(parser, arguments), run = function(options) }. add declares the subcommand to argparse; it returns the reason where it
-- refuses the program's arguments, else nil. run returns the exit status, or nil and what went wrong.

local argparse = require "argparse"
local check = require "cards.util.check"
local environment = require "cards.script.environment"

local USAGE, FAILED = 2, 1

local commands = {
  { name = "call", summary = "Call an operation of a provider and show the card, masked." },
  { name = "run", summary = "Run a flow for each row of a CSV or NDJSON file." },
  { name = "check", summary = "Check mappings, policies, definitions and flows." },
  { name = "describe", summary = "Say what is known of a provider's operations." },
  { name = "policy", summary = "Say what a masking policy shows." },
  { name = "new-provider", summary = "Write a definition, a mapping and a spec to start from." },
}

--- Runs the program.
-- @param arguments list of strings
-- @return the exit status: 0, 1 for a failure, 2 for wrong arguments
return function(arguments)
  environment.set { "CARDS_SCRIPT_*" } -- what script files may read
  local parser = argparse("cards", "Calls card providers, and checks and runs the scripts around them.")
    :epilog "Credentials come from the environment (CARDS_ALIX_ACCESS_TOKEN, or CARDS_ALIX_ACCESS_TOKEN_FILE with a path), never from arguments."
  parser:require_command(true)
  parser:command_target "command"
  for _, command in ipairs(commands) do
    command.module = require("cards.cli." .. command.name:gsub("-", "_"))
    local refused = command.module.add(parser:command(command.name, command.summary), arguments)
    if refused and arguments[1] == command.name then
      io.stderr:write("cards: ", check.line(refused), "\n")
      return USAGE
    end
  end
  local parsed, options = parser:pparse(arguments)
  if not parsed then
    io.stderr:write("cards: ", check.line(options), "\n", parser:get_usage(), "\n")
    return USAGE
  end
  for _, command in ipairs(commands) do
    if command.name == options.command then
      local status, wrong = command.module.run(options)
      local written, why = io.stdout:flush()
      if status == 0 and not written then
        status, wrong = nil, "standard output: " .. why
      end
      if not status then
        io.stderr:write("cards: ", check.line(wrong), "\n")
      end
      return status or FAILED
    end
  end
end
