--- A function for a mapping: its plan as Lua code that is loaded once.
--
-- Code instead of a walk over the plan, because the record is made in one piece: on Lua 5.4 a neutral record takes half of the
-- time and of the garbage that way (a table that grows field by field is moved four times).

local core = require "cards.core"
local neutral = require "cards.neutral"

local MOST_TABLES = 100 -- locals for the tables within a record; Lua has 200 in all

--- What months and years are written as most often, so that reading them is looking them up.
local months, years = {}, {}
for month = 1, 12 do
  months[month], months[tostring(month)], months[("%02d"):format(month)] = month, month, month
end
for year = 2010, 2099 do
  years[year - 2000], years[tostring(year - 2000)], years[year], years[tostring(year)] = year, year, year, year
end

--- What stands at the end of the keys; whatever is in the way is as good as nothing.
local function walk(value, ...)
  for i = 1, select("#", ...) do
    if type(value) ~= "table" then
      return nil
    end
    value = value[(select(i, ...))]
  end
  return value
end

--- Reads a value by the step's transforms and into its field: a function of a value, which may be nil.
-- A secret that a transform made is closed where the next one takes its place or the field does not take it.
local function chain(step)
  local operations, read = step.operations, step.read
  return function(value)
    local found = value
    if value == "" then
      value = nil
    end
    for i = 1, #operations do
      local operation, made, err = operations[i]
      if value == nil then
        made = operation.default
      elseif operation.apply then
        made, err = operation.apply(value)
      else
        made = value
      end
      if type(value) == "userdata" and value ~= found and made ~= value then
        value:close()
      end
      if err then
        return nil, err
      end
      value = made
    end
    if value == nil then
      return nil
    end
    local result, err = read(value)
    if result == nil and type(value) == "userdata" and value ~= found then
      value:close()
    end
    return result, err
  end
end

local function literal(text) return (("%q"):format(text):gsub("\n", "n")) end

local writing = {} -- { lines, tables, table_count, values, value_count }

function writing:line(format, ...)
  table.insert(self.lines, format:format(...))
end

--- The name that a Lua value has in the code.
function writing:value(value)
  table.insert(self.values, value)
  return "k" .. #self.values
end

--- An expression for what stands at the end of the keys. Each table on the way is looked up once.
function writing:source(keys)
  local name, path = "record", ""
  for i = 1, #keys - 1 do
    path = path .. "." .. keys[i]
    if not self.tables[path] then
      if self.table_count == MOST_TABLES then
        local all = {}
        for k, key in ipairs(keys) do
          all[k] = literal(key)
        end
        return ("walk(record, %s)"):format(table.concat(all, ", "))
      end
      self.table_count = self.table_count + 1
      self.tables[path] = "t" .. self.table_count
      self:line("local %s = %s[%s]", self.tables[path], name, literal(keys[i]))
      self:line("if type(%s) ~= \"table\" then %s = nothing end", self.tables[path], self.tables[path])
    end
    name = self.tables[path]
  end
  return ("%s[%s]"):format(name, literal(keys[#keys]))
end

--- How a field is read from `v`, which is the value or nil.
local readings = {
  [neutral.id] = function(self, v, read)
    self:line("if %s ~= nil and (type(%s) ~= \"string\" or %s == \"\") then %s = %s(%s) end", v, v, v, v, read, v)
  end,
  [neutral.exp_month] = function(self, v, read)
    self:line("if %s ~= nil then %s = months[%s] or %s(%s) end", v, v, v, read, v)
  end,
  [neutral.exp_year] = function(self, v, read)
    self:line("if %s ~= nil then %s = years[%s] or %s(%s) end", v, v, v, read, v)
  end,
}

local function read_any(self, v, read)
  self:line("if %s ~= nil then %s, err = %s(%s) if err then return nil, err end end", v, v, read, v)
end

--- In a place of a record that takes secrets nearly always one stands.
local function read_secret(self, v, read)
  self:line("if %s ~= nil and (type(%s) ~= \"userdata\" or getmetatable(%s) ~= \"cards.secret\") then", v, v, v)
  self:line("%s, err = %s(%s) if err then return nil, err end end", v, read, v)
end

for _, field in ipairs { "number", "cvv", "token" } do
  readings[neutral[field]] = read_secret
end

--- True where the field reads by itself as its only transform would.
local function is_needless(step)
  local only = #step.operations == 1 and step.operations[1].apply
  return only == core.transforms.month and step.field == "exp_month" or only == core.transforms.year and step.field == "exp_year"
end

function writing:step(step, v)
  if step.call then
    self:line("%s, err = %s(record)", v, self:value(step.call))
    self:line("if err then return nil, err end")
  end
  for i, keys in ipairs(step.sources) do
    local source = self:source(keys)
    if i == 1 then
      self:line("%s = %s", v, source)
    else
      self:line("if %s == nil or %s == \"\" then %s = %s end", v, v, v, source)
    end
  end
  if #step.operations == 0 or is_needless(step) then
    (readings[step.read] or read_any)(self, v, self:value(step.read))
  elseif step.default then
    self:line("%s, err = %s(%s) if err then return nil, err end", v, self:value(chain(step)), v)
  else
    read_any(self, v, self:value(chain(step)))
  end
end

--- An expression that makes the table of the steps.
function writing:record(steps, provider)
  local fields, names = {}, {}
  if provider then
    table.insert(fields, ("provider = %s"):format(literal(provider)))
  end
  for _, step in ipairs(steps) do
    local name = "f_" .. step.name:gsub("%W", "_")
    self:line("local %s", name)
    table.insert(fields, ("%s = %s"):format(step.field, name))
    table.insert(names, name .. " ~= nil")
    if step.steps then
      local made, any = self:record(step.steps)
      self:line("if %s then %s = %s end", any, name, made)
    else
      self:step(step, name)
    end
  end
  return ("{ %s }"):format(table.concat(fields, ", ")), names[1] and table.concat(names, " or ") or "false"
end

--- What of the number may be known without it: a closed secret, or one too short to show that much, tells nothing.
local function add_derived(steps)
  local has = {}
  for _, step in ipairs(steps) do
    has[step.field] = true
  end
  local longer = {}
  for _, step in ipairs(steps) do
    table.insert(longer, step)
  end
  for _, field in ipairs(has.number and { "last4", "bin" } or {}) do
    if not has[field] then
      table.insert(longer, { field = field, name = field, read = neutral[field], sources = {}, operations = {} })
    end
  end
  return longer, has.number
end

--- @param plan as map_check.read gives it; a step's call returns a value that is right for its field, or nil and an error
-- @return a function of a record that returns the neutral record, or nil and an error
return function(name, plan)
  local self = setmetatable({ lines = {}, tables = {}, table_count = 0, values = {} }, { __index = writing })
  local steps, has_number = add_derived(plan.steps)
  local made = self:record(steps, name:match "^[^.]+")
  if has_number then
    self:line("if f_number ~= nil and (f_last4 == nil or f_bin == nil) then")
    self:line("local last4, bin = ends(f_number)")
    self:line("f_last4, f_bin = f_last4 or last4, f_bin or bin end")
  end
  local names = {}
  for i = 1, #self.values do
    names[i] = "k" .. i
  end
  local code = ("local type, getmetatable, nothing, walk, ends, months, years, values = ...\n%sreturn function(record)\nlocal err\n%s\nreturn %s\nend"):format(
    names[1] and ("local %s = values()\n"):format(table.concat(names, ", ")) or "", table.concat(self.lines, "\n"), made)
  local build = assert((loadstring or load)(code, "=cards.map " .. name)) -- luacheck: ignore
  return build(type, getmetatable, {}, walk, core.ends, months, years, function() return (unpack or table.unpack)(self.values) end) -- luacheck: ignore
end
