--- cards policy explain FILE: shows what a masking policy leaves of every field of every provider.

local load_script = require "cards.script.load"
local mask = require "cards.mask"
local providers = require "cards.cli.providers"
local to_json = require "cards.cli.json"

local policy = {}

function policy.add(parser)
  parser:command_target "action"
  local explain = parser:command("explain", "What the policy in a file shows of each field.")
  explain:argument("file", "The policy."):argname "FILE"
  explain:option("--provider", "A file with a provider's definition."):argname "FILE":target "definitions":count "*"
  explain:flag("--json", "Print a line of JSON.")
end

function policy.run(options)
  local ok, wrong = providers.load(options.definitions)
  if not ok then
    return nil, wrong
  end
  local script, why = load_script.read(options.file)
  if not script then
    return nil, why
  elseif script.kind ~= "policy" then
    return nil, ("%s: it is a %s, not a policy"):format(options.file, script.kind)
  end
  local made, err = load_script(options.file)
  if not made then
    return nil, err
  end
  local rows = mask.explain(made)
  local written, failure = io.stdout:write(options.json and assert(to_json(rows)) .. "\n" or mask.explain.text(rows))
  return written and 0, failure and "standard output: " .. failure
end

return policy
