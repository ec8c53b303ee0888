--- What the annotations in library declare, by name: read by what makes the reference of them.

local before = package.path
package.path = "docs/site/reference/?.lua;" .. before
local annotations = require "annotations"
package.path = before

local reader = {}

local FILES = "ls library/*.lua library/*/*.lua"

--- A list of entries with names, by these.
local function by_name(list)
  local all = {}
  for _, entry in ipairs(list) do
    assert(not all[entry.name], entry.name .. " is declared twice")
    all[entry.name] = entry
  end
  return all
end

local add = {}

function add.class(into, item)
  assert(not into.classes[item.name], item.name .. " is declared twice")
  into.classes[item.name] = { parents = item.parents, fields = by_name(item.fields), functions = {} }
end

--- A type with literals only is a list of those.
function add.alias(into, item)
  local words = {}
  for i, field in ipairs(item.fields) do
    words[i] = field.name
  end
  into.aliases[item.name] = item.type or table.concat(words, "|")
end

add["function"] = function(into, item)
  local of = item.class and into.classes[item.class].functions or into.globals
  of[item.name:match "[%w_]+$"] = item
end

function add.global(into, item)
  into.globals[item.name] = item
end

--- All that is declared: { classes, aliases = types, globals, mistakes = a list }, the first three by name.
function reader.read()
  local into = { classes = {}, aliases = {}, globals = {}, mistakes = {} }
  local pipe = assert(io.popen(FILES))
  for path in pipe:lines() do
    for _, item in ipairs((annotations.read(path, into.mistakes))) do
      add[item.kind](into, item)
    end
  end
  pipe:close()
  return into
end

--- Whether a class is another one, or comes of it.
function reader.is(declared, name, other)
  local class = declared.classes[name]
  for _, parent in ipairs(class and class.parents or {}) do
    if reader.is(declared, parent, other) then
      return true
    end
  end
  return name == other
end

--- The fields of a class with those that it inherits; what stands in brackets is none.
function reader.fields(declared, name)
  local all = {}
  local class = assert(declared.classes[name], name)
  for _, parent in ipairs(class.parents) do
    for field, about in pairs(reader.fields(declared, parent)) do
      all[field] = about
    end
  end
  for field, about in pairs(class.fields) do
    if not field:find "^%[" then
      all[field] = about
    end
  end
  return all
end

--- The words that a type allows, '"a"|"b"', as keys.
function reader.words(kind)
  local words = {}
  for word in kind:gmatch '"([^"]*)"' do
    words[word] = true
  end
  return words
end

return reader
