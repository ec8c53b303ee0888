--- GET api/catalogue: what there is to choose from, and texts to begin with.

local cards = require "cards"
local check = require "cards.util.check"
local core = require "cards.core"
local describe = require "cards.cli.playground.describe"
local fields = require "cards.cli.program.fields"
local neutral = require "cards.card.neutral"
local sandbox = require "cards.cli.sandbox"
local texts = require "cards.cli.playground.texts"
local to_json = require "cards.cli.json"

local ROLES = { "support", "cardholder", "audit" }

local STARTER = debug.getinfo(1, "S").source:match "^@(.*)/[^/]*$" .. "/starter.lua"

--- The names of the neutral record's fields in their order, nested ones with a dot.
local function names(kinds, prefix, list)
  for _, name in ipairs(fields.sorted(check.keys(kinds))) do
    if type(kinds[name]) == "table" then
      names(kinds[name], prefix .. name .. ".", list)
    else
      list[#list + 1] = prefix .. name
    end
  end
  return list
end

--- @return { version, providers, misbehaviours, policies, definition = a text, fields }
return function()
  local providers, misbehaviours, policies = to_json.list {}, to_json.list {}, {}
  for i, name in ipairs(core.providers()) do
    providers[i] = describe(name)
  end
  for i, one in ipairs(sandbox.misbehaviours()) do
    misbehaviours[i] = { id = one[1], text = one[2] }
  end
  for _, role in ipairs(ROLES) do
    policies[role] = texts.policy(role)
  end
  return {
    version = cards._VERSION, providers = providers, misbehaviours = misbehaviours, policies = policies, definition = core.read_file(STARTER, 65536),
    fields = names(neutral, "", to_json.list {}),
  }
end
