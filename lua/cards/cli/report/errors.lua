--- The errors of runs, counted by provider, kind and the code that the provider gave. No message is read: it may be about a row.

local check = require "cards.util.check"
local files = require "cards.cli.files"

local errors = {}
errors.__index = errors

local MOST = 500          -- pairs of provider and kind, and codes of one of them, that are told apart
local OTHERS = "others"

--- Nothing counted yet.
function errors.new()
  return setmetatable({ rows = 0, groups = {}, count = 0 }, errors)
end

--- The group of a provider and kind.
function errors:group(provider, kind)
  local name = provider .. "\0" .. kind
  local group = self.groups[name]
  if not group and self.count >= MOST then
    provider, kind, name = OTHERS, OTHERS, OTHERS
    group = self.groups[name]
  end
  if not group then
    group = { provider = provider, kind = kind, rows = 0, codes = {}, count = 0 }
    self.groups[name], self.count = group, self.count + 1
  end
  return group
end

--- Counts rows that failed.
-- @param label of the code, or nil
function errors:add(rows, provider, kind, label)
  local group = self:group(provider, kind)
  self.rows, group.rows = self.rows + rows, group.rows + rows
  if label then
    if not group.codes[label] then
      label = group.count < MOST and label or OTHERS
      group.count = group.count + 1
    end
    group.codes[label] = (group.codes[label] or 0) + rows
  end
end

--- Counts those of a timeline, by their names.
function errors:add_named(failed)
  for name, rows in pairs(failed) do
    local provider, kind = name:match "^(.*) (%S+)$"
    self:add(rows, provider or name, kind or "?")
  end
end

--- Whether a code may be shown: a plain word in which nothing looks like a card's number.
local function is_plain(code)
  return #code <= 40 and not check.has_card_number(code)
end

--- What a code is called: "HTTP 404 resource_not_found"; nil where there is none that may be shown.
local function label_of(status, code)
  code = code and code ~= status and is_plain(code) and code or nil
  return status and code and "HTTP " .. status .. " " .. code or status and "HTTP " .. status or code
end

--- What stands behind a key of a line, as far as it matches a pattern; nil where the line has no such key before `stop`.
-- @param key with its quotes and colon. A quote within a text has a backslash before it
local function value_of(line, key, pattern, stop)
  local _, at = line:find(key, 1, true)
  return at and at < stop and line:match(pattern, at + 1) or nil
end

--- Counts the lines of a file of errors, as far as they are complete. Raises an error for a line of another kind.
-- @return how many there are
function errors:read(input, path)
  local next_line, number = files.lines(files.pieces(input, path), path, math.huge), 0
  while true do
    local line, is_complete = next_line()
    if not is_complete then
      return number
    end
    number = number + 1
    if not line:find '^{"row":%d+,"error":{' then
      error(("%s:%d: the line is not of a run"):format(path, number), 0)
    end
    local stop = line:find(',"columns":', 1, true) or #line
    self:add(1, value_of(line, '"provider":"', '^([^"\\]+)"', stop) or "flow", value_of(line, '"kind":"', '^([%w_]+)"', stop) or "script",
      label_of(value_of(line, '"status":', "^(%d%d%d)%f[^%d]", stop), value_of(line, '"code":"', '^([%w_.:-]+)"', stop)))
  end
end

local function by_rows(a, b)
  if a.rows ~= b.rows then
    return a.rows > b.rows
  end
  return a.name < b.name
end

--- What was counted, the most first.
-- @return list of { provider, kind, rows, codes = list of { name, rows } }
function errors:list()
  local list = {}
  for name, group in pairs(self.groups) do
    local codes = {}
    for label, rows in pairs(group.codes) do
      table.insert(codes, { name = label, rows = rows })
    end
    table.sort(codes, by_rows)
    table.insert(list, { name = name, provider = group.provider, kind = group.kind, rows = group.rows, codes = codes })
  end
  table.sort(list, by_rows)
  return list
end

return errors
