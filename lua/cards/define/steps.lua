--- `before` of an operation of a definition: the operations that are called before it, and what is taken from their records into its request.

local fetched = require "cards.define.fetched"
local mistakes = require "cards.util.mistakes"
local paths = require "cards.define.paths"

local steps = {}

local any, optional = mistakes.any, mistakes.optional

local PARAMETER = "^[%a_][%w_]*$"
local MOST = 8
local MOST_TAKEN = 64

--- Reads `take`: { our parameter = path in its record }.
local function take(at, value)
  local list = {}
  for to, path, here in at:entries(value) do
    if type(to) ~= "string" or not to:find(PARAMETER) or #to > 64 then
      here:wrong ": the name of a parameter has letters, digits and _"
    elseif fetched.path(here, path) then
      table.insert(list, { to = to, path = path, steps = (paths.parse(path)), at = here })
    end
    if #list > MOST_TAKEN then
      at:wrong("has more than %d entries", MOST_TAKEN)
      return {}
    end
  end
  return list
end

--- Reads `before`, a step or a list of them.
-- @param operations names, as keys
-- @return a list of { operation, with = as it was given, take = { { to, path, steps } }, url = a path or nil }
function steps.read(at, value, operations)
  local schema = { operation = function(here, name) return here:word(name, operations) end, with = any, take = take, url = optional(fetched.path) }
  local url
  local list = at:each(value, MOST, function(here, given)
    local made = here:read(given, schema)
    if made then
      made.at, made.before = here, at
      if made.url and url then
        here:at("url"):wrong "is given by another step already"
      end
      url = url or made.url
      made.url_steps = made.url and paths.parse(made.url) or nil
    end
    return made and made.operation and made or nil
  end)
  list.url = url
  return list
end

--- The entry of a parameter in `params`, which may be a list.
local function find(params, name)
  for key, param in pairs(params) do
    if key == name or (type(param) == "table" and rawget(param, "name") == name) then
      return param
    end
  end
end

--- `params` with an entry for each parameter that a step gives and the definition does not mention.
function steps.declare(list, params)
  if type(params) ~= "table" and params ~= nil then
    return params
  end
  local all = {}
  for key, param in next, params or {} do -- no metamethod is called
    all[key] = param
  end
  local is_list = all[1] ~= nil
  for _, step in ipairs(list) do
    for _, one in ipairs(step.take) do
      if not find(all, one.to) then
        all[is_list and #all + 1 or one.to] = is_list and { name = one.to } or {}
      end
    end
  end
  return all
end

--- Makes the parameters that steps give theirs: no caller gives them then.
local function claim(list, params)
  for number, step in ipairs(list) do
    for _, one in ipairs(step.take) do
      local part = params.arguments[one.to] or params.taken[one.to]
      if params.taken[one.to] then
        one.at:wrong "is taken by another step already"
      elseif part then
        one.optional = params.given[one.to].required == false or part.default ~= nil
        part.source, part.unique, part.step = "step", nil, number
        params.arguments[one.to], params.taken[one.to] = nil, part
      else
        one.at:wrong ": its value is always the same"
      end
    end
  end
end

--- Where a value of `with` comes from: a parameter of the caller or of a step before this one, or a credential or setting.
local function source(number, params, ours)
  return function(at, name)
    local taken = type(name) == "string" and params.taken[name]
    if taken and taken.step >= number then
      return at:wrong "is taken by no step before this one"
    elseif type(name) == "string" and params.given[name] then
      return params.is_made[name] and at:wrong "is made for each attempt" or { credential = false }
    end
    return ours(at, name)
  end
end

--- Reads what the steps give to their operations, once the parameters are known.
-- @param list of steps.read
-- @param params of request.params; `taken` is added, the parameters that steps give by name
-- @param ours as cards.define.auth makes it: a reader of the name of a credential or setting
function steps.bind(list, params, ours)
  params.taken, params.is_made = {}, {}
  for _, part in ipairs(params.parts) do
    params.is_made[part.name] = part.source == "made"
  end
  claim(list, params)
  for number, step in ipairs(list) do
    step.with = fetched.with(step.at:at "with", step.with, source(number, params, ours))
  end
end

return steps
