--- Collects what is wrong with a table that a programmer wrote: every mistake has the keys that lead to it, and one clear line that
-- names it and the nearest known word.
-- Nothing here ever shows a value, or calls a metamethod.

local check = require "cards.util.check"

local mistakes = {}
mistakes.__index = mistakes

local MOST = 100

--- A collector at the top of a table. Its `list` has { path = { keys }, message }.
function mistakes.new()
  return setmetatable({ path = {}, list = {} }, mistakes)
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

--- "operations.show.params.card_id.into"
function mistakes:name()
  local steps = {}
  for i, step in ipairs(self.path) do
    steps[i] = check.shown(step)
  end
  return table.concat(steps, ".")
end

--- Adds a mistake about the value here: "<path> <what>", or "<path>: …" where that begins with the colon. Returns nil.
function mistakes:wrong(what, ...)
  if #self.list < MOST then
    local name = self:name()
    local text = select("#", ...) > 0 and what:format(...) or what
    table.insert(self.list, { path = self.path, message = name == "" and text or name .. (text:find "^:" and "" or " ") .. text })
  end
end

--- The keys of a table in an order that does not change; of anything else none.
function mistakes.keys(value)
  local keys = {}
  if type(value) == "table" then
    for key in next, value do
      table.insert(keys, key)
    end
  end
  table.sort(keys, function(a, b)
    if type(a) == type(b) and (type(a) == "number" or type(a) == "string") then
      return a < b
    end
    return type(a) < type(b)
  end)
  return keys
end

--- Whether the value is a table; its keys have to be among `known`, a table with them as keys.
function mistakes:table(value, known)
  if type(value) ~= "table" then
    self:wrong "must be a table"
    return false
  end
  for _, key in ipairs(known and self.keys(value) or {}) do
    if type(key) ~= "string" or not known[key] then
      self:at(key):wrong(": unknown key (did you mean '%s'?)", check.nearest(type(key) == "string" and key or "", known))
    end
  end
  return true
end

--- The value as a list, where one entry may stand for itself: a list is a table with something at 1, or nothing at all. An empty one for nil.
-- @return the list, and whether one entry stood for itself
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

--- The value where it is a string of 1 to `most` bytes (200) without control characters that matches the pattern, else nil and a mistake.
-- @param what the text says where it does not match: "must be …"
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

--- The same where there may be none.
function mistakes:optional_text(value, ...)
  if value ~= nil then
    return self:text(value, ...)
  end
end

--- The value where it is true or false, or nil.
function mistakes:flag(value)
  if value ~= nil and type(value) ~= "boolean" then
    return self:wrong "must be true or false"
  end
  return value
end

--- The value where it is one of the words, keys of a table; else nil and a mistake that names the nearest.
function mistakes:word(value, words)
  if type(value) == "string" and words[value] then
    return value
  end
  local list = self.keys(words)
  local nearest = type(value) == "string" and (" (did you mean '%s'?)"):format(check.nearest(value, words)) or ""
  return self:wrong("must be one of %s%s", table.concat(list, ", "), nearest)
end

--- The value where it is a whole number in the range, or nil.
function mistakes:whole(value, least, most)
  if value == nil then
    return nil
  elseif type(value) ~= "number" or value < least or value > most or value % 1 ~= 0 then
    return self:wrong("must be a whole number from %d to %d", least, most)
  end
  return value
end

return mistakes
