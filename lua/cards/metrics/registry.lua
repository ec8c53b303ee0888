--- The limits, breakers and token sources that have a name. They are held weakly: one that is collected vanishes from the metrics.

local check = require "cards.util.check"

local registry = {}

local MOST = 32    -- names of each kind; objects of further ones are counted together
local LONGEST = 64 -- bytes of a name

local kinds = {} -- by kind: a weak set of objects

--- Adds an object.
-- @param kind "limit", "breaker" or "token_source"
-- @param object with a method `state`; its field `name` is what it is shown as, nil while it is not shown. Objects of one name are shown together
function registry.register(kind, object)
  kinds[kind] = kinds[kind] or setmetatable({}, { __mode = "k" })
  kinds[kind][object] = true
end

--- The objects of a kind that have a name, in its order: a list of { name, object }.
local function list(kind)
  local all = {}
  for object in pairs(kinds[kind] or {}) do
    if object.name then
      all[#all + 1] = { name = check.line(object.name:sub(1, LONGEST)), object = object }
    end
  end
  table.sort(all, function(a, b) return a.name < b.name end)
  return all
end

--- Calls visit(name, state) for each object of a kind that tells its state. May yield where an object does, as it has to ask for what hosts share.
function registry.each(kind, visit)
  local names, before = 0, nil
  for _, one in ipairs(list(kind)) do
    names, before = names + (one.name ~= before and 1 or 0), one.name
    local ok, state = pcall(one.object.state, one.object) -- one with a function as its key may want arguments for that
    if ok and type(state) == "table" then
      visit(names <= MOST and one.name or "other", state)
    end
  end
end

return registry
