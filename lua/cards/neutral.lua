--- The fields of the neutral record, and how each is read from what a provider wrote: the same type for every provider.
--
-- A reader takes any value and returns the field's value, or nil where it cannot be read; a second result is an error
-- that is not the value's fault. What is no secret by its nature is never taken from a secret: a field that the
-- descriptor does not declare stays hidden.

local check = require "cards.check"
local core = require "cards.core"

local LAST_SECOND = 253402300799 -- of the year 9999

--- The digits of a whole number, or a string as it is.
local function text(value)
  if type(value) == "number" and value % 1 == 0 then
    return ("%.0f"):format(value)
  end
  return type(value) == "string" and value or nil
end

local function plain(value)
  value = text(value)
  return value ~= "" and value or nil
end

--- Secrets stay the very userdata of the record; only a mapping's function can bring a string here.
local function secret(class, digits)
  return function(value)
    if check.is_secret(value) then
      return value
    elseif type(value) == "number" and value % 1 == 0 and value >= 0 then
      value = ("%0" .. digits .. ".0f"):format(value) -- an integer lost its leading zeros
    end
    if type(value) ~= "string" or value == "" then
      return nil
    end
    local made, err = core.secret(value, class)
    if not made and err.kind == "busy" then
      return nil, err
    end
    return made
  end
end

local function month(value)
  local digits = (text(value) or ""):match "^%s*(%d%d?)%s*$"
  local number = digits and tonumber(digits)
  return number and number >= 1 and number <= 12 and number or nil
end

--- 27 and "27" are 2027, and 99 is 2099: two digits are always of this century.
local function year(value)
  local digits = (text(value) or ""):match "^%s*(%d+)%s*$"
  local number = digits and tonumber(digits)
  if not number or (#digits ~= 2 and #digits ~= 4) then
    return nil
  elseif #digits == 2 then
    return 2000 + number
  end
  return number >= 1000 and number or nil
end

local function last4(value)
  if type(value) == "number" and value % 1 == 0 and value >= 0 then
    value = ("%04.0f"):format(value)
  end
  return type(value) == "string" and value:match "^%d%d%d%d$" or nil
end

--- Six to eight digits: a BIN of eight is one, too, and more would be a card number.
local function bin(value)
  local digits = (text(value) or ""):match "^%d+$"
  return digits and #digits >= 6 and #digits <= 8 and digits or nil
end

--- ISO 8601 as it is; a Unix time becomes that. In a string it has nine digits at least: "20240131" is none.
local function timestamp(value)
  local seconds = value
  if type(value) == "string" then
    if value:find "^%d%d%d%d%-%d%d%-%d%d" then
      return value
    end
    seconds = value:find "^%d%d%d%d%d%d%d%d%d+$" and tonumber(value)
  end
  if type(seconds) == "number" and seconds >= 0 and seconds <= LAST_SECOND then
    return os.date("!%Y-%m-%dT%H:%M:%SZ", math.floor(seconds))
  end
end

--- By field. A table of readers is a table in the neutral record.
return {
  provider = plain,
  id = plain,
  number = secret("pan", 1),
  cvv = secret("cvv", 3),
  last4 = last4,
  bin = bin,
  brand = plain,
  type = plain,
  status = plain,
  exp_month = month,
  exp_year = year,
  holder_name = plain,
  token = secret("token", 1),
  billing = { line1 = plain, line2 = plain, city = plain, region = plain, postal_code = plain, country = plain },
  email = plain,
  phone = plain,
  created_at = timestamp,
  canceled_at = timestamp,
}
