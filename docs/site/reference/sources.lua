--- Writes what LDoc reads, of the annotations in library: `lua5.4 docs/site/reference/sources.lua FOLDER FILE…`. Each file becomes a page of the reference.
-- A name without a text, or one that is not there, is a mistake.

local annotations = require "annotations"

local folder = arg[1]

-- LDoc's own marks, as they stand within a modifier: the template puts them back.
local MARKS = { [","] = "\1", ["["] = "\2", ["]"] = "\3", ["="] = "\4", [" "] = "\5" }

local mistakes, pages, classes = {}, {}, {}

local function is_name(text)
  return text:find "^[%a_][%w_]*$"
end

--- What an item is called in a program: "cards.secret" is how cards.SecretMaker is reached, as there is a field of this type; what is
-- reached by a value only has the last part of its class before a method, "Secret:reveal".
local function shown(item)
  if item.class then
    return (classes[item.class].path or item.class:match "[^.]+$") .. item.name:sub(#item.class + 1)
  end
  return item.path or item.name
end

local function find_paths(name, path)
  local class = classes[name]
  class.path = path
  for _, field in ipairs(class.fields) do
    local behind = field.type and classes[field.type]
    if behind and not behind.path and (behind.functions or behind.overloads[1]) then
      find_paths(field.type, path .. "." .. field.name)
    end
  end
end

--- Complains of names of types that are not there.
local function check_types(page, item, type)
  for name in (type or ""):gsub('"[^"]*"', ""):gmatch "%f[%w_.]cards%.[%w_.]+" do
    if not classes[name] then
      table.insert(mistakes, ("%s: %s: there is no %s"):format(page.path, item.name, name))
    end
  end
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
    local words, parent = { name }, classes[name] or { fields = {} }
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

local function source(page, item)
  local list = { "---\n-- " .. lines(item.text), ("-- @%s %s"):format(item.kind == "function" and "function" or "table", item.name) }
  local function add(...)
    table.insert(list, (string.format(...)))
  end
  add("-- @full %s", item.name) -- of which LDoc may take the module away
  add("-- @shown %s", shown(item))
  add("-- @sort %s", item.kind == "global" and "global" or "type")
  for _, inherited in ipairs(inherit(item, {}, {})) do
    add("-- @parent %s", inherited)
    check_types(page, item, inherited)
  end
  for _, overload in ipairs(item.overloads) do
    add("-- @overload %s", overload)
    check_types(page, item, overload)
  end
  if item.type then
    add("-- @is %s", item.type)
    check_types(page, item, item.type)
  end
  for _, kind in ipairs { { "field", item.fields }, { "param", item.params }, { "return", item.returns } } do
    for i, field in ipairs(kind[2]) do
      table.insert(list, entry(kind[1], field, i))
      check_types(page, item, field.type)
    end
  end
  return table.concat(list, "\n") .. "\n"
end

--- The head of a page: of the module that it is about, or else with what the comment at the top of its file says.
local function head(page)
  for _, item in ipairs(page.items) do
    if shown(item) == page.name then
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

for i = 2, #arg do
  local page = { path = arg[i], name = arg[i]:match "library/(.*)%.lua$":gsub("/", ".") }
  page.items, page.about = annotations.read(arg[i], mistakes)
  table.insert(pages, page)
  for _, item in ipairs(page.items) do
    if item.class then
      classes[item.class].functions = true
    elseif item.kind ~= "function" then
      classes[item.name] = item
    end
  end
end
find_paths("cards", "cards")

--- Where each name stands, as annotations call it and as it is called in a program.
local places = {}
for _, page in ipairs(pages) do
  for _, item in ipairs(page.items) do
    local place = page.name .. ".html#" .. item.name
    places[item.name], places[shown(item)] = place, places[shown(item)] or place
    for _, field in ipairs(item.path and item.fields or {}) do
      places[item.path .. "." .. field.name] = places[item.path .. "." .. field.name] or place .. "." .. field.name
    end
  end
end

--- Complains of names in a text that are not there; of a longer one its beginning has to be there.
local function check_text(page, item, text)
  for name in text:gmatch "`(cards%.[%w_.:]*[%w_])" do
    local beginning = name
    while beginning and not places[beginning] do
      beginning = beginning:match "^(.+)[.:]"
    end
    if not beginning or beginning == "cards" then
      table.insert(mistakes, ("%s: %s: there is no %s"):format(page.path, item.name, name))
    end
  end
end

for _, page in ipairs(pages) do
  local text = { head(page) }
  for _, item in ipairs(page.items) do
    table.insert(text, source(page, item))
    check_text(page, item, item.text)
    for _, list in ipairs { item.fields, item.params, item.returns } do
      for _, field in ipairs(list) do
        check_text(page, item, field.text)
      end
    end
  end
  write(page.name .. ".lua", table.concat(text, "\n"))
end

local list = {}
for name, place in pairs(places) do
  table.insert(list, ('["%s"] = "%s"'):format(name:gsub('"', ""), place:gsub('"', "")))
end
table.sort(list)
write("config.ld", ([[
style, template_escape = false, ">"
custom_tags = { "title", "full", "shown", "sort", "parent", "overload", "is" }
vars = { places = { %s } }
]]):format(table.concat(list, ", ")))

if mistakes[1] then
  io.stderr:write(table.concat(mistakes, "\n"), "\n")
  os.exit(1)
end
