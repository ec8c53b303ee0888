--- Paths of a definition or mapping, to what is in an answer or a record:
--
--     holder.name          a member of a member
--     items[].pan          of each element of a list; where one value is wanted, of the first that has one
--     errors[0].code       of its first element
--     [0].id, [].id        of a list at the top
--     a['dotted.name'].b   a name that has a dot or a bracket in it, or only digits
--
-- The steps of a path are names, places in a list, which count from 0, and paths.EACH.

local check = require "cards.util.check"

local paths = {}

local EACH = "[]" -- as a name it cannot be written
paths.EACH = EACH

local MOST_NAMES = 16
local EXAMPLES = "must be a path such as \"holder.name\", \"items[].pan\", \"errors[0].code\" or \"a['dotted.name']\""

local function each()
  return EACH
end

local function place(digits)
  return #digits <= 6 and tonumber(digits) or nil, digits:find "^0%d" ~= nil
end

local function quoted(name)
  return name ~= EACH and name or nil
end

local function bare(name)
  if name:find "^%d+$" then
    return place(name), true
  end
  return not name:find "^['\"]" and not name:find "['\"]$" and name or nil
end

--- What can come next: a pattern, and a function of its capture that returns the step, and whether it is to be written in another way. What is
-- `odd` always is: it can be understood, but it is no path. A name stands behind a dot, but for the first one.
local FORMS = {
  { "^%[(%d+)%]", place },
  { "^(%[)%]", each },
  { "^%['([^']+)'%]", quoted },
  { '^%["([^"]+)"%]', quoted },
  { "^%[%*(%])", each, odd = true },
  { "^%[(%d+)", place, odd = true },
  { "^%['([^']+)'?%]?", quoted, odd = true },
  { '^%["([^"]+)"?%]?', quoted, odd = true },
  { "^%[([%a_][%w_-]*)%]?", quoted, odd = true },
  { "^(%[)", each, odd = true },
  { "^'([^']+)'", quoted, odd = true },
  { '^"([^"]+)"', quoted, odd = true },
  { "^([^.%[%]]+)", bare, is_name = true },
}

--- The step at a place of the text, the place behind it, and whether it is to be written in another way; nil where there is none.
local function next_step(text, at)
  local has_dot = text:sub(at, at) == "."
  for _, form in ipairs(FORMS) do
    local _, last, what = text:find(form[1], has_dot and at + 1 or at)
    if last then
      local step, is_odd = form[2](what)
      local wants_dot = at > 1 and form.is_name == true
      return step, last + 1, is_odd or form.odd or has_dot ~= wants_dot
    end
  end
end

--- Reads a text without a word about what is wrong.
-- @return the steps of a path; nil where it is none, and then those of one that is probably meant, or nil
function paths.parse(text)
  local steps, at, odd = {}, 1, false
  while at <= #text do
    local step, behind, is_odd = next_step(text, at)
    if step == nil then
      return nil
    end
    table.insert(steps, step)
    at, odd = behind, odd or is_odd
  end
  if steps[1] == nil then
    return nil
  elseif odd then
    return nil, steps
  end
  return steps
end

--- How a path is written.
-- @param steps of it
-- @param last the last step that counts; all by default
function paths.text(steps, last)
  local text = ""
  for i = 1, last or #steps do
    local step = steps[i]
    if step == EACH then
      text = text .. EACH
    elseif type(step) == "number" then
      text = ("%s[%d]"):format(text, step)
    elseif step:find "[.%[%]'\"]" or step:find "^%d+$" then
      text = text .. (step:find("'", 1, true) and "[\"" .. step .. "\"]" or "['" .. step .. "']")
    else
      text = text .. (i > 1 and "." or "") .. step
    end
  end
  return text
end

--- Reads a path.
-- @param at a collector of cards.util.mistakes
-- @param text a string
-- @param what the message where it is none: "must be …"
-- @param most the greatest number of names
-- @return its steps; nil and a mistake where the text is no path, which says how it is written
function paths.steps(at, text, what, most)
  local steps, meant = paths.parse(text)
  if meant then
    return at:wrong(": %s: write %s", check.shown(text), check.shown(paths.text(meant)))
  elseif not steps then
    return at:wrong(what)
  end
  local names = 0
  for _, step in ipairs(steps) do
    names = names + (type(step) == "string" and step ~= EACH and 1 or 0)
  end
  if names > most then
    return at:wrong(": the path has more than %d names", most)
  end
  return steps
end

--- Reads a path of a definition, where it is a text of one line.
-- @param text anything
-- @return as paths.steps
function paths.read(at, text)
  return at:text(text) and paths.steps(at, text, EXAMPLES, MOST_NAMES)
end

--- Reads a path in the body of a request. "[]" stands only at its end: what goes there is a list, or its one element.
-- @return as paths.steps
function paths.body(at, text)
  local steps = at:text(text) and paths.steps(at, text, EXAMPLES, MOST_NAMES)
  for i = 1, steps and #steps - 1 or 0 do
    if steps[i] == EACH then
      return at:wrong(": in a body [] stands at the end of a path; write %s[0]", check.shown(paths.text(steps, i - 1)))
    end
  end
  return steps
end

--- The steps to a list, whose path may have "[]" behind it; nil where the text is no path.
function paths.list(text)
  local steps = type(text) == "string" and paths.parse(text) or nil
  if steps and steps[#steps] == EACH then
    table.remove(steps)
  end
  return steps
end

--- The steps below the elements of a list, for a path that goes through all of them; nil for another one, and for that of the elements.
function paths.below(steps, list)
  if steps[#list + 1] ~= EACH or #steps == #list + 1 then
    return nil
  end
  for i, step in ipairs(list) do
    if steps[i] ~= step then
      return nil
    end
  end
  local below = {}
  for i = #list + 2, #steps do
    table.insert(below, steps[i])
  end
  return below
end

--- Whether one path of a body comes before another in an order that keeps paths with a common beginning together.
function paths.before(a, b)
  for i = 1, math.min(#a, #b) do
    if a[i] ~= b[i] then
      return a[i] < b[i]
    end
  end
  return #a < #b
end

--- Whether all that one path leads to is among what another one does, in which "[]" stands for any place.
function paths.leads(declared, steps)
  for i = 1, math.max(#declared, #steps) do
    if declared[i] ~= steps[i] and not (declared[i] == EACH and type(steps[i]) == "number") then
      return false
    end
  end
  return true
end

--- A set of paths, of which none may go through the end of another one, or into a list where another one goes into an object.
-- @return a function(steps, text) that adds a path; where it conflicts with another path, the text of that one is returned
function paths.set()
  local root = { children = {} }
  return function(steps, text)
    local node = root
    for _, step in ipairs(steps) do
      local array = step == EACH or type(step) == "number"
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

--- Adds the nodes below one to which a step may lead. Each element meets the one at a place, and the reverse.
-- @param is_whole whether only those count that stand for all of what the step leads to
local function add_below(list, node, step, is_whole)
  if step == EACH and not is_whole then
    for other, child in pairs(node.children) do
      if other == EACH or type(other) == "number" then
        table.insert(list, child)
      end
    end
    return
  end
  table.insert(list, node.children[step])
  table.insert(list, type(step) == "number" and node.children[EACH] or nil)
end

--- What is declared at paths. A node has `value` where a path ends, `list` where paths go on into a list, and `object` where they go on by a name.
-- @return { add = function(steps, value), find = function(steps, last): a list of the nodes to which the steps up to the last one may lead,
-- covers = function(steps): whether all that the steps lead to is declared }
function paths.tree()
  local root, tree = { children = {} }, {}

  function tree.add(steps, value)
    local node = root
    for _, step in ipairs(steps) do
      local is_list = step == EACH or type(step) == "number"
      node.list, node.object = node.list or is_list, node.object or not is_list
      node.children[step] = node.children[step] or { children = {} }
      node = node.children[step]
    end
    node.value = value
  end

  local function find(steps, last, is_whole)
    local nodes = { root }
    for i = 1, last do
      local below = {}
      for _, node in ipairs(nodes) do
        add_below(below, node, steps[i], is_whole)
      end
      nodes = below
    end
    return nodes
  end

  function tree.find(steps, last)
    return find(steps, last or #steps, false)
  end

  function tree.covers(steps)
    for _, node in ipairs(find(steps, #steps, true)) do
      if node.value ~= nil then
        return true
      end
    end
    return false
  end

  return tree
end

--- The last place of a list that may have holes, as a null leaves one.
function paths.last_place(list)
  local last = 0
  for key in next, list do
    last = type(key) == "number" and math.max(last, key) or last
  end
  return last
end

--- The value at a path of a record; nil where there is none.
-- @param steps of the path
-- @param from the first step that counts; 1 by default
function paths.follow(record, steps, from)
  local value = record
  for at = from or 1, #steps do
    local step = steps[at]
    if type(value) ~= "table" then
      return nil
    elseif step == EACH then
      for element = 1, paths.last_place(value) do
        local found = paths.follow(rawget(value, element), steps, at + 1)
        if found ~= nil then
          return found
        end
      end
      return nil
    end
    value = rawget(value, type(step) == "number" and step + 1 or step)
  end
  return value
end

return paths
