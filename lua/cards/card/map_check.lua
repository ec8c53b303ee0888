--- Reads a mapping: its expressions as a plan for cards.card.map_code, and what is wrong with them.
--
-- A mistake is { path = { "exp_year", 2 }, message = "exp_year.2: …" }: the keys from the top of the mapping to the culprit. Values
-- are never shown, names and paths are.

local check = require "cards.util.check"
local core = require "cards.core"
local keys_of = require("cards.util.mistakes").keys
local neutral = require "cards.card.neutral"
local transforms = require "cards.card.transforms"

local map_check = {}

local EXPRESSION = "must be a path such as \"billing.city\", a list of paths and transforms, or a function of the record"
local MOST_NAMES = 64 -- in a path: as deep as an answer may be
local NEAR = 2 -- slips in the name of an operation: more, and it is meant to be another one

local shown = check.shown

local function dotted(path)
  local names = {}
  for i, key in ipairs(path) do
    names[i] = shown(key)
  end
  return table.concat(names, ".")
end

local function below(path, key)
  local longer = {}
  for i, name in ipairs(path) do
    longer[i] = name
  end
  longer[#longer + 1] = key
  return longer
end

--- @param between what stands between the path and the message: ": " where it is none of its words
local function add(mistakes, path, message, between)
  table.insert(mistakes, { path = path, message = dotted(path) .. (between or ": ") .. message })
end

--- The keys of a path, or nil where it is none.
local function split(path)
  local keys = {}
  for key in (path .. "."):gmatch "([^.]*)%." do
    if key == "" then
      return nil
    end
    table.insert(keys, key)
  end
  return keys
end

--- { path = "field" } for every path of a record, "object" for what has such below it, and "list" for an array.
local function tree_of(fields)
  local known = {}
  for path in pairs(fields) do
    local list = path:match "^(.-)%[%]"
    path = list or path
    known[path] = list and "list" or "field"
    local above = path:match "^(.+)%."
    while above and not known[above] do
      known[above] = "object"
      above = above:match "^(.+)%."
    end
  end
  return known
end

--- The same of an operation's record; or nil and a message
-- where there is no such operation, and nothing where its provider is not known (yet).
-- @param fields of the operation where it is not to be looked up by its name, { path = type }
local function known_paths(name, fields)
  if fields then
    return tree_of(fields)
  end
  local provider, operation = name:match "^([^.]+)%.(.+)$"
  local about = core.provider(provider)
  if not about then
    local names = {}
    for _, list in ipairs { core.providers(), core.definitions() } do
      for _, other in ipairs(list) do
        for of in pairs(core.provider(other).operations) do
          names[other .. "." .. of] = true
        end
      end
    end
    local nearest = check.nearest(name, names)
    if core.distance(name, nearest) <= NEAR then
      return nil, ("unknown operation '%s' (did you mean '%s'?)"):format(shown(name), nearest)
    end
    return nil
  elseif not about.operations[operation] then
    local nearest = check.nearest(operation, about.operations)
    return nil, ("unknown operation '%s' (did you mean '%s.%s'?)"):format(shown(name), provider, nearest)
  end
  return tree_of(about.operations[operation].response.fields)
end

--- The list that the path goes to or into, or nil.
local function list_on(path, known)
  local on = path:gsub("%[%]", "")
  while on and known[on] ~= "list" do
    on = on:match "^(.+)%."
  end
  return on
end

--- Adds the paths that the operation does not have.
-- @param uses of a plan
function map_check.paths(uses, known, mistakes)
  for _, use in ipairs(uses) do
    local kind, list = known[use.path], list_on(use.path, known)
    if list then
      add(mistakes, use.at, ("'%s' is a list: a function of the record can look into it, a path cannot"):format(shown(list)))
    elseif kind == "object" and not use.takes_tables then
      add(mistakes, use.at, ("'%s' has fields of its own, and is none"):format(shown(use.path)))
    elseif not kind and transforms.values[use.path] then
      add(mistakes, use.at, ("%s is a transform: write it without quotes"):format(use.path))
    elseif not kind then
      local nearest = check.nearest(use.path, known)
      local hint = nearest and (" (did you mean '%s'?)"):format(nearest) or ""
      add(mistakes, use.at, ("the record has no '%s'%s"):format(shown(use.path), hint))
    end
  end
end

--- The length of a list, or nil where it has holes or names.
local function list_length(list)
  local count = 0
  for key in next, list do
    if type(key) ~= "number" then
      return nil
    end
    count = count + 1
  end
  for i = 1, count do
    if rawget(list, i) == nil then
      return nil
    end
  end
  return count
end

local reading = {} -- what is being read: { plan, mistakes }

function reading:mistake(...) add(self.mistakes, ...) end

--- A path as a source of the step.
function reading:source(step, path, at)
  local keys = split(path)
  if not keys then
    self:mistake(at, EXPRESSION, " ")
    return
  elseif #keys > MOST_NAMES then
    self:mistake(at, ("the path has more than %d names"):format(MOST_NAMES))
    return
  end
  table.insert(step.sources, keys)
  local use = { path = path, at = at }
  table.insert(self.plan.uses, use)
  return use
end

--- What is wrong with a transform in that place, or its operation { apply or default }.
local function operation_of(definition, field)
  if not definition.fields then
    return definition
  elseif definition.fields[field] then
    return { apply = core.transforms[definition.fields[field]], core = definition.fields[field] }
  end
  return nil, definition.name .. " is for exp_month and exp_year"
end

--- What an item of a list is that is neither a path nor a transform.
local function odd_item(item)
  for name, value in pairs(transforms.values) do
    if rawequal(item, value) then
      return ("%s is to be called, as in %s"):format(name, name == "map" and "map { active = \"open\" }" or "default \"open\"")
    end
  end
  if type(item) == "function" then
    return "a function takes the whole record and stands alone, not in a list"
  end
  return ("a list has paths and transforms, not a %s"):format(check.is_secret(item) and "secret" or type(item))
end

function reading:list(step, list, at)
  local count = list_length(list)
  if not count then
    self:mistake(at, "the list has a hole or a name in it; an unknown transform is such a hole")
    return
  end
  local uses = {}
  for i = 1, count do
    local item, place = rawget(list, i), below(at, i)
    local definition = transforms.definition(item)
    if type(item) == "string" then
      if step.operations[1] then
        local quoted = transforms.values[item] and ("%s is a transform: write it without quotes"):format(item)
        self:mistake(place, quoted or "paths stand in front of the transforms")
      else
        uses[#uses + 1] = self:source(step, item, place)
      end
    elseif definition then
      local operation, wrong = operation_of(definition, step.field)
      if wrong then
        self:mistake(place, wrong)
      end
      if definition.takes_tables and not step.operations[1] then
        for _, use in ipairs(uses) do
          use.takes_tables = true
        end
      end
      step.default = step.default or definition.default ~= nil
      table.insert(step.operations, operation)
    else
      self:mistake(place, odd_item(item))
    end
  end
  local first, last = step.operations[1], step.operations[#step.operations]
  if count == 0 then
    self:mistake(at, EXPRESSION, " ")
  elseif #step.sources == 0 and first and first.default == nil then
    self:mistake(at, "a path has to stand in front of the transforms")
  elseif last and last.default ~= nil and type(last.default) ~= "userdata" and step.read(last.default) == nil then
    self:mistake(below(at, count), ("the default does not fit %s"):format(step.field))
  end
end

function reading:expression(step, from, at)
  local transform = transforms.definition(from)
  if transform then
    self:mistake(at, ("%s is a transform: it stands behind a path, { \"path\", %s }"):format(transform.name, transform.name))
  elseif type(from) == "string" then
    self:source(step, from, at)
  elseif type(from) == "function" then
    step.call = from
  elseif type(from) == "table" then
    self:list(step, from, at)
  else
    self:mistake(at, EXPRESSION, " ")
  end
end

--- The steps of a table of fields.
function reading:fields(mapping, readers, at)
  local steps = {}
  for _, field in ipairs(keys_of(mapping)) do
    local from, read, place = rawget(mapping, field), readers[field], below(at, field)
    if not read then
      self:mistake(place, check.unknown(field, readers))
    elseif type(read) == "table" then
      if type(from) ~= "table" or transforms.definition(from) then
        self:mistake(place, "must be a table of fields", " ")
      else
        table.insert(steps, { field = field, name = dotted(place), steps = self:fields(from, read, place) })
      end
    else
      local step = { field = field, name = dotted(place), read = read, sources = {}, operations = {} }
      self:expression(step, from, place)
      table.insert(steps, step)
    end
  end
  return steps
end

--- @param name of an operation
-- @param mapping a table of fields
-- @param fields as of known_paths
-- @return a list of mistakes, which is empty where the mapping is right, and a plan { steps, uses, checked }. checked is false
-- where the operation's provider is not known: its paths can be anything.
-- A step is { field, name, read } with sources (lists of keys) and operations, or call, or steps of fields below it.
function map_check.read(name, mapping, fields)
  local mistakes, plan = {}, { uses = {} }
  local known, wrong
  if type(name) ~= "string" or not name:find "^[%w_%-]+%.[%w_%-]+$" then
    wrong = "the name must be that of an operation, such as \"alix.private_info\""
  elseif type(mapping) ~= "table" or transforms.definition(mapping) then
    wrong = "the mapping must be a table of fields"
  else
    known, wrong = known_paths(name, fields)
  end
  if wrong then
    table.insert(mistakes, { path = {}, message = wrong })
  end
  if type(mapping) == "table" then
    plan.steps = setmetatable({ plan = plan, mistakes = mistakes }, { __index = reading }):fields(mapping, neutral, {})
  end
  plan.checked = known ~= nil
  if known then
    map_check.paths(plan.uses, known, mistakes)
  end
  return mistakes, plan
end

--- The paths of an operation that was not known when its mapping was read.
map_check.known_paths = known_paths

return map_check
