--- Comparisons of a secret with a text in the source of a flow. Nothing can make them true: a secret is no text, and what is no text equals none in Lua.
--
-- Only fields are found whose names are those of secrets everywhere, `info.cvv == "123"`, and none of the row: its columns are texts,
-- as in `info.cvv == row.cvv`.

local check = require "cards.util.check"
local fields = require "cards.mask.fields"
local source = require "cards.script.source"

local comparisons = {}

local SECRETS = { pan = true, cvv = true, token = true, secret = true }

--- The names of fields that are secrets wherever a provider or the neutral record has them, as keys.
local function secret_names()
  local secret, plain = {}, {}
  for _, row in ipairs(fields.list()) do
    local names = fields.names(row.field)
    local last = names[#names]
    if last then
      (SECRETS[row.class] and secret or plain)[last] = true
    end
  end
  for name in pairs(plain) do
    secret[name] = nil
  end
  return secret
end

local function kind(list, at)
  return list[at] and list[at].kind
end

local function is_literal(list, at)
  return kind(list, at) == "string" or kind(list, at) == "number"
end

--- The place before the field access that ends at `at`: that of its dot or bracket; and the name of the field. Nil where none ends there.
local function field_before(list, at)
  if kind(list, at) == "name" and kind(list, at - 1) == "." then
    return at - 1, list[at].value
  elseif kind(list, at) == "]" and kind(list, at - 1) == "string" and kind(list, at - 2) == "[" then
    return at - 2, list[at - 1].value
  end
end

--- The field that the operand is which ends at `at`: "info.cvv" is { base = "info", field = "cvv" }. Nil for anything else, its length or a longer text too.
local function operand_before(list, at)
  local dot, field = field_before(list, at)
  local first = dot
  while first do
    dot, first = first, field_before(list, first - 1)
  end
  local base = dot and kind(list, dot - 1) == "name" and list[dot - 1].value or nil
  local before = base and kind(list, dot - 2)
  return dot and before ~= "#" and before ~= ".." and { base = base, field = field } or nil
end

--- The same of the operand that begins at `at`; nil also where it goes on behind the field, as in info.number:last(4).
local function operand_behind(list, at)
  if kind(list, at) ~= "name" then
    return nil
  end
  local last = at
  while (kind(list, last + 1) == "." and kind(list, last + 2) == "name") or (kind(list, last + 1) == "[" and kind(list, last + 3) == "]") do
    last = last + (kind(list, last + 1) == "." and 2 or 3)
  end
  local behind = kind(list, last + 1)
  if behind == ":" or behind == "(" or behind == "[" or behind == "{" or behind == "string" or behind == ".." then
    return nil
  end
  return operand_before(list, last)
end

--- The comparisons in the text of a flow.
-- @return a list of { line, message }, which shows no text that is compared
function comparisons.find(text)
  local list, found, secret = source.tokens(text), {}, secret_names()
  local row = source.parameter(list)

  local function is_column(operand) return operand and row and operand.base == row end

  local function secret_of(operand) return operand and secret[operand.field] and not is_column(operand) and operand end

  for i, one in ipairs(list) do
    if one.kind == "==" or one.kind == "~=" then
      local left, right = operand_before(list, i - 1), operand_behind(list, i + 1)
      local operand = (is_literal(list, i + 1) or is_column(right)) and secret_of(left) or (is_literal(list, i - 1) or is_column(left)) and secret_of(right)
      if operand then
        local name = check.shown(operand.base and operand.base .. "." .. operand.field or operand.field)
        table.insert(found, { line = one.line,
          message = ("%s is a secret, which never equals a text or number: %s:equals(text) compares it"):format(name, name) })
      end
    end
  end
  return found
end

return comparisons
