--- POST api/check: the mistakes in a mapping, policy or definition, as `cards check` has them.

local describe = require "cards.cli.playground.describe"
local scripts = require "cards.cli.playground.scripts"
local to_json = require "cards.cli.json"

local KINDS = { mapping = true, policy = true, definition = true }

local function definition(script)
  return scripts.with_definition(script, function(module)
    return { mistakes = to_json.list {}, provider = describe(module.provider), examples = scripts.examples(script, module) }
  end)
end

--- @param asked { kind, text }
-- @return { mistakes }, and for a definition without any { provider, examples }; or nil and what is wrong with the request
return function(asked)
  if not KINDS[asked.kind] or type(asked.text) ~= "string" then
    return nil, "kind is mapping, policy or definition, and text a string"
  end
  local script, list = scripts.read(asked.kind, asked.kind, asked.text)
  if not script then
    return { mistakes = list }
  elseif asked.kind == "definition" then
    local made
    made, list = definition(script)
    return made or { mistakes = list }
  end
  return { mistakes = to_json.list {} }
end
