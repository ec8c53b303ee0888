--- A reader of CSV as in RFC 4180, piece by piece: with quotes, line breaks in quotes, CRLF or LF, and a byte order mark. Empty lines are no records.

local files = require "cards.cli.files"

local csv = {}

csv.MAX_FIELD = 1024 * 1024        -- bytes; a longer field makes its record an error
csv.MAX_RECORD = 16 * 1024 * 1024  -- bytes; a longer record ends the reading, as a quote is not closed

local find, gsub, match, sub = string.find, string.gsub, string.match, string.sub

--- Reads the quoted field whose quote is at `at`.
-- @return its text and the place after its closing quote; nil where the text ends before that
local function quoted(text, at)
  local from = at + 1
  while true do
    local quote = find(text, '"', from, true)
    if not quote then
      return nil
    elseif sub(text, quote + 1, quote + 1) ~= '"' then
      return (gsub(sub(text, at + 1, quote - 1), '""', '"')), quote + 1
    end
    from = quote + 2
  end
end

local function line_breaks(text)
  return find(text, "\n", 1, true) and select(2, gsub(text, "\n", "")) or 0
end

--- What read_record returns for a mistake: false, the message and the place of the next line; nil where that line has not been read.
local function mistake(text, at, is_end, message)
  local line_end = find(text, "\n", at, true)
  if line_end or is_end then
    return false, message, (line_end or #text) + 1
  end
end

--- Reads the field that begins at `at`.
-- @param delimiter what stands between two fields
-- @param ends the pattern of what a field without quotes ends with
-- @return its text, the place after it, and whether it is quoted; nil where the text ends too early
local function read_field(text, at, is_end, delimiter, ends)
  if sub(text, at, at) == '"' then
    local field, past = quoted(text, at)
    if field and (past <= #text or is_end) then -- else the quote may be the first of two
      return field, past, true
    end
    return nil
  end
  local past = find(text, ends, at) or is_end and #text + 1
  if not past then
    return nil
  elseif sub(text, past, past) ~= delimiter and sub(text, past - 1, past - 1) == "\r" and past > at then
    past = past - 1
  end
  return sub(text, at, past - 1), past, false
end

--- Reads the record that begins at `at`.
-- @return fields, their count, the place after the record and the line breaks in its fields; nil where the text ends too early; false, what is wrong and the
--   place of the next line
local function read_record(text, at, is_end, delimiter, ends)
  local fields, count, breaks = {}, 0, 0
  while true do
    local field, past, is_quoted = read_field(text, at, is_end, delimiter, ends)
    if not field then
      return nil
    elseif is_quoted then
      breaks = breaks + line_breaks(field)
    elseif find(field, '"', 1, true) then
      return mistake(text, past, is_end, "a field has a quote and does not begin with one")
    end
    count = count + 1
    fields[count] = field
    local separator = sub(text, past, past)
    if separator ~= delimiter then
      local next_line = separator == "\n" and past + 1 or match(text, "^\r?\n()", past) or is_end and match(text, "^\r?()$", past)
      if next_line then
        return fields, count, next_line, breaks
      elseif separator == "\r" and past == #text then
        return nil
      end
      return mistake(text, past, is_end, "there is text behind a quoted field")
    end
    at = past + 1
  end
end

--- Why a text is no delimiter, or nil.
function csv.check_delimiter(text)
  if #text ~= 1 or find(text, '[%w%z"\r\n\128-\255]') then
    return "a delimiter is one character that is no letter, digit or quote, such as ; or | or tab"
  end
end

--- A reader of records.
-- @param read function that returns the next piece of the file, as files.pieces has it
-- @param name of the file, for errors
-- @param delimiter what stands between two fields (a comma)
-- @return a function that returns the next record: a table of its fields, their count, and the line that it begins in; false, what is wrong with the record,
--   and that line, after which the next line is read; or nil at the end. It raises an error for a record that is longer than MAX_RECORD
-- @return a function that returns how many bytes were read as records
function csv.reader(read, name, delimiter)
  delimiter = delimiter or ","
  local ends = "[%" .. delimiter .. "\n]"
  local text, at, is_end, dropped, line = "", 1, false, 0, 1

  local function more()
    local piece = read(#text - at + 1)
    is_end = piece == nil
    if #text - at > csv.MAX_RECORD then
      error(("%s: a record is longer than %d bytes: is there a quote that is not closed?"):format(name, csv.MAX_RECORD), 0)
    end
    text, at, dropped = sub(text, at) .. (piece or ""), 1, dropped + at - 1
  end

  while #text < 3 and not is_end do
    more()
  end
  at = files.begin(text, name)

  local function next_record()
    while true do
      repeat -- empty lines
        local past = match(text, "^\r?\n()", at)
        at, line = past or at, past and line + 1 or line
      until not past
      if is_end and find(text, "^\r?$", at) then
        at = #text + 1
        return nil
      end
      local began = line
      local fields, count, next_line, breaks = read_record(text, at, is_end, delimiter, ends)
      if fields ~= nil then
        line = line + (breaks and 1 + breaks or line_breaks(sub(text, at, next_line - 1)))
        at = next_line
        return fields, count, began
      elseif is_end then
        at = #text + 1
        return false, "a quote is not closed", began
      end
      local enough = 2 * (#text - at) -- doubled, because the record is read from its beginning again
      repeat
        more()
      until is_end or #text - at > enough
    end
  end

  return next_record, function() return dropped + at - 1 end
end

return csv
