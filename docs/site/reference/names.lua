--- The names in the annotations: what they are called in a program, where they stand in the reference, and whether all that is named is there.

local names = {}

names.classes = {} -- items by name: classes, aliases and globals
names.places = {}  -- addresses by name

--- Declares the items of a page: a table with path, name and items.
function names.declare(page)
  for _, item in ipairs(page.items) do
    if item.class then
      names.classes[item.class].functions = true
    elseif item.kind ~= "function" then
      names.classes[item.name] = item
    end
  end
end

--- What an item is called in a program: "cards.secret" is how cards.SecretMaker is reached, as there is a field of this type; what is
-- reached by a value only has the last part of its class before a method, "Secret:reveal".
function names.shown(item)
  if item.class then
    return (names.classes[item.class].path or item.class:match "[^.]+$") .. item.name:sub(#item.class + 1)
  end
  return item.path or item.name
end

--- Finds how classes are reached from one that is reached so.
function names.reach(name, path)
  local class = names.classes[name]
  class.path = path
  for _, field in ipairs(class.fields) do
    local behind = field.type and names.classes[field.type]
    if behind and not behind.path and (behind.functions or behind.overloads[1]) then
      names.reach(field.type, path .. "." .. field.name)
    end
  end
end

--- Notes where the items of a page stand, as annotations call them and as they are called in a program.
function names.place(page)
  local places = names.places
  for _, item in ipairs(page.items) do
    local place, shown = page.name .. ".html#" .. item.name, names.shown(item)
    places[item.name], places[shown] = place, places[shown] or place
    for _, field in ipairs(item.path and item.fields or {}) do
      local key = item.path .. "." .. field.name
      places[key] = places[key] or place .. "." .. field.name
    end
  end
end

--- The first name of a type that is not there.
local function missing_of_type(type)
  for name in type:gsub('"[^"]*"', ""):gmatch "%f[%w_.]cards%.[%w_.]+" do
    if not names.classes[name] then
      return name
    end
  end
end

--- The first name in backquotes in a text that is not there; of a longer one its beginning has to be.
local function missing_of_text(text)
  for name in text:gmatch "`(cards%.[%w_.:]*[%w_])" do
    local beginning = name
    while beginning and not names.places[beginning] do
      beginning = beginning:match "^(.+)[.:]"
    end
    if not beginning or beginning == "cards" then
      return name
    end
  end
end

--- Adds to a list of mistakes what the items of a page name and is not there.
function names.check(page, mistakes)
  for _, item in ipairs(page.items) do
    local function check(missing)
      if missing then
        table.insert(mistakes, ("%s: %s: there is no %s"):format(page.path, item.name, missing))
      end
    end
    check(missing_of_text(item.text))
    check(missing_of_type(table.concat(item.parents or {}, " ")))
    check(missing_of_type(table.concat(item.overloads, " ")))
    check(missing_of_type(item.type or ""))
    for _, list in ipairs { item.fields, item.params, item.returns } do
      for _, entry in ipairs(list) do
        check(missing_of_type(entry.type or ""))
        check(missing_of_text(entry.text))
      end
    end
  end
end

return names
