--- The fields of the neutral record, and how each is read from what a provider wrote: the same type for every provider.
--
-- A reader takes any value and returns the field's value, or nil where it cannot be read; a second result is an error
-- that is not the value's fault. What is no secret by its nature is never taken from a secret: a field that the
-- descriptor does not declare stays hidden.

local check = require "cards.util.check"
local core = require "cards.core"
local whole = require "cards.util.whole"

local read = core.plain_transforms

--- The digits of a whole number, or a string as it is.
local function text(value)
  return whole(value) or (type(value) == "string" and value or nil)
end

local function plain(value)
  value = text(value)
  return value ~= "" and value or nil
end

--- The same with the zeros in front that an integer lost.
local function padded(value, digits)
  if type(value) == "number" and value % 1 == 0 and value >= 0 then
    value = whole(value)
    return ("0"):rep(digits - #value) .. value
  end
  return type(value) == "string" and value or nil
end

--- Secrets stay the very userdata of the record; only a mapping's function can bring a string here.
local function secret(class, digits)
  return function(value)
    if check.is_secret(value) then
      return value
    end
    value = padded(value, digits)
    if value == nil or value == "" then
      return nil
    end
    local made, err = core.secret(value, class)
    if not made and err.kind == "busy" then
      return nil, err
    end
    return made
  end
end

local function last4(value)
  return (padded(value, 4) or ""):match "^%d%d%d%d$"
end

--- Six to eight digits: a BIN of eight is one, too, and more would be a card number.
local function bin(value)
  local digits = (text(value) or ""):match "^%d+$"
  return digits and #digits >= 6 and #digits <= 8 and digits or nil
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
  exp_month = read.month,
  exp_year = read.year,
  holder_name = plain,
  token = secret("token", 1),
  billing = { line1 = plain, line2 = plain, city = plain, region = plain, postal_code = plain, country = plain },
  email = plain,
  phone = plain,
  created_at = read.date,
  canceled_at = read.date,
}
