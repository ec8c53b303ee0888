--- cards.card and cards.map: from a provider's record to the neutral one.
--
-- A mapping is a table from neutral fields to where they stand in the record: a path ("secrets.card_number") or a
-- function of the record. It has the shape of the neutral record, so `billing` is a table of its own.
-- cards.neutral says what each field takes; lua/cards/maps has examples.

local check = require "cards.check"
local core = require "cards.core"
local neutral = require "cards.neutral"

local map = {}

local mappings = {} -- compiled, by what getmetatable says of a record: "alix.private_info"

local function fail(message)
  return nil, core.error {
    kind = "invalid_request", provider = "cards", operation = "card", message = message,
    retryable = false, attempts = 0,
  }
end

--- A function of a record that follows a path, or nil where that is none.
-- Whatever stands in the way is as good as nothing.
local function compile_path(path)
  local keys = {}
  for key in (path .. "."):gmatch "([^.]*)%." do
    if key == "" then
      return nil
    end
    table.insert(keys, key)
  end
  local first = keys[1]
  if not keys[2] then
    return function(record) return rawget(record, first) end
  end
  return function(record)
    local value = record
    for i = 1, #keys do
      if type(value) ~= "table" then
        return nil
      end
      value = rawget(value, keys[i])
    end
    return value
  end
end

--- Where a mapping's function failed. Its message may hold anything, a revealed number too: only the line is taken
-- from it, and only where it can be one.
local function position(call, message)
  local about = debug.getinfo(call, "S")
  local line = type(message) == "string" and tonumber(message:match "^.-:(%d+): ")
  if not line or line < about.linedefined or line > about.lastlinedefined then
    line = about.linedefined
  end
  return ("%s:%d"):format(about.short_src, line)
end

local function compile_function(call, field)
  return function(record)
    local ok, value = pcall(call, record)
    if ok then
      return value
    end
    return fail(("the mapping's function for %s failed (%s)"):format(field, position(call, value)))
  end
end

--- The steps { field, source, read } of a mapping, or nil and what is wrong with it.
local function compile(mapping, readers, prefix)
  local steps = {}
  for field, from in pairs(mapping) do
    local read = readers[field]
    local name = prefix .. tostring(field)
    local step = { field = field, read = read }
    if not read then
      return nil, (prefix:gsub("%.$", ": ")) .. check.unknown(field, readers)
    elseif type(read) == "table" then
      if type(from) ~= "table" then
        return nil, ("%s must be a table of fields"):format(name)
      end
      local wrong
      step.steps, wrong = compile(from, read, name .. ".")
      if not step.steps then
        return nil, wrong
      end
    elseif type(from) == "function" then
      step.source = compile_function(from, name)
    elseif type(from) == "string" then
      step.source = compile_path(from)
    end
    if not step.source and not step.steps then
      return nil, ("%s must be a path such as \"billing.city\" or a function of the record"):format(name)
    end
    table.insert(steps, step)
  end
  return steps
end

--- Sets the fields of `into`; returns an error where one has to stop.
local function run(steps, record, into)
  for i = 1, #steps do
    local step = steps[i]
    if step.steps then
      local inner = {}
      local err = run(step.steps, record, inner)
      if err then
        return err
      end
      into[step.field] = next(inner) ~= nil and inner or nil
    else
      local value, err = step.source(record)
      if value ~= nil then
        value, err = step.read(value)
      end
      if err then
        return err
      end
      if value ~= nil then
        into[step.field] = value
      end
    end
  end
end

--- What of the number may be known without it. A closed secret, or one too short to show that much, tells nothing.
local function derive(card)
  local number = card.number
  card.last4 = card.last4 or neutral.last4(number:last(4))
  card.bin = card.bin or neutral.bin(number:first(6))
end

--- The neutral record of a provider's record.
-- @param record what an operation returned; its metatable's name ("alix.private_info") says which mapping is used
-- @return a table with those of these fields that are known: provider, id, number, cvv, last4, bin, brand, type,
-- status, exp_month, exp_year, holder_name, token, email, phone, created_at, canceled_at and
-- billing { line1, line2, city, region, postal_code, country }. exp_month is 1 to 12 and exp_year has four digits;
-- number, cvv and token are the record's own secrets, so closing the one closes the other; the rest are strings.
-- Or nil and an error: `invalid_request` where the record has no mapping or a mapping's function failed, `busy` where
-- there is no room for a secret.
-- An error at the caller's line where the argument is no table.
function map.card(record)
  if type(record) ~= "table" then
    local got = check.is_secret(record) and "a secret" or type(record)
    error(("cards.card: the argument must be a record, not %s"):format(got), 2)
  end
  local name = getmetatable(record)
  local mapping = type(name) == "string" and mappings[name]
  if not mapping then
    if type(name) ~= "string" then
      return fail "the table is no provider's record"
    end
    return fail(("there is no mapping for '%s': cards.map.define makes one"):format(core.redact(name)))
  end
  local card = { provider = mapping.provider }
  local err = run(mapping.steps, record, card)
  if err then
    return nil, err
  end
  if card.number and not (card.last4 and card.bin) then
    pcall(derive, card)
  end
  return card
end

--- Adds a mapping or replaces one, the built-in ones too.
-- @param name of an operation, "alix.private_info"
-- @param mapping a table from neutral fields to paths or functions of the record; `billing` is a table of such fields.
-- A function may return a secret or a plain value; what does not fit its field is absent from the neutral record.
-- An error at the caller's line where a field is unknown (with the nearest known one) or is neither a path nor a
-- function.
function map.define(name, mapping)
  local provider = type(name) == "string" and name:match "^([%w_%-]+)%.[%w_%-]+$"
  if not provider then
    error("cards.map.define: the name must be that of an operation, such as \"alix.private_info\"", 2)
  elseif type(mapping) ~= "table" then
    error("cards.map.define: the mapping must be a table of fields", 2)
  end
  local steps, wrong = compile(mapping, neutral, "")
  if not steps then
    error(("cards.map.define: %s: %s"):format(name, wrong), 2)
  end
  mappings[name] = { provider = provider, steps = steps }
end

for _, provider in ipairs(core.providers()) do
  for name, mapping in pairs(require("cards.maps." .. provider)) do
    map.define(name, mapping)
  end
end

return map
