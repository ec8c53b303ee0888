--- Built-in mappings and policies as the texts of files.

local check = require "cards.util.check"
local neutral = require "cards.cli.program.fields"
local policies = require "cards.mask.policies"
local rules = require "cards.mask.rules"
local transforms = require "cards.card.transforms"

local texts = {}

local CALLS = { -- what stands behind the name of a rule that is called
  pan = function(of)
    local ends = {}
    ends[1] = of.first > 0 and ("first = %d"):format(of.first) or nil
    ends[#ends + 1] = of.last > 0 and ("last = %d"):format(of.last) or nil
    return (" { %s }"):format(table.concat(ends, ", "))
  end,
}

--- A path, a list of paths and transforms, or a rule, as it is written in a file.
local function expression(value)
  local rule, transform = rules.definition(value), transforms.definition(value)
  if type(value) == "string" then
    return ("%q"):format(value)
  elseif rule then
    return rule.name .. (CALLS[rule.name] and CALLS[rule.name](rule) or "")
  elseif transform then
    return transform.name
  end
  local parts = {}
  for i, part in ipairs(value) do
    parts[i] = expression(part)
  end
  return ("{ %s }"):format(table.concat(parts, ", "))
end

--- The lines of a table of fields, in the order of the neutral record.
local function fields(lines, indent, table_of)
  for _, name in ipairs(neutral.sorted(check.keys(table_of))) do
    local value = table_of[name]
    if type(value) == "table" and not value[1] and not rules.definition(value) then
      lines[#lines + 1] = ("%s%s = {"):format(indent, name)
      fields(lines, indent .. "  ", value)
      lines[#lines + 1] = indent .. "},"
    else
      lines[#lines + 1] = ("%s%s = %s,"):format(indent, name, expression(value))
    end
  end
end

--- A mapping of an operation as the text of a file.
-- @param name of the operation, "alix.private_info"
function texts.mapping(name, mapping)
  local lines = { "return {", ('  ["%s"] = {'):format(name) }
  fields(lines, "    ", mapping)
  return table.concat(lines, "\n") .. "\n  },\n}\n"
end

--- The policy of a role as the text of a file.
function texts.policy(role)
  local lines = { "return {" }
  fields(lines, "  ", policies[role])
  return table.concat(lines, "\n") .. "\n}\n"
end

return texts
