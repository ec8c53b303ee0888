--- Reads a file of LuaLS annotations, as far as library uses them. What it does not know, and a name without a text, is a mistake that it collects.

local types = require "types"

local annotations = {}

local IGNORED = { meta = true, operator = true, generic = true, nodiscard = true } -- they say nothing that a reader needs; a text says what `#` and `..` do

local Reader = {}
Reader.__index = Reader

function Reader:complain(text)
  table.insert(self.mistakes, ("%s:%d: %s"):format(self.path, self.line, text))
end

--- The text above a tag, which is taken.
function Reader:above()
  local text = table.concat(self.text, "\n")
  self.text = {}
  return text
end

--- Adds an item: a table with kind, name, text, fields, params, returns and overloads.
function Reader:add(kind, name)
  self.item = { kind = kind, name = name, text = self:above(), fields = {}, params = {}, returns = {}, overloads = {} }
  table.insert(self.items, self.item)
end

--- A name with a type and a text, in a list; the name is optional with a question mark behind it.
function Reader:entry(list, name, rest)
  local type, text = types.split(rest)
  if not text:find "%S" then
    self:complain(("no text for %s"):format(name))
  end
  table.insert(list, { name = name:match "^(.-)%??$", optional = name:find "%?$" ~= nil, type = type, text = text })
end

local TAGS = {}

function TAGS.class(reader, rest)
  local name, parents = rest:match "^([%w_.]+)%s*:?%s*(.*)$"
  reader:add("class", name)
  reader.item.parents = {}
  for parent in parents:gmatch "[%w_.]+" do
    table.insert(reader.item.parents, parent)
  end
end

function TAGS.alias(reader, rest)
  local name, type = rest:match "^([%w_.]+)%s*(.*)$"
  reader:add("alias", name)
  local literals = types.literals(type)
  for _, literal in ipairs(literals or {}) do
    table.insert(reader.item.fields, { name = literal, text = "" })
  end
  reader.item.type = not literals and type ~= "" and type or nil
end

function TAGS.field(reader, rest)
  local name, behind = rest:match "^(%[.-%]%??)%s+(.*)$"
  if not name then
    name, behind = rest:match "^(%S+)%s+(.*)$"
  end
  reader:entry(reader.item.fields, name, behind)
end

function TAGS.overload(reader, rest)
  table.insert(reader.item.overloads, rest)
end

function TAGS.param(reader, rest)
  reader:entry(reader.params, rest:match "^(%S+)%s+(.*)$")
end

TAGS["return"] = function(reader, rest)
  local type, text = types.split(rest)
  local name, behind = text:match "^([%w_.]+)%s+(.+)$"
  if not name then
    reader:complain "no name and text for what is returned"
  end
  table.insert(reader.returns, { name = name or "", type = type, text = behind or text })
end

--- A function, with the annotations above it.
function Reader:define(name, arguments)
  local params, returns, object, rest = self.params, self.returns, name:match "^([%w_]+)([.:].*)$"
  local class = self.classes[object]
  if object and not class then
    return self:complain(("%s is of no class"):format(object))
  end
  local names = {}
  for i, param in ipairs(params) do
    names[i] = param.name
  end
  if table.concat(names, ", ") ~= arguments then
    self:complain(("its parameters are (%s), and (%s) have a comment"):format(arguments, table.concat(names, ", ")))
  end
  self:add("function", class and class .. rest or name)
  self.item.class = class
  self.item.params, self.item.returns = params, returns
  self.params, self.returns = {}, {}
end

--- The type of a global, whose name stands in the line behind it.
function TAGS.type(reader, rest)
  reader.type = rest
end

function Reader:read(line)
  local tag, rest = line:match "^%-%-%-%s?@(%w+)%s*(.*)$"
  local value, meaning = line:match '^%-%-%-|%s*(".-")%s*#?%s*(.*)$'
  if tag and TAGS[tag] then
    TAGS[tag](self, rest)
  elseif value then
    table.insert(self.item.fields, { name = value, text = meaning })
  elseif tag then
    if not IGNORED[tag] then
      self:complain(("@%s is not known"):format(tag))
    end
  elseif line:find "^%-%-%-" then
    table.insert(self.text, (line:gsub("^%-%-%- ?", "")))
  elseif line:find "^%-%-" and not self.item then
    table.insert(self.about, (line:gsub("^%-%- ?", "")))
  elseif line:find "^function " then
    self:define(line:match "^function ([%w_.:]+)%((.-)%)")
  elseif self.type then
    self:add("global", line:match "^[%w_]+")
    self.item.type, self.type = self.type, nil
  elseif line:find "^local [%w_]+ = " then
    self.classes[line:match "^local ([%w_]+)"] = self.item and self.item.name
  elseif line == "" then
    self.text = {}
  end
end

--- The items of a file in their order.
-- @param path of the file
-- @param mistakes a list that grows
-- @return the items; and what the comment at its top says of the file
function annotations.read(path, mistakes)
  local reader = setmetatable({ path = path, mistakes = mistakes, items = {}, text = {}, about = {}, line = 0 }, Reader)
  reader.params, reader.returns, reader.classes = {}, {}, {}
  for line in io.lines(path) do
    reader.line = reader.line + 1
    local count = #reader.items
    reader:read(line)
    if #reader.items > count and reader.item.text == "" then
      reader:complain(("no text for %s"):format(reader.item.name))
    end
  end
  return reader.items, table.concat(reader.about, "\n")
end

return annotations
