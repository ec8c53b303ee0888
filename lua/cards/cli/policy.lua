--- cards policy explain FILE: shows what a masking policy leaves of every field of every provider.

local arguments = require "cards.cli.program.arguments"
local mask = require "cards.mask"
local providers = require "cards.cli.program.providers"
local to_json = require "cards.cli.json"

local policy = {}

local EPILOG = [[
Examples:
   cards policy explain support.lua
   cards policy explain support.lua --provider acme.lua

A policy is a file that returns a table of fields and rules: return { number = pan { first = 6, last = 4 } }.
`cards call PROVIDER OPERATION --policy FILE` shows a card by it.]]

function policy.add(parser)
  parser:command_target "action"
  local explain = arguments.command(parser, "explain", "What the policy in a file shows of each field.")
  explain:argument("file", "The policy."):argname "FILE"
  explain:option("--provider", "A file with a provider's definition."):argname "FILE":target "definitions":count "*"
  explain:flag("--json", "Print a line of JSON.")
  explain:epilog(EPILOG)
end

function policy.run(options)
  local ok, wrong = providers.load(options.definitions)
  if not ok then
    return nil, wrong
  end
  local made, why = providers.script(options.file, "policy")
  if not made then
    return nil, why
  end
  local rows = mask.explain(made)
  local written, failure = io.stdout:write(options.json and assert(to_json(rows)) .. "\n" or mask.explain.text(rows))
  return written and 0, failure and "standard output: " .. failure
end

return policy
