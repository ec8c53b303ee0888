--- Reads a mapping: its expressions as a plan for core.mapping, and what is wrong with them.
--
-- A mistake is { path = { "exp_year", 2 }, message = "exp_year.2: …" }: the keys from the top of the mapping to the culprit. Values
-- are never shown, names and paths are.

local check = require "cards.util.check"
local core = require "cards.core"
local mistakes = require "cards.util.mistakes"
local neutral = require "cards.card.neutral"
local paths = require "cards.define.paths"
local transforms = require "cards.card.transforms"

local map_check = {}

local EXPRESSION = "must be a path such as \"billing.city\", a list of paths and transforms, or a function of the record"
local MOST_NAMES = 64 -- in a path: as deep as an answer may be
local MOST_TABLES = 1000 -- that a mapping goes through
local NEAR = 2 -- slips in the name of an operation: more, and it is meant to be another one

local shown = check.shown

--- What is declared: paths.tree of the fields, and as keys of `texts` all paths, and those that lead to them.
local function tree_of(fields)
  local known = { tree = paths.tree(), texts = {} }
  for path, kind in pairs(fields) do
    local steps = paths.parse(path)
    known.tree.add(steps, kind)
    for i = 1, #steps do
      if steps[i] ~= paths.EACH then
        known.texts[i == #steps and path or paths.text(steps, i)] = true
      end
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
    local hint, _, slips = check.meant(name, names)
    return nil, slips and slips <= NEAR and ("unknown operation '%s'%s"):format(shown(name), hint) or nil
  elseif not about.operations[operation] then
    local hint, meant = check.meant(operation, about.operations)
    return nil, ("unknown operation '%s'%s"):format(shown(name), meant and (" (did you mean '%s.%s'?)"):format(provider, meant) or hint)
  end
  return tree_of(about.operations[operation].response.fields)
end

local function any(nodes, key)
  for _, node in ipairs(nodes) do
    if node[key] ~= nil and node[key] ~= false then
      return true
    end
  end
  return false
end

--- The path with "[0]" behind the list that it goes into as if it were an object, and the text of that list; nil where it goes into none.
local function into_list(steps, tree)
  for i = 0, #steps do
    local step = steps[i + 1]
    if any(tree.find(steps, i), "list") and (step == nil or type(step) == "string" and step ~= paths.EACH) then
      local made = {}
      for j = 1, #steps do
        table.insert(made, steps[j])
      end
      table.insert(made, i + 1, 0)
      return paths.text(made), i > 0 and ("'%s'"):format(shown(paths.text(steps, i))) or "the record"
    end
  end
end

--- Adds the paths that the operation does not have.
-- @param uses of a plan
-- @param top a collector, see cards.util.mistakes
function map_check.paths(uses, known, top)
  for _, use in ipairs(uses) do
    local nodes, at = known.tree.find(use.steps), top
    local made, list = into_list(use.steps, known.tree)
    for _, key in ipairs(use.at) do
      at = at:at(key)
    end
    if any(nodes, "value") then -- luacheck: ignore
    elseif made then
      at:wrong((": %s is a list: write %s for what is in its first element"):format(list, shown(made)))
    elseif any(nodes, "object") then
      if not use.takes_tables then
        at:wrong((": '%s' has fields of its own, and is none"):format(shown(use.path)))
      end
    elseif transforms.values[use.path] then
      at:wrong((": %s is a transform: write it without quotes"):format(use.path))
    else
      at:wrong((": the record has no '%s'%s"):format(shown(use.path), (check.meant(use.path, known.texts))))
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

--- Adds a step, see core.mapping. @return it
local function add(plan, code, value, from)
  local step = { code = code, value = value, from = from }
  table.insert(plan.steps, step)
  return step
end

--- The keys in a record of the steps of a path from one on: a list counts from 1, and true stands for each element.
local function keys_of(steps, from)
  local keys = {}
  for i = from, #steps do
    local step = steps[i]
    table.insert(keys, step == paths.EACH or (type(step) == "number" and step + 1 or step))
  end
  return keys
end

--- The place of the table that the first steps lead to, see core.mapping. Nothing where there are too many.
local function place_of(plan, steps, count)
  local path = paths.text(steps, count)
  if count > 0 and not plan.places[path] then
    local from = place_of(plan, steps, count - 1)
    if not from or #plan.tables == MOST_TABLES then
      return nil
    end
    table.insert(plan.tables, { code = "table", value = keys_of(steps, count)[1], from = from })
    plan.places[path] = #plan.tables + 1
  end
  return count == 0 and 1 or plan.places[path]
end

--- Whether the next step is the first of a field.
local function is_first(plan)
  return plan.steps[#plan.steps].code == "name"
end

--- Where the first "[]" of a path stands, or its last step.
local function first_each(steps)
  for i, step in ipairs(steps) do
    if step == paths.EACH then
      return i
    end
  end
  return #steps
end

--- Adds a path. @return the use of it in the plan
-- @param code of the step, where it is a part of something
local function add_source(plan, path, at, code)
  local steps = paths.steps(at, path, EXPRESSION, MOST_NAMES)
  if not steps then
    return nil
  end
  local last = first_each(steps)
  local from, keys = place_of(plan, steps, last - 1), keys_of(steps, last)
  if not from then
    return at:wrong((": the mapping goes through more than %d tables"):format(MOST_TABLES))
  end
  add(plan, code or is_first(plan) and "path" or "other", steps[last] == paths.EACH and keys or keys[1], from)
  local use = { path = path, steps = steps, at = at.path }
  table.insert(plan.uses, use)
  return use
end

--- What an item of a list is that is neither a path nor a transform.
local function odd_item(item)
  for name, value in pairs(transforms.values) do
    if rawequal(item, value) then
      return (": %s is to be called, as in %s"):format(name, transforms.calls[name])
    end
  end
  if type(item) == "function" then
    return ": a function takes the whole record and stands alone, not in a list"
  end
  return (": a list has paths and transforms, not a %s"):format(check.is_secret(item) and "secret" or type(item))
end

--- Adds a transform of a field, for which there is a value already or not. One that the field does by itself is left out at the end.
local function add_transform(plan, definition, field, at, has_value, is_last)
  local transform = definition.transform or definition.fields and definition.fields[field.name]
  if definition.words then
    add(plan, "words", definition.words)
  elseif definition.first then
    add(plan, "slice", definition.last, definition.first)
  elseif definition.spelling and (field.kind == "month" or field.kind == "year") then
    add(plan, "spelled", definition.spelling, field.kind)
  elseif definition.default ~= nil then
    add(plan, has_value and "default" or "constant", definition.default)
  elseif not transform then
    at:wrong((": %s is for exp_month and exp_year"):format(definition.name))
  elseif is_last and transform == field.kind .. "_of" then
    field.kind = transform -- the month of a month and a year, which is one
  elseif not is_last or transform ~= field.kind then
    add(plan, "transform", transform)
  end
end

--- Adds what stands in front of the transforms: a path, or several that are put together. @return the use of a path, which a transform may take a table of
local function add_front(plan, item, definition, at)
  if not definition then
    return add_source(plan, item, at)
  end
  add(plan, is_first(plan) and "join" or "other_join", #definition.parts, definition.between)
  for i, path in ipairs(definition.parts) do
    add_source(plan, path, at:at(i), "part")
  end
end

--- Adds a list of `count` paths and transforms. @return its last transform, and how many items stand in front of the first
local function add_items(plan, field, list, count, at)
  local uses, front, last = {}, 0, nil
  for i = 1, count do
    local item, here = rawget(list, i), at:at(i)
    local definition = transforms.definition(item)
    local is_source = type(item) == "string" or (definition and definition.parts)
    if is_source and not last then
      uses[#uses + 1] = add_front(plan, item, definition, here)
      front = i
    elseif definition and not is_source then
      if not last and front > 0 then
        add(plan, "plain", field.kind)
        for _, use in ipairs(uses) do
          use.takes_tables = definition.takes_tables
        end
      end
      add_transform(plan, definition, field, here, i > 1, i == count)
      last = definition
    elseif transforms.values[item] then
      here:wrong((": %s is a transform: write it without quotes"):format(item))
    else
      here:wrong(is_source and ": paths stand in front of the transforms" or odd_item(item))
    end
  end
  return last, front
end

--- Whether a list puts a value together, or takes it apart.
local function has_parts(list, count)
  for i = 1, count do
    local definition = transforms.definition(rawget(list, i))
    if definition and (definition.parts or definition.first) then
      return true
    end
  end
end

local function add_list(plan, field, list, at)
  local count = list_length(list)
  if not count then
    return at:wrong ": the list has a hole or a name in it; an unknown transform is such a hole"
  elseif count == 0 then
    return at:wrong(EXPRESSION)
  end
  if field.kind == "pan" and has_parts(list, count) then
    field.kind = "pan_of_parts" -- it has more digits than the first six and the last four
  end
  local last, front = add_items(plan, field, list, count, at)
  local first = transforms.definition(rawget(list, 1))
  if front == 0 and first and first.default == nil then
    at:wrong ": a path has to stand in front of the transforms"
  elseif last and last.default ~= nil and not core.fits(field.kind, last.default) then
    at:at(count):wrong((": the default does not fit %s"):format(field.name))
  end
end

local function add_expression(plan, field, from, at)
  local transform = transforms.definition(from)
  if transform and transform.parts then
    add_list(plan, field, { from }, at)
  elseif transform then
    at:wrong((": %s is a transform: it stands behind a path, { \"path\", %s }"):format(transform.name, transform.name))
  elseif type(from) == "string" then
    add_source(plan, from, at)
  elseif type(from) == "function" then
    add(plan, "call", from, at:name())
  elseif type(from) == "table" then
    add_list(plan, field, from, at)
  else
    at:wrong(EXPRESSION)
  end
end

--- Adds the steps of a table of fields. @return how many fields there are
local function add_fields(plan, mapping, kinds, at)
  local names = mistakes.keys(mapping)
  for _, name in ipairs(names) do
    local from, kind, here = rawget(mapping, name), kinds[name], at:at(name)
    add(plan, "name", name)
    if not kind then
      here:wrong(": " .. check.unknown(name, kinds))
    elseif type(kind) ~= "table" then
      local field = { name = name, kind = kind }
      add_expression(plan, field, from, here)
      add(plan, "read", field.kind)
    elseif type(from) ~= "table" or transforms.definition(from) then
      here:wrong "must be a table of fields"
    else
      local group, before = add(plan, "group"), #plan.steps
      group.from = add_fields(plan, from, kind, here)
      group.value = #plan.steps - before
    end
  end
  return #names
end

--- @param name of an operation
-- @param mapping a table of fields
-- @param fields as of known_paths
-- @return a list of mistakes, which is empty where the mapping is right, and a plan: what core.mapping takes, besides `uses`, the paths in it, and
-- `checked`. That is false where the operation's provider is not known: its paths can be anything.
function map_check.read(name, mapping, fields)
  local top, plan = mistakes.new(), { steps = {}, tables = {}, places = {}, uses = {} }
  local known, wrong
  if type(name) ~= "string" or not name:find "^[%w_%-]+%.[%w_%-]+$" then
    wrong = "the name must be that of an operation, such as \"alix.private_info\""
  elseif type(mapping) ~= "table" or transforms.definition(mapping) then
    wrong = "the mapping must be a table of fields"
  else
    known, wrong = known_paths(name, fields)
  end
  if wrong then
    top:wrong(wrong)
  else -- first: what the mapping finds for a provider, if anything, takes its place
    add(plan, "name", "provider")
    add(plan, "constant", (name:match "^[^.]+"))
    add(plan, "read", neutral.provider)
  end
  plan.most = add_fields(plan, mapping, neutral, top) + 1 -- the provider
  if type(mapping) == "table" and rawget(mapping, "number") then
    plan.most = plan.most + (rawget(mapping, "last4") and 0 or 1) + (rawget(mapping, "bin") and 0 or 1)
  end
  plan.checked = known ~= nil
  if known then
    map_check.paths(plan.uses, known, top)
  end
  return top.list, plan
end

--- The paths of an operation that was not known when its mapping was read.
map_check.known_paths = known_paths

return map_check
