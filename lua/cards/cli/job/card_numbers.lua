--- Finds rows that have what looks like a card number, among those that are to be sent to Redis.
--
-- A line as it is sent has escapes in it, which may stand between or in the place of digits: what they mean is looked at.

local check = require "cards.util.check"
local core = require "cards.core"
local packing = require "cards.cli.job.packing"

local card_numbers = {}

--- Whether a value of NDJSON has one in its names and texts. Numbers have no escapes: they stand in the line.
local function has_one(value)
  if type(value) == "string" then
    return check.has_card_number(value)
  end
  for name, content in next, type(value) == "table" and value or {} do
    if type(name) == "string" and check.has_card_number(name) or has_one(content) then
      return true
    end
  end
  return false
end

--- The column in which a line has one, "NAME" where nobody knows; nil where it has none. Digits of two columns are none.
local function column_of(line, names)
  if not names then
    local row = line:find("\\", 1, true) and core.json_decode(line)
    return (check.has_card_number(line) or has_one(row)) and "NAME" or nil
  end
  for i, field in ipairs(packing.fields(line)) do
    if check.has_card_number(field) then
      return names[i] or "NAME"
    end
  end
end

--- Finds the first row of several with one.
-- @param text the rows as they are sent: a mark, the row as packing.pack made it, and "\n" each
-- @param names of the columns of CSV; nil for NDJSON
-- @return the place of the row, from 1 on, and the column; nil where there is none
function card_numbers.find(text, names)
  if not check.has_card_number(text) and not text:find("\\", 1, true) then
    return nil
  end
  local place = 0
  for line in text:gmatch ".([^\n]*)\n" do
    place = place + 1
    local column = column_of(line, names)
    if column then
      return place, column
    end
  end
end

return card_numbers
