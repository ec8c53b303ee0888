--- Dotted paths of a definition: "holder.name" in an object, "items[].pan" in each element of an array.

local paths = {}

--- Reads a path.
-- @param at a collector of cards.util.mistakes
-- @param text anything
-- @param options { arrays = whether the path may have "[]", most = the greatest number of names (16) }
-- @return its steps, of which "[]" is one; nil and a mistake where the text is no path
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

--- The names of a path without arrays. The text is not checked.
function paths.split(text)
  local steps = {}
  for name in text:gmatch "[^.]+" do
    table.insert(steps, name)
  end
  return steps
end

--- Whether one path comes before another in an order that keeps paths with a common beginning together.
function paths.before(a, b)
  for i = 1, math.min(#a, #b) do
    if a[i] ~= b[i] then
      return a[i] < b[i]
    end
  end
  return #a < #b
end

--- A set of paths, of which none may go through the end of another one.
-- @return a function(steps, text) that adds a path; where it conflicts with another path, the text of that one is returned
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

--- The value at a path of plain names in a record; nil where there is none.
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
