--- A reader of CSV as in RFC 4180, piece by piece: with quotes, line breaks in quotes, CRLF or LF, and a byte order mark. Empty lines are no records.

local csv = {}

csv.MAX_FIELD = 1024 * 1024        -- bytes; a longer field makes its record an error
csv.MAX_RECORD = 16 * 1024 * 1024  -- bytes; a longer record ends the reading, as a quote is not closed

local find, gsub, sub = string.find, string.gsub, string.sub

--- Splits a line without quotes into a table that is used again.
local function split(line, fields)
  local count, from = 0, 1
  while true do
    local comma = find(line, ",", from, true)
    count = count + 1
    if not comma then
      fields[count] = sub(line, from)
      return fields, count
    end
    fields[count] = sub(line, from, comma - 1)
    from = comma + 1
  end
end

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

--- What read_quoted returns for a mistake: false, the message and the place of the next line; nil where that line has not been read.
local function mistake(text, at, is_end, message)
  local line_end = find(text, "\n", at, true)
  if line_end or is_end then
    return false, message, (line_end or #text) + 1
  end
end

--- Reads a record with quotes that begins at `at`.
-- @return fields, their count and the place after the record; nil where the text ends too early; false, what is wrong and the place of the next line
local function read_quoted(text, at, is_end)
  local fields, count = {}, 0
  while true do
    local field, past
    if sub(text, at, at) == '"' then
      field, past = quoted(text, at)
      if not field or (past > #text and not is_end) then -- the quote may be the first of two
        return nil
      end
    else
      past = find(text, "[,\n]", at)
      if not past and not is_end then
        return nil
      end
      past = past or #text + 1
      field = sub(text, at, past - 1)
      if sub(text, past, past) ~= "," then
        field = field:gsub("\r$", "")
      end
    end
    count = count + 1
    fields[count] = field
    local line_end = find(text, "^\r?\n", past)
    if find(field, '"', 1, true) and sub(text, at, at) ~= '"' then
      return mistake(text, past, is_end, "a field has a quote and does not begin with one")
    elseif line_end or past > #text or (is_end and sub(text, past) == "\r") then
      if not line_end and not is_end then
        return nil
      end
      return fields, count, (find(text, "\n", past, true) or #text) + 1
    elseif sub(text, past, past) ~= "," then
      return mistake(text, past, is_end, "there is text behind a quoted field")
    end
    at = past + 1
  end
end

--- A reader of records.
-- @param read function that returns the next piece of the file as a string, nil at its end
-- @param name of the file, for errors
-- @return a function that returns the next record: a table of its fields, which the next call may use again, and their count; false and what is wrong with the
--   record, after which the next line is read; or nil at the end. It raises an error for a record that is longer than MAX_RECORD
function csv.reader(read, name)
  local text, at, is_end, fields = "", 1, false, {}

  local function more()
    local piece = read()
    is_end = piece == nil
    if #text - at > csv.MAX_RECORD then
      error(("%s: a record is longer than %d bytes: is there a quote that is not closed?"):format(name, csv.MAX_RECORD), 0)
    end
    text, at = sub(text, at) .. (piece or ""), 1
  end

  while #text < 3 and not is_end do
    more()
  end
  at = find(text, "^\239\187\191") and 4 or 1

  local function next_quoted()
    while true do
      local quoted_fields, count, past = read_quoted(text, at, is_end)
      if quoted_fields ~= nil then
        at = past
        return quoted_fields, count
      elseif is_end then
        at = #text + 1
        return false, "a quote is not closed"
      end
      local enough = 2 * (#text - at) -- doubled, because the record is read from its beginning again
      repeat
        more()
      until is_end or #text - at > enough
    end
  end

  return function()
    while true do
      local line_end = find(text, "\n", at, true)
      if line_end or is_end then
        if at > #text then
          return nil
        end
        local line = sub(text, at, (line_end or #text + 1) - 1)
        if find(line, '"', 1, true) then
          return next_quoted()
        end
        at = (line_end or #text) + 1
        if sub(line, -1) == "\r" then
          line = sub(line, 1, -2)
        end
        if line ~= "" then
          return split(line, fields)
        end
      else
        more()
      end
    end
  end
end

return csv
