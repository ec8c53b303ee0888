--- Collects what is wrong with a table that a programmer wrote. Each mistake has the keys that lead to it and a one-line message, which names the place and the
-- nearest known word. No message shows a value, and no metamethod is called.
--
-- A reader is a function(at, value) that returns the value in its normal form, or nil after it added a mistake: text, flag and word are readers.
-- A schema is a table of readers by key.

local check = require "cards.util.check"
local core = require "cards.core"

local mistakes = {}
mistakes.__index = mistakes
mistakes.keys = check.keys

local MOST = 100
local MOST_SHOWN = 5 -- of a list in one line

--- A metatable of what a message says of it.
local function shown(name, message)
  return { __metatable = name, __tostring = function(self) return check.line(message(self)) end, __concat = core.concat }
end

local of_mistake = shown("cards.mistake", function(mistake) return mistake.message end)

local of_list = shown("cards.mistakes", function(list)
  local lines = {}
  for i = 1, math.min(#list, MOST_SHOWN) do
    lines[i] = list[i].message
  end
  if #list > MOST_SHOWN then
    table.insert(lines, ("and %d more"):format(#list - MOST_SHOWN))
  end
  return lines[1] and table.concat(lines, "; ") or "no mistakes"
end)

--- A mistake: { path, message }. Printed or concatenated it is its message.
-- @param path a list of keys
function mistakes.mistake(path, message)
  return setmetatable({ path = path, message = message }, of_mistake)
end

--- A list of mistakes, empty unless they are given. Printed or concatenated it is one line.
function mistakes.listed(given)
  return setmetatable(given or {}, of_list)
end

--- A collector for the top of a table. Its `list` has { path = { keys }, message }.
function mistakes.new()
  return setmetatable({ path = {}, list = mistakes.listed() }, mistakes)
end

--- The same collector one key further down.
function mistakes:at(key)
  local path = {}
  for i, step in ipairs(self.path) do
    path[i] = step
  end
  table.insert(path, key)
  return setmetatable({ path = path, list = self.list }, mistakes)
end

--- The place as text: "operations.show.params.card_id.into".
function mistakes:name()
  local steps = {}
  for i, step in ipairs(self.path) do
    steps[i] = check.shown(step)
  end
  return table.concat(steps, ".")
end

local function add(self, message)
  if #self.list < MOST then
    table.insert(self.list, mistakes.mistake(self.path, message))
  end
end

--- Adds a mistake about the value here: "<place> <what>", or "<place>: …" where `what` begins with the colon. Returns nil.
function mistakes:wrong(what, ...)
  local name = self:name()
  local text = select("#", ...) > 0 and what:format(...) or what
  add(self, name == "" and text or name .. (text:find "^:" and "" or " ") .. text)
end

--- Words as the keys of a table.
function mistakes.set(...)
  local words = {}
  for i = 1, select("#", ...) do
    words[(select(i, ...))] = true
  end
  return words
end

--- Whether the value is a table whose keys are among those of `known`.
-- @param listed how many entries of a list it may have besides (0)
function mistakes:table(value, known, listed)
  if type(value) ~= "table" then
    self:wrong "must be a table"
    return false
  end
  for _, key in ipairs(known and self.keys(value) or {}) do
    local is_listed = listed and type(key) == "number" and key >= 1 and key <= listed and key % 1 == 0
    if not is_listed and (type(key) ~= "string" or not known[key]) then
      self:at(key):wrong(": unknown key%s", (check.meant(key, known)))
    end
  end
  return true
end

--- Reads a table by a schema.
-- @return a table of what the readers returned; nil where the value is no table
function mistakes:read(value, schema)
  if not self:table(value, schema) then
    return nil
  end
  local made = {}
  for _, key in ipairs(self.keys(schema)) do
    made[key] = schema[key](self:at(key), rawget(value, key))
  end
  return made
end

--- Iterates over a table in the order of its keys: key, value, and the collector there. There are none of nil, and a mistake for anything else.
function mistakes:entries(value)
  local keys = value ~= nil and self:table(value) and self.keys(value) or {}
  local i = 0
  return function()
    i = i + 1
    local key = keys[i]
    if key ~= nil then
      return key, rawget(value, key), self:at(key)
    end
  end
end

--- The value as a list, in whose place a single entry may stand: a list is a table that has something at 1 or is empty. Of nil an empty list.
-- @return the list, and whether the value is a single entry
function mistakes:list_of(value, most)
  if value == nil or (type(value) == "table" and next(value) == nil) then
    return {}
  elseif type(value) ~= "table" or rawget(value, 1) == nil then
    return { value }, true
  end
  local list = {}
  for _, key in ipairs(self.keys(value)) do
    if type(key) ~= "number" or key ~= #list + 1 then
      self:at(key):wrong(": a list has no such key")
      return {}
    end
    list[key] = rawget(value, key)
  end
  if #list > most then
    self:wrong("has more than %d entries", most)
    return {}
  end
  return list
end

--- Reads each entry of such a list.
-- @param read a reader
function mistakes:each(value, most, read)
  local list, single = self:list_of(value, most)
  local made = {}
  for i, entry in ipairs(list) do
    made[#made + 1] = read(single and self or self:at(i), entry)
  end
  return made
end

--- A string of 1 to `most` bytes (200) without control characters that matches the pattern.
-- @param what the message where it does not match: "must be …"
function mistakes:text(value, pattern, what, most)
  if type(value) ~= "string" or value == "" then
    return self:wrong(what or "must be a string that is not empty")
  elseif #value > (most or 200) then
    return self:wrong("is longer than %d bytes", most or 200)
  elseif value:find "[%c\127]" then
    return self:wrong "contains a line break, a NUL or another control character"
  elseif pattern and not value:find(pattern) then
    return self:wrong(what)
  end
  return value
end

--- One of the words, which are the keys of a table.
function mistakes:word(value, words)
  if type(value) == "string" and words[value] then
    return value
  end
  local hint, meant = check.meant(type(value) == "string" and value or "", words)
  return self:wrong("must be one of %s%s", table.concat(self.keys(words), ", "), meant and hint or "")
end

--- The reader of what passes a check of cards.util.check, or nil.
function mistakes.checked(test)
  return function(at, value)
    local wrong = value ~= nil and test(value, at:name())
    if wrong then
      return add(at, wrong)
    end
    return value
  end
end

mistakes.flag = mistakes.checked(check.boolean)

--- The reader of one of these words.
function mistakes.one_of(...)
  local words = mistakes.set(...)
  return function(at, value) return at:word(value, words) end
end

--- A reader that also takes nil.
function mistakes.optional(read)
  return function(at, value, ...)
    if value ~= nil then
      return read(at, value, ...)
    end
  end
end

mistakes.optional_text = mistakes.optional(mistakes.text)

--- The reader of a value that is read later, because that depends on others.
function mistakes.any(_, value)
  return value
end

return mistakes
