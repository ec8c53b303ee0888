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

--- The names of the columns in the first record of CSV, as a list and as keys. Raises an error for wrong ones.
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
    elseif core.redact(name) ~= name then
      error(("%s: the first line must have the names of the columns, and has a card number"):format(file), 0)
    end
    seen[name] = true
  end
  if count == 1 then
    check_delimiter(fields[1], delimiter, file)
  end
  return fields, seen
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

local function from_csv(read, file, delimiter)
  local next_record, position = csv.reader(read, file, delimiter)
  local names, known = read_names(next_record, file, delimiter or ",")
  local about = { columns = names, position = position }
  local columns, max, metatable = #names, csv.MAX_FIELD, strict(about, known, file)
  return function()
    local fields, count, line = next_record()
    if not fields then
      return fields, count, line
    elseif count ~= columns then
      return false, ("it has %s and not %d, as the first line"):format(figures.several(count, "field"), columns), line
    end
    local row = {}
    for i = 1, columns do
      local field = fields[i]
      if #field > max then
        return false, ("%s is longer than %d bytes"):format(check.shown(names[i]), max), line
      end
      row[names[i]] = field
    end
    return setmetatable(row, metatable)
  end, about
end

local function from_ndjson(read, file)
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
    local row, wrong = core.json_decode(line)
    if type(row) ~= "table" then
      return false, wrong or "it is no object", number
    elseif not line:find "^%s*{" then
      return false, "it is no object", number
    end
    return row
  end, { position = position }
end

local formats = { csv = from_csv, ndjson = from_ndjson, jsonl = from_ndjson }

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

return rows
