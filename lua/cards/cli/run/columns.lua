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

--- Fields of the default policy, by how a column is named that holds one.
local masked = { holdername = "holder_name", cardholder = "holder_name", cardholdername = "holder_name", email = "email", phone = "phone" }

--- What the names of other secrets end with.
local secret_endings = {
  "token", "secret", "password", "passwd", "passphrase", "pinblock", "apikey", "privatekey", "credential", "track1", "track2", "trackdata",
}
local secret_names = { pin = true, track = true }

--- The field of the neutral record whose rule counts for a column; nil where that has none.
local function field_of(name)
  local bare = name:lower():gsub("[^%w]", "")
  if secret_names[bare] then
    return "token"
  end
  for _, ending in ipairs(secret_endings) do
    if bare:sub(-#ending) == ending then
      return "token"
    end
  end
  return masked[bare] or names.holds(name)
end

local shown -- below

local function table_shown(value)
  local copy = {}
  for key, content in pairs(value) do
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
