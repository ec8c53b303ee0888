--- cards.card and cards.map: from a provider's record to the neutral one.
--
-- A mapping is a table from neutral fields to expressions over the record:
--
--     number      = "secrets.card_number"                          a path, see cards.define.paths
--     exp_month   = { "expMonth", month }                          a path and transforms, in their order
--     holder_name = { "secrets.name_on_card", "name", trim }       the first of several paths that has a value
--     id          = { join { "prefix", "id" } }                    several paths put together
--     status      = { "state", map { active = "open" }, default "unknown" }
--     phone       = function(record) … end                         a function of the record
--
-- It has the shape of the neutral record, so `billing` is a table of its own. cards.card.neutral says what each field takes,
-- cards.card.transforms what there is besides paths; lua/cards/whop.lua has an example. In files of mappings the transforms are globals,
-- elsewhere fields of cards.map: cards.map.month.

local check = require "cards.util.check"
local core = require "cards.core"
local map_check = require "cards.card.map_check"
local mistakes = require "cards.util.mistakes"
local object = require "cards.util.object"
local transforms = require "cards.card.transforms"

local map = {}

local mappings = {} -- plans, by what getmetatable says of a record: "alix.private_info"
local watched = {} -- the same of mappings in files that may be edited
local looks = {} -- by the same names: what looks whether the file was edited, and defines its mappings anew
local unchecked = {} -- the same of providers that were not known when their mappings were made: { plan, uses }
local of_cards = object.metatable "cards.card"

local function fail(message)
  return nil, core.error {
    kind = "invalid_request", provider = "cards", operation = "card", message = message,
    retryable = false, attempts = 0,
  }
end

--- The error for a mapping's function. Its message may hold anything, a revealed number too: only the line is told.
-- @param line of the function; nil where it had been left by a tail call
local function failed(name, call, line)
  local about = debug.getinfo(call, "S")
  local where = core.script_line(call) or ("%s:%d"):format(about.short_src, line or about.linedefined)
  return select(2, fail(("the mapping's function for %s failed (%s)"):format(name, where)))
end

--- Where the plan of a mapping belongs.
local function plans_of(name)
  return looks[name] and watched or mappings
end

--- Settles a mapping of a provider that was not known before: its first record says whether it is known by now.
-- @return nil, or what is wrong
local function settle(name)
  local known, wrong = map_check.known_paths(name)
  local top = mistakes.new()
  if known then
    map_check.paths(unchecked[name].uses, known, top)
  end
  wrong = wrong or top.list[1] and top.list[1].message
  if not wrong then
    plans_of(name)[name], unchecked[name] = unchecked[name].plan, nil
  end
  return wrong
end

local mappers = {} -- by table of plans: { without reasons, with them }

--- What cards.card returns where there is no plan for its argument among `mappings`. An error at the line that called cards.card where that is no table.
-- @param reasons a table for map.explain
local function unusual(record, reasons)
  if type(record) ~= "table" then
    local got = check.is_secret(record) and "a secret" or record == nil and "nil: a call that failed has an error behind it" or type(record)
    error(("cards.card: the argument must be a record, not %s"):format(got), 3)
  end
  local name = getmetatable(record)
  if name == "cards.card" then
    return fail "it is a neutral record, and no provider's record"
  elseif type(name) ~= "string" then
    return fail "the table is no provider's record"
  elseif looks[name] then
    looks[name]()
  end
  local wrong = unchecked[name] and settle(name)
  if wrong then
    return fail(("the mapping of %s: %s"):format(name, wrong))
  end
  local plans = plans_of(name)
  if not plans[name] then
    return fail(("there is no mapping for '%s': cards.map.define makes one"):format(core.redact(name)))
  end
  return mappers[plans][reasons and 2 or 1](record, reasons)
end

for _, plans in ipairs { mappings, watched } do
  mappers[plans] = { core.mapper(plans, unusual, failed, of_cards), core.mapper(plans, unusual, failed, of_cards, true) }
end

--- The neutral record of a provider's record.
-- @param record what an operation returned; its metatable's name ("alix.private_info") says which mapping is used
-- @return a table with those of these fields that are known: provider, id, number, cvv, last4, bin, brand, type,
-- status, exp_month, exp_year, holder_name, token, email, phone, created_at, canceled_at and
-- billing { line1, line2, city, region, postal_code, country }. exp_month is 1 to 12 and exp_year has four digits;
-- number has 8 to 19 digits, 12 at least where it is put together, taken apart or not declared as `pan`;
-- number, cvv and token are secrets: the record's own, so that closing the one closes the other, or where a transform made a new
-- one the neutral record's, to be closed there (card.number:close()) or collected with it. card:close() closes all of them. The rest are strings.
-- Printed or concatenated, the record is one line in which they show their masks.
-- Or nil and an error: `invalid_request` where the record has no mapping, its mapping does not fit its provider or a mapping's
-- function failed, `busy` where there is no room for a secret.
-- An error at the caller's line where the argument is no table.
map.card = mappers[mappings][1]

--- The neutral record as cards.card makes it, and why fields are absent of which the mapping found something: numbers, and what month_year reads.
-- @return the record, and a table of sentences by the names of fields, which have nothing of a value; or nil and an error
-- An error at the caller's line where the argument is no table.
function map.explain(record)
  if type(record) ~= "table" then
    error("cards.map.explain: the argument must be a record", 2)
  end
  local reasons = {}
  local card, err = mappers[mappings][2](record, reasons)
  return card, err or reasons
end

--- Adds a mapping or replaces one, the built-in ones too.
-- @param name of an operation, "alix.private_info"
-- @param mapping a table from neutral fields to expressions, see above; `billing` is a table of such fields.
-- A function may return a secret or a plain value; what does not fit its field, or makes no sense to a transform, is absent from
-- the neutral record.
-- An error at the caller's line where the operation, a field, a path or a transform is unknown (with the nearest known one), or an
-- expression is none. The paths of a provider that is not known yet are checked with its first record.
-- @param confined true for one that comes from a file: no transform but those that any value passes is applied to a secret
function map.define(name, mapping, confined)
  local list, plan = map_check.read(name, mapping)
  if list[1] then
    local where = type(name) == "string" and list[1].path[1] ~= nil and name .. ": " or ""
    error(("cards.map.define: %s%s"):format(where, list[1].message), 2)
  end
  plan.confined = confined == true
  local made = core.mapping(plan)
  looks[name], watched[name] = nil, nil
  mappings[name], unchecked[name] = plan.checked and made or nil, not plan.checked and { plan = made, uses = plan.uses } or nil
end

--- Has a function called before each use of a mapping, until that is defined again, which the function may do itself.
-- @param name of its operation
function map.watch(name, look)
  looks[name] = look
  watched[name], mappings[name] = mappings[name], nil
end

--- Takes a mapping away.
-- @param name of its operation
function map.forget(name)
  looks[name], watched[name], mappings[name], unchecked[name] = nil, nil, nil, nil
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
