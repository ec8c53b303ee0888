--- Writes what LDoc reads, of the annotations in library: `lua5.4 docs/site/reference/sources.lua FOLDER FILE…`. Each file becomes a page of the reference.
-- A name without a text, or one that is not there, is a mistake.

local annotations = require "annotations"
local names = require "names"

local folder = arg[1]

-- LDoc's own marks, as they stand within a modifier: the template puts them back.
local MARKS = { [","] = "\1", ["["] = "\2", ["]"] = "\3", ["="] = "\4", [" "] = "\5" }

-- The tags are for the template: title of a page, full name of an item, as LDoc may take the module off, what it is called in a program, …
local CONFIG = [[
style, template_escape = false, ">"
custom_tags = { "title", "full", "shown", "sort", "parent", "overload", "is" }
vars = { places = { %s } }
]]

local function is_name(text)
  return text:find "^[%a_][%w_]*$"
end

local function lines(text)
  return (text:gsub("\n", "\n-- "))
end

--- A line for LDoc. What is no name is called by its number there; how it is written stands in the text.
local function entry(tag, field, number)
  local modifiers = (field.optional and "opt," or "") .. "type=" .. (field.type or ""):gsub("[,%[%]= ]", MARKS)
  local name = tag == "return" and "" or is_name(field.name) and field.name or "other" .. number
  return ("-- @%s[%s] %s \6%s\6%s"):format(tag, modifiers, name, field.name, lines(field.text))
end

--- What a class has of others: a list with the name of each, and behind it the names of those of its fields that none before it has.
-- @param seen names of fields, as keys
-- @param list that is returned
local function inherit(item, seen, list)
  for _, field in ipairs(item.fields) do
    seen[field.name] = true
  end
  for _, name in ipairs(item.parents or {}) do
    local words, parent = { name }, names.classes[name] or { fields = {} }
    for _, field in ipairs(parent.fields) do
      if not seen[field.name] and is_name(field.name) then
        table.insert(words, field.name)
      end
    end
    table.insert(list, table.concat(words, " "))
    inherit(parent, seen, list)
  end
  return list
end

--- A comment for LDoc, of an item.
local function source(item)
  local list = { "---\n-- " .. lines(item.text), ("-- @%s %s"):format(item.kind == "function" and "function" or "table", item.name) }
  local function add(tag, value)
    table.insert(list, ("-- @%s %s"):format(tag, value))
  end
  add("full", item.name)
  add("shown", names.shown(item))
  add("sort", item.kind == "global" and "global" or "type")
  for _, inherited in ipairs(inherit(item, {}, {})) do
    add("parent", inherited)
  end
  for _, overload in ipairs(item.overloads) do
    add("overload", overload)
  end
  if item.type then
    add("is", item.type)
  end
  for _, kind in ipairs { { "field", item.fields }, { "param", item.params }, { "return", item.returns } } do
    for i, field in ipairs(kind[2]) do
      table.insert(list, entry(kind[1], field, i))
    end
  end
  return table.concat(list, "\n") .. "\n"
end

--- The head of a page: of the module that it is about, or else with what the comment at the top of its file says.
local function head(page)
  for _, item in ipairs(page.items) do
    if names.shown(item) == page.name then
      return ("---\n-- %s.\n-- @module %s\n-- @full %s\n"):format(page.name, page.name, item.name)
    end
  end
  return ("---\n-- %s\n-- @module %s\n-- @title %s\n"):format(lines(page.about), page.name, page.about:match "^(.-)[:.]")
end

local function write(path, text)
  local file = assert(io.open(folder .. "/" .. path, "w"))
  file:write(text)
  file:close()
end

local mistakes, pages = {}, {}
for i = 2, #arg do
  local page = { path = arg[i], name = arg[i]:match "library/(.*)%.lua$":gsub("/", ".") }
  page.items, page.about = annotations.read(arg[i], mistakes)
  table.insert(pages, page)
  names.declare(page)
end
names.reach("cards", "cards")
for _, page in ipairs(pages) do
  names.place(page)
end

for _, page in ipairs(pages) do
  names.check(page, mistakes)
  local text = { head(page) }
  for _, item in ipairs(page.items) do
    table.insert(text, source(item))
  end
  write(page.name .. ".lua", table.concat(text, "\n"))
end

local places = {}
for name, place in pairs(names.places) do
  table.insert(places, ('["%s"] = "%s"'):format(name:gsub('"', ""), place:gsub('"', "")))
end
table.sort(places)
write("config.ld", CONFIG:format(table.concat(places, ", ")))

if mistakes[1] then
  io.stderr:write(table.concat(mistakes, "\n"), "\n")
  os.exit(1)
end
