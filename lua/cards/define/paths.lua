--- Dotted paths of a definition: "holder.name" of an object, "items[].pan" of each element of an array.

local paths = {}

--- The steps of a path, "[]" being one of its own; nil and a mistake where it is none.
-- @param at a collector of cards.util.mistakes
-- @param text anything
-- @param options { arrays = whether "[]" may stand in it, most = how many names it may have (16) }
function paths.read(at, text, options)
  options = options or {}
  if not at:text(text) then
    return nil
  end
  local steps, names = {}, 0
  for name in (text .. "."):gmatch "([^.]*)%." do
    local bare = options.arrays and name:match "^(.*)%[%]$" or name
    if bare == "" or bare == "?" or bare:find "[%[%]]" then
      return at:wrong(options.arrays and "must be a path such as \"holder.name\" or \"items[].pan\"" or "must be a path such as \"holder.name\"")
    end
    names = names + 1
    table.insert(steps, bare)
    if bare ~= name then
      table.insert(steps, "[]")
    end
  end
  if names > (options.most or 16) then
    return at:wrong("has more than %d names", options.most or 16)
  end
  return steps
end

--- The names of a path without arrays, whose text is right.
function paths.split(text)
  local steps = {}
  for name in text:gmatch "[^.]+" do
    table.insert(steps, name)
  end
  return steps
end

--- Whether one path goes before the other in an order in which those with a common beginning stand together.
function paths.before(a, b)
  for i = 1, math.min(#a, #b) do
    if a[i] ~= b[i] then
      return a[i] < b[i]
    end
  end
  return #a < #b
end

--- A set of paths of which none may go through where another one ends.
-- @return a function(steps, text) that adds one, and returns the text of the one that it is at odds with
function paths.set()
  local root = { children = {} }
  return function(steps, text)
    local node = root
    for _, step in ipairs(steps) do
      local array = step == "[]"
      if node.leaf or (node.first and node.array ~= array) then
        return node.leaf or node.first
      end
      node.first, node.array = text, array
      node.children[step] = node.children[step] or { children = {} }
      node = node.children[step]
    end
    if node.leaf or node.first then
      return node.leaf or node.first
    end
    node.leaf = text
  end
end

--- What stands at a path of plain names in a record; nil where something else stands in the way.
function paths.follow(record, steps)
  local value = record
  for _, step in ipairs(steps) do
    if type(value) ~= "table" then
      return nil
    end
    value = rawget(value, step)
  end
  return value
end

return paths
