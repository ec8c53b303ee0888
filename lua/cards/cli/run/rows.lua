--- The rows of a file: of CSV with a line of names, or of NDJSON, an object in each line.

local check = require "cards.util.check"
local core = require "cards.core"
local csv = require "cards.cli.run.csv"
local figures = require "cards.util.figures"
local files = require "cards.cli.files"

local rows = {}

--- Delimiters that programs write, with how the option says them.
local usual = { [","] = ",", [";"] = "';'", ["|"] = "'|'", ["\t"] = "tab" }

--- Raises an error where the only column has another delimiter in its name.
local function check_delimiter(name, delimiter, file)
  for other, said in pairs(usual) do
    if other ~= delimiter and name:find(other, 1, true) then
      error(("%s: the first line has one column, '%s': say --delimiter %s"):format(file, check.shown(name), said), 0)
    end
  end
end

--- The names of the columns in the first record of CSV. Raises an error for wrong ones.
local function read_names(next_record, file, delimiter)
  local fields, count = next_record()
  local seen = {}
  if not fields then
    error(("%s: the first line %s"):format(file, fields == nil and "must have the names of the columns" or "is wrong: " .. count), 0)
  end
  for i = 1, count do
    local name = fields[i]
    if name == "" then
      error(("%s: the first line has a column without a name, column %d"):format(file, i), 0)
    elseif seen[name] then
      error(("%s: the first line has two columns of the name '%s'"):format(file, check.shown(name)), 0)
    elseif name:gsub("\r\n", ""):find "\r" then
      error(("%s: its lines end with CR alone: save it with LF or CRLF"):format(file), 0)
    elseif check.has_card_number(name) then
      error(("%s: the first line must have the names of the columns, and has a card number"):format(file), 0)
    end
    seen[name] = true
  end
  if count == 1 then
    check_delimiter(fields[1], delimiter, file)
  end
  return fields
end

--- The metatable of rows. A name that no column has is a mistake of the flow, which would be the same in each row.
local function strict(about, known, file)
  return {
    __index = function(_, name)
      about.missed = ("%s: %s"):format(file, check.unknown(name, known, "column"))
      error(about.missed, 2)
    end,
  }
end

--- A function that makes a row of the fields of a record, and what a reader says of the rows.
-- @param names of the columns
-- @param file its name, for errors
local function maker(names, file)
  local known, about, count = {}, { columns = names }, #names
  for _, name in ipairs(names) do
    known[name] = true
  end
  local metatable = strict(about, known, file)
  return function(fields)
    local row = {}
    for i = 1, count do
      row[names[i]] = fields[i]
    end
    return setmetatable(row, metatable)
  end, about
end

--- Records of CSV as lists of fields.
-- @return a function that returns the next one; false, what is wrong and its line; or nil at the end
-- @return { columns, position }
local function records(read, file, delimiter)
  local next_record, position = csv.reader(read, file, delimiter)
  local names = read_names(next_record, file, delimiter or ",")
  local columns, max = #names, csv.MAX_FIELD
  return function()
    local fields, count, line = next_record()
    if not fields then
      return fields, count, line
    elseif count ~= columns then
      return false, ("it has %s and not %d, as the first line"):format(figures.several(count, "field"), columns), line
    end
    for i = 1, columns do
      if #fields[i] > max then
        return false, ("%s is longer than %d bytes"):format(check.shown(names[i]), max), line
      end
    end
    return fields
  end, { columns = names, position = position }
end

local function from_csv(read, file, delimiter)
  local next_fields, said = records(read, file, delimiter)
  local make, about = maker(said.columns, file)
  about.position = said.position
  return function()
    local fields, wrong, line = next_fields()
    if not fields then
      return fields, wrong, line
    end
    return make(fields)
  end, about
end

--- The row of a line of NDJSON. @return it; or false and what is wrong
local function row_of(line)
  local row, wrong = core.json_decode(line)
  if type(row) ~= "table" then
    return false, wrong or "it is no object"
  elseif not line:find "^%s*{" then
    return false, "it is no object"
  end
  return row
end

--- Lines of NDJSON. @return a function that returns the next row; false, what is wrong and its number; or nil at the end; and { position }
-- @param as_text whether a row is returned as the line that it stands in
local function objects(read, file, as_text)
  local next_line, position = files.lines(read, file, csv.MAX_RECORD)
  local number = 0
  return function()
    local line
    repeat
      line = next_line()
      if not line then
        return nil
      end
      number = number + 1
      if number == 1 then
        line = line:sub(files.begin(line, file))
      end
    until line:find "%S"
    local row, wrong = row_of(line)
    if not row then
      return false, wrong, number
    end
    return as_text and line or row
  end, { position = position }
end

local function from_ndjson(read, file)
  return objects(read, file, false)
end

local function texts(read, file)
  return objects(read, file, true)
end

local formats = { csv = from_csv, ndjson = from_ndjson, jsonl = from_ndjson }
local contents = { csv = records, ndjson = texts, jsonl = texts }

--- The format of a file by the end of its name, or nil.
function rows.format(path)
  local ending = path:lower():match "%.([%w]+)$"
  return formats[ending] and ending or nil
end

--- A reader of rows. In a row of CSV a name that no column has raises an error at the line that asks for it; rawget asks for one that may be absent.
-- @param file an open file, or io.stdin
-- @param format "csv" or "ndjson"
-- @param name of the file, for errors
-- @param delimiter what stands between two fields of CSV (a comma)
-- @return a function that returns the next row, a table by the names of the columns; false, what is wrong with the row, and its line; or nil at the end. It
--   raises an error that names the file where no further row can be read
-- @return { columns = list of the names in CSV, position = function that returns how many bytes were read as rows, missed = the error of the last name that no
--   column has }
function rows.reader(file, format, name, delimiter)
  return formats[format](files.pieces(file, name), name, delimiter)
end

--- A reader of what is in the rows, which rows.maker makes rows of, elsewhere or later.
-- @return as rows.reader; for a row the list of its fields in CSV, and the line in NDJSON
function rows.contents(file, format, name, delimiter)
  return contents[format](files.pieces(file, name), name, delimiter)
end

--- A function that makes a row of what rows.contents returned.
-- @param columns the list of their names in CSV; nil for NDJSON
-- @param name of the file that the rows are from, for errors
-- @return it, and { columns, missed } as of rows.reader
function rows.maker(columns, name)
  if columns then
    return maker(columns, name)
  end
  return row_of, {}
end

return rows
