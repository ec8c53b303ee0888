--- The columns of a row that failed, as its line of errors shows them.
--
-- What the default policy of cards.mask would mask is masked: a column by its name, and whatever looks like a card number in any other. A name is matched
-- without regard to case and punctuation: "Card Number" is card_number.

local check = require "cards.util.check"
local core = require "cards.core"
local mask = require "cards.mask"
local names = require "cards.mask.names"

local columns = {}

local HIDDEN = "***"

--- Fields of the default policy, and what the names of columns have in them whose values they hold. The first one counts.
local parts = {
  { "token", "token", "secret", "passw", "passphrase", "credential", "apikey", "accesskey", "privatekey", "pinblock", "pincode", "trackdata", "cryptogram" },
  { "email", "email" },
  { "phone", "phone" },
  { "holder_name", "cardholder", "holdername", "nameoncard" },
}

--- The same by the last word of a name, or by all of it, where what it is a part of may mean anything.
local words = {
  pin = "token", pwd = "token", pass = "token", otp = "token", bearer = "token", authorization = "token", cavv = "token", track = "token", track1 = "token",
  track2 = "token", mobile = "phone", holder = "holder_name",
}

--- What a name ends with whose column only says something about a token or a person.
local about = { id = true, type = true, status = true, count = true, expires = true }

--- The field of the neutral record whose rule counts for a column; nil where that has none.
local function field_of(name)
  local field = names.holds(name)
  if field then
    return field
  end
  local spaced = name:gsub("(%l)(%u)", "%1 %2"):lower()
  local bare, last = spaced:gsub("[^%w]", ""), spaced:match "[^%w](%w+)[^%w]*$"
  field = words[bare] or words[last]
  for _, part in ipairs(not field and not about[last] and parts or {}) do
    for i = 2, #part do
      field = field or bare:find(part[i], 1, true) and part[1]
    end
  end
  return field or nil
end

local shown -- below

local function table_shown(value)
  local copy = {}
  for key, content in next, value do -- a flow may have given it a __pairs
    local name = type(key) == "string" and core.redact(key) or key
    copy[name] = shown(key, content)
  end
  return copy
end

--- A value by the name of its column.
function shown(name, value)
  local field = type(name) == "string" and field_of(name)
  if type(value) == "table" then
    return field and HIDDEN or table_shown(value)
  elseif type(value) == "boolean" then
    return value
  end
  local text = check.digits(value) or tostring(value)
  if field and text ~= "" then
    return core.redact(tostring(mask({ [field] = text })[field]))
  end
  local redacted = core.redact(text)
  return redacted == text and value or redacted
end

--- A function that returns the columns of a row as they may be shown.
-- @param wanted list of the names of columns, or nil for all
function columns.selection(wanted)
  if not wanted then
    return table_shown
  end
  return function(row)
    local some = {}
    for _, name in ipairs(wanted) do
      some[name] = rawget(row, name)
    end
    return table_shown(some)
  end
end

--- The columns that lines of errors have, as a list; nil for all. Or false and which of them the input does not have.
-- @param wanted what --error-columns says, or nil
-- @param list of the columns that there are, or nil where nobody knows
-- @param input how a message names it
-- @param option that says them
function columns.wanted(wanted, list, input, option)
  if wanted and #wanted == 1 and wanted[1] == "none" then
    return {}
  end
  local known = {}
  for _, name in ipairs(list or {}) do
    known[name] = true
  end
  for _, name in ipairs(wanted or {}) do
    if list and not known[name] then
      return false, ("%s: %s: %s"):format(option, input, check.unknown(name, known, "column"))
    end
  end
  return wanted
end

--- The same value with "?" for what JSON cannot represent.
function columns.printable(value)
  if type(value) == "string" then
    return check.line(value)
  elseif type(value) ~= "table" then
    return value
  end
  local copy = {}
  for key, content in pairs(value) do
    copy[type(key) == "string" and check.line(key) or key] = columns.printable(content)
  end
  return copy
end

return columns
