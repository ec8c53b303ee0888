--- cards.define: makes a provider of a Lua table. It is used like a built-in provider, with the same engine, secrets and errors.
--
--     local acme = cards.define {
--       name = "acme", base_url = "https://api.acme.example/v1",
--       auth = { type = "bearer", credential = "token" },
--       operations = {
--         show = { path = "/cards/{card_id}", params = { card_id = {} }, response = { fields = { id = "string", pan = "pan", cvv = "cvv" } } },
--       },
--     }
--     local record, err = acme.new { token = "…" }:show "c_9"
--
-- cards.define.definition lists all keys of such a table.

local check = require "cards.util.check"
local core = require "cards.core"
local definition = require "cards.define.definition"
local map = require "cards.card.map"
local mistakes = require "cards.util.mistakes"
local provider = require "cards.provider"

local define = {}

local examples = {} -- of definitions, by name

--- Adds the mistakes in the mapping of an operation to a list.
-- @param fields of its record
local function check_card(name, operation, fields, list)
  local at = mistakes.new():at("operations"):at(operation.name):at("card")
  for _, wrong in ipairs(map.check(("%s.%s"):format(name, operation.name), operation.card, fields)) do
    local here = at
    for _, key in ipairs(wrong.path) do
      here = here:at(key)
    end
    table.insert(list, mistakes.mistake(here.path, ("%s%s%s"):format(at:name(), wrong.path[1] and "." or ": ", wrong.message)))
  end
end

--- Reads a definition, without any effect. @return its normal form, the handle where there are no mistakes, and the list of mistakes
local function read(value)
  local made, list = definition.read(value)
  if list[1] then
    return made, nil, list
  end
  local handle = core.define(made)
  local about = core.provider(handle)
  for _, operation in ipairs(made.operations) do
    if operation.card then
      check_card(made.name, operation, about.operations[operation.name].response.fields, list)
    end
  end
  return made, handle, list
end

--- cards.define.check(value): the mistakes in a definition. Nothing is defined.
-- @param value the definition
-- @return a list of { path = { keys that lead to the mistake }, message = one line }, empty for a correct definition
function define.check(value)
  return (select(3, read(value)))
end

--- cards.define(value): defines a provider. It replaces an earlier definition of the same name; existing clients keep theirs.
-- @param value the definition
-- @return the provider's module, with `new` and a function for each operation
-- Raises an error for the first mistake, with its place in the table.
local function make(_, value, confined)
  check.argument("cards.define", value ~= nil and value == package.loaded.cards and check.COLON)
  local made, handle, wrong = read(value)
  if wrong[1] then
    error("cards.define: " .. wrong[1].message, 2)
  end
  core.enter(made.name, handle)
  for _, operation in ipairs(made.operations) do
    if operation.card then
      map.define(("%s.%s"):format(made.name, operation.name), operation.card, confined)
    end
  end
  examples[made.name] = made.examples
  return provider.defined(handle, made.signers)
end

--- The difference between a value and the one that an example expects, or nil.
local function difference(got, expected)
  if got == nil then
    return "is absent"
  elseif check.is_secret(got) then
    return not (type(expected) == "string" and got:equals(expected)) and "has another value" or nil
  elseif type(got) ~= type(expected) then
    return ("is a %s, not a %s"):format(type(got), type(expected))
  end
  return got ~= expected and "has another value" or nil
end

--- @param reasons why fields are absent, by their names: that is told already
local function compare(at, got, expected, reasons)
  for _, key in ipairs(at.keys(expected)) do
    local here, want, has = at:at(key), rawget(expected, key), got[key]
    if type(want) == "table" and type(has) == "table" then
      compare(here, has, want, {})
    elseif not reasons[key] then
      local what = difference(has, want)
      if what then
        here:wrong(what)
      end
    end
  end
end

local function try(at, name, example)
  local record, err = core.read(name, example.operation, example.status, example.answer, example.plain)
  if example.error then
    if record then
      return at:wrong "is a success, not the expected error"
    end
    return compare(at:at "error", err, example.error, {})
  elseif not record then
    return at:wrong(": %s", tostring(err))
  end
  local card, reasons = map.explain(record)
  if card then
    for _, field in ipairs(at.keys(reasons)) do
      at:at("card"):at(field):wrong(": %s", reasons[field])
    end
    compare(at:at "card", card, example.card or {}, reasons)
  elseif example.card then
    at:wrong(": %s", tostring(reasons))
  end
end

--- cards.define.try(of): tests the examples of a definition. The operation reads each answer, and what it returns is compared. A number that is none, and a
-- date that month_year does not read, is a mistake whether or not the example names that field.
-- @param of the module that cards.define returned, or the provider's name
-- @return a list like that of cards.define.check, empty where all examples pass
function define.try(of)
  local name = type(of) == "table" and of.provider or of
  if not examples[name] then
    error("cards.define.try: the argument must be a provider that cards.define made, or its name", 2)
  end
  local at = mistakes.new()
  for i, example in ipairs(examples[name]) do
    try(at:at("examples"):at(i), name, example)
  end
  return at.list
end

--- Takes a definition away, with its mappings and examples; clients that exist keep it.
-- @param value the definition
function define.forget(value)
  core.enter(value.name, nil)
  provider.modules()[value.name], examples[value.name] = nil, nil
  for operation in pairs(value.operations) do
    map.forget(("%s.%s"):format(value.name, operation))
  end
end

return setmetatable(define, { __call = make })
