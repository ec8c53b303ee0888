--- The limits, breakers and token sources that have a name. They are held weakly: one that is collected vanishes from the metrics.

local check = require "cards.util.check"

local registry = {}

local MOST = 32 -- names of each kind; objects of further ones are counted together

local kinds = {} -- by kind: objects as weak keys, with the function that gives their state

--- Adds an object.
-- @param kind "limit", "breaker" or "token_source"
-- @param object its field `name` is what it is shown as, nil while it is not shown. Objects of one name are shown together
-- @param state function(object) that returns its state without waiting for anything; by default its method `state`. It must not hold the object
function registry.register(kind, object, state)
  kinds[kind] = kinds[kind] or setmetatable({}, { __mode = "k" })
  kinds[kind][object] = state or object.state
end

--- The objects of a kind that have a name, in its order: a list of { name, object, state }.
local function list(kind)
  local all = {}
  for object, state in pairs(kinds[kind] or {}) do
    if object.name then
      all[#all + 1] = { name = check.short(object.name), object = object, state = state }
    end
  end
  table.sort(all, function(a, b) return a.name < b.name end)
  return all
end

--- Calls visit(name, state) for each object of a kind that tells its state.
function registry.each(kind, visit)
  local names, before = 0, nil
  for _, one in ipairs(list(kind)) do
    names, before = names + (one.name ~= before and 1 or 0), one.name
    local ok, state = pcall(one.state, one.object)
    if ok and type(state) == "table" then
      visit(names <= MOST and one.name or "other", state)
    end
  end
end

return registry
