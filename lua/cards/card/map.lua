--- cards.card and cards.map: from a provider's record to the neutral one.
--
-- A mapping is a table from neutral fields to expressions over the record:
--
--     number      = "secrets.card_number"                          a path
--     exp_month   = { "expMonth", month }                          a path and transforms, in their order
--     holder_name = { "secrets.name_on_card", "name", trim }       the first of several paths that has a value
--     status      = { "state", map { active = "open" }, default "unknown" }
--     phone       = function(record) … end                         a function of the record
--
-- It has the shape of the neutral record, so `billing` is a table of its own. cards.card.neutral says what each field takes,
-- cards.card.transforms what there is besides paths; lua/cards/whop.lua has an example. In files of mappings the transforms are globals,
-- elsewhere fields of cards.map: cards.map.month.

local check = require "cards.util.check"
local confine = require "cards.script.confine"
local core = require "cards.core"
local map_check = require "cards.card.map_check"
local map_code = require "cards.card.map_code"
local transforms = require "cards.card.transforms"

local map = {}

local mappings = {} -- functions of a record, by what getmetatable says of it: "alix.private_info"

local function fail(message)
  return nil, core.error {
    kind = "invalid_request", provider = "cards", operation = "card", message = message,
    retryable = false, attempts = 0,
  }
end

--- Where a mapping's function failed. Its message may hold anything, a revealed number too: only the line is taken
-- from it, and only where it can be one.
local function position(call, message)
  local about = debug.getinfo(confine.original(call) or call, "S")
  local line = type(message) == "string" and tonumber(message:match "^.-:(%d+): ")
  if not line or line < about.linedefined or line > about.lastlinedefined then
    line = about.linedefined
  end
  return ("%s:%d"):format(about.short_src, line)
end

--- A mapping's function, with what its field takes of the result. It cannot yield: nobody there would resume it.
local function enclose(call, name, read)
  return function(record)
    local ok, value = core.apart(call, record)
    if ok then
      if value == nil then
        return nil
      end
      return read(value)
    elseif value == "not enough memory" then
      error(value, 0) -- of the host, and no fault of the mapping's
    end
    return fail(("the mapping's function for %s failed (%s)"):format(name, position(call, value)))
  end
end

local function enclose_all(steps)
  for _, step in ipairs(steps) do
    if step.steps then
      enclose_all(step.steps)
    elseif step.call then
      step.call = enclose(step.call, step.name, step.read)
    end
  end
end

--- The neutral record of a provider's record.
-- @param record what an operation returned; its metatable's name ("alix.private_info") says which mapping is used
-- @return a table with those of these fields that are known: provider, id, number, cvv, last4, bin, brand, type,
-- status, exp_month, exp_year, holder_name, token, email, phone, created_at, canceled_at and
-- billing { line1, line2, city, region, postal_code, country }. exp_month is 1 to 12 and exp_year has four digits;
-- number, cvv and token are secrets: the record's own, so that closing the one closes the other, or where a transform made a new
-- one the neutral record's, to be closed there (card.number:close()) or collected with it. The rest are strings.
-- Or nil and an error: `invalid_request` where the record has no mapping, its mapping does not fit its provider or a mapping's
-- function failed, `busy` where there is no room for a secret.
-- An error at the caller's line where the argument is no table.
function map.card(record)
  if type(record) ~= "table" then
    local got = check.is_secret(record) and "a secret" or type(record)
    error(("cards.card: the argument must be a record, not %s"):format(got), 2)
  end
  local name = getmetatable(record)
  local read = mappings[name]
  if read then
    return read(record)
  elseif type(name) ~= "string" then
    return fail "the table is no provider's record"
  end
  return fail(("there is no mapping for '%s': cards.map.define makes one"):format(core.redact(name)))
end

--- The function of a mapping for a provider that was not known when it was made: its first record says whether it is by now.
local function check_later(name, plan, read)
  return function(record)
    local known, wrong = map_check.known_paths(name)
    local mistakes = {}
    if known then
      map_check.paths(plan.uses, known, mistakes)
    end
    wrong = wrong or mistakes[1] and mistakes[1].message
    if wrong then
      return fail(("the mapping of %s: %s"):format(name, wrong))
    end
    mappings[name] = read
    return read(record)
  end
end

--- Adds a mapping or replaces one, the built-in ones too.
-- @param name of an operation, "alix.private_info"
-- @param mapping a table from neutral fields to expressions, see above; `billing` is a table of such fields.
-- A function may return a secret or a plain value; what does not fit its field, or makes no sense to a transform, is absent from
-- the neutral record.
-- An error at the caller's line where the operation, a field, a path or a transform is unknown (with the nearest known one), or an
-- expression is none. The paths of a provider that is not known yet are checked with its first record.
function map.define(name, mapping)
  local mistakes, plan = map_check.read(name, mapping)
  if mistakes[1] then
    local where = type(name) == "string" and mistakes[1].path[1] ~= nil and name .. ": " or ""
    error(("cards.map.define: %s%s"):format(where, mistakes[1].message), 2)
  end
  enclose_all(plan.steps)
  local read = map_code(name, plan)
  mappings[name] = plan.checked and read or check_later(name, plan, read)
end

--- What is wrong with a mapping, without defining it.
-- @param fields of the operation's record, { path = type }, where it is not to be looked up by its name
-- @return a list of { path = { "exp_year", 2 }, message = "exp_year.2: …" }, the keys from the top of the mapping to the culprit;
-- empty where all is well
function map.check(name, mapping, fields)
  return (map_check.read(name, mapping, fields))
end

for name, value in pairs(transforms.values) do
  map[name] = value
end

local unknown = {
  __index = function(_, name)
    error(("cards.map: %s"):format(check.unknown(name, map, "name")), 2)
  end,
}

return setmetatable(map, unknown)
