--- The limits, breakers and token sources that have a name. They are held weakly: one that is collected vanishes from the metrics.

local check = require "cards.util.check"

local registry = {}

local MOST = 32    -- names of each kind; objects of further ones are counted together
local LONGEST = 64 -- bytes of a name

local kinds = {} -- by kind, and name: a weak set of objects

local function weak()
  return setmetatable({}, { __mode = "k" })
end

--- Forgets the names whose objects were all collected. @return how many are left
local function tidy(names)
  local count = 0
  for name, objects in pairs(names) do
    if next(objects) == nil then
      names[name] = nil
    else
      count = count + 1
    end
  end
  return count
end

--- Adds an object.
-- @param kind "limit", "breaker" or "token_source"
-- @param object with a method `state`; its field `name` is what it is shown as, nil where it is not shown. Objects of one name are shown together
function registry.register(kind, object)
  local name = object.name
  if name == nil then
    return
  end
  name = check.line(name:sub(1, LONGEST))
  kinds[kind] = kinds[kind] or {}
  local names = kinds[kind]
  if not names[name] and tidy(names) >= MOST then
    name = "other"
  end
  names[name] = names[name] or weak()
  names[name][object] = true
end

local function list(kind)
  local all = {}
  for name, objects in pairs(kinds[kind] or {}) do
    for object in pairs(objects) do
      all[#all + 1] = { name = name, object = object }
    end
  end
  return all
end

--- Calls visit(name, state) for each object of a kind that tells its state. May yield where an object does, as it has to ask for what hosts share.
function registry.each(kind, visit)
  for _, one in ipairs(list(kind)) do
    local ok, state = pcall(one.object.state, one.object) -- one with a function as its key may want arguments for that
    if ok and type(state) == "table" then
      visit(one.name, state)
    end
  end
end

return registry
