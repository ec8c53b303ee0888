--- The rows of a file: of CSV with a line of names, or of NDJSON, an object in each line.

local core = require "cards.core"
local csv = require "cards.cli.csv"
local files = require "cards.cli.files"

local rows = {}

--- The names of the columns in the first record of CSV. Raises an error for wrong ones.
local function read_names(next_record, file)
  local fields, count = next_record()
  local names, seen = {}, {}
  if not fields then
    error(("%s: the first line %s"):format(file, fields == nil and "must have the names of the columns" or "is wrong: " .. count), 0)
  end
  for i = 1, count do
    local name = fields[i]
    if name == "" then
      error(("%s: the first line has a column without a name"):format(file), 0)
    elseif seen[name] then
      error(("%s: the first line has two columns of the name '%s'"):format(file, core.redact(name):gsub("%c", "?"):sub(1, 64)), 0)
    end
    names[i], seen[name] = name, true
  end
  return names, count
end

local function from_csv(read, name)
  local next_record = csv.reader(read, name)
  local names, columns = read_names(next_record, name)
  local max = csv.MAX_FIELD
  return function()
    local fields, count = next_record()
    if not fields then
      return fields, count
    elseif count ~= columns then
      return false, ("it has %d fields and not %d, as the first line"):format(count, columns)
    end
    local row = {}
    for i = 1, columns do
      local field = fields[i]
      if #field > max then
        return false, ("%s is longer than %d bytes"):format(core.redact(names[i]), max)
      end
      row[names[i]] = field
    end
    return row
  end
end

local function from_ndjson(read, name)
  local next_line = files.lines(read, name, csv.MAX_RECORD)
  local first = true
  return function()
    local line
    repeat
      line = next_line()
      if not line then
        return nil
      elseif first then
        line, first = line:gsub("^\239\187\191", ""), false
      end
    until line:find "%S"
    local row, wrong = core.json_decode(line)
    if type(row) ~= "table" then
      return false, wrong or "it is no object"
    elseif not line:find "^%s*{" then
      return false, "it is no object"
    end
    return row
  end
end

local formats = { csv = from_csv, ndjson = from_ndjson, jsonl = from_ndjson }

--- The format of a file by the end of its name, or nil.
function rows.format(path)
  local ending = path:lower():match "%.([%w]+)$"
  return formats[ending] and ending or nil
end

--- A reader of rows.
-- @param file an open file, or io.stdin
-- @param format "csv" or "ndjson"
-- @param name of the file, for errors
-- @return a function that returns the next row, a table by the names of the columns; false and what is wrong with the row; or nil at the end. It raises an
--   error that names the file where no further row can be read
function rows.reader(file, format, name)
  return formats[format](files.pieces(file, name), name)
end

return rows
