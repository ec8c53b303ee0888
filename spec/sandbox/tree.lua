--- Finding and changing fields of an answer by dotted path ("data.cvv").

local json = require "json"

local tree = {}

--- The object that holds a path's last key, and that key; nil where the way is blocked.
local function holder(node, path)
  local way, last = path:match "^(.*)%.([^.]+)$"
  for key in (way or ""):gmatch "[^.]+" do
    node = json.is_object(node) and node:get(key)
  end
  if json.is_object(node) then return node, last or path end
end

function tree.get(node, path)
  local owner, key = holder(node, path)
  return owner and owner:get(key)
end

--- Replaces a field that is there; says whether it was.
function tree.replace(node, path, value)
  local owner, key = holder(node, path)
  if not owner or owner:get(key) == nil then return false end
  owner:set(key, value)
  return true
end

function tree.remove(node, path)
  local owner, key = holder(node, path)
  if owner then owner:remove(key) end
end

--- The object with the payload: `path` in the tree, or the whole where path is nil.
function tree.record(node, path)
  local found = path and tree.get(node, path) or node
  return json.is_object(found) and found or nil
end

--- Adds a pair after the field of a path, whatever keys are there: how duplicates are made.
function tree.append(node, path, key, value)
  local owner = holder(node, path)
  if owner then owner[#owner + 1] = { key, value } end
end

--- Calls change(value, path) for every leaf below `path` (nil: all), except those in `keep`,
-- and puts what it returns in its place; nil leaves it.
function tree.each(node, path, keep, change)
  local kept = {}
  for _, name in ipairs(keep) do kept[name] = true end
  local function walk(owner, prefix)
    for _, pair in ipairs(owner) do
      local name = prefix .. pair[1]
      if not kept[name] then
        if json.is_object(pair[2]) then
          walk(pair[2], name .. ".")
        else
          local value = change(pair[2], name)
          if value ~= nil then pair[2] = value end
        end
      end
    end
  end
  local start = tree.record(node, path)
  if start then walk(start, path and path .. "." or "") end
end

return tree
