--- The rules of a masking policy: what each is made with, and what it shows in words.
--
-- A rule is an opaque table; what it is is kept here: { name, shows = function(class), first, last, key, call, all, hides }. What it makes of a
-- value is in src/lua/mask.c, by its name. `shows` says that in words, for a value of that class: a secret's class, or the type of a declared
-- field. first and last (characters), all and hides say what it can show of a text: a policy checks that against the field's name.

local check = require "cards.util.check"
local names = require "cards.mask.names"

local rules = {}

local MAX_FIRST, MAX_LAST = names.MAX_FIRST, names.MAX_LAST

local definitions = setmetatable({}, { __mode = "k" }) -- by rule

local protected = {
  __metatable = "cards.mask.rule",
  __newindex = function() error("a rule cannot be changed", 2) end,
  __tostring = function(rule) return "cards.mask." .. definitions[rule].name end,
}

local function rule(definition)
  local made = setmetatable({}, protected)
  definitions[made] = definition
  return made
end

--- What a rule does, or nil where the value is no rule.
function rules.definition(value)
  return type(value) == "table" and definitions[value] or nil
end

--- What is shown in words --------------------------------------------------------------

local secrets = { pan = true, cvv = true, token = true, secret = true, credential = true, undeclared = true }
local texts = { string = true, timestamp = true }

--- What a secret shows by itself, and everything else where nothing allows it.
function rules.concealed(class)
  return class == "pan" and "last 4" or "hidden"
end
local concealed = rules.concealed

--- What secret:mask shows.
local function masked(class, first, last)
  if class == "cvv" then
    return "hidden"
  elseif class == "pan" then
    first, last = math.min(first, MAX_FIRST), math.min(last, MAX_LAST)
  end
  local ends = {}
  ends[1] = first > 0 and ("first %.0f"):format(first) or nil
  ends[#ends + 1] = last > 0 and ("last %.0f"):format(last) or nil
  if not ends[1] then
    return class == "pan" and "only how long it is" or "hidden"
  end
  return table.concat(ends, ", ") .. (class ~= "pan" and " (at most a quarter each)" or "")
end

--- Of a rule for texts.
local function of_text(words)
  return function(class) return texts[class] and words or concealed(class) end
end

--- The rules ---------------------------------------------------------------------------

--- Shown as it is, card numbers in it masked; a secret shows its mask, a table nothing.
rules.keep = rule { name = "keep", all = true, shows = function(class)
  return (secrets[class] or class == "table") and concealed(class) or "as it is"
end }

--- Left out.
rules.drop = rule { name = "drop", hides = true, shows = function() return "left out" end }

--- Three stars, whatever it is.
rules.hide = rule { name = "hide", hides = true, shows = function() return "hidden" end }

--- "John Doe" is "J. D.": the first letter of each word that begins with one.
rules.initials = rule { name = "initials", shows = of_text "initials" }

--- "john.doe@example.com" is "j***@example.com".
rules.email = rule { name = "email", shows = of_text "first letter and domain" }

--- "+1 415 505-6227" is "***6227"; fewer than seven digits show nothing.
rules.phone = rule { name = "phone", shows = of_text "last 4 digits" }

--- The year of a date ("2027-12-01…", "12/2027") or a year itself.
rules.year_only = rule { name = "year_only", shows = function(class)
  return (texts[class] or class == "integer" or class == "number") and "year" or concealed(class)
end }

--- A card number with a star for each digit but the first and last ones: pan { first = 6, last = 4 }.
-- Without an argument, the last four. A string is masked like a secret of class pan; other secrets show what
-- secret:mask allows.
-- An error at the caller's line for more than the first eight or the last four, or for an unknown option.
function rules.pan(options)
  if options == nil then
    options = { last = MAX_LAST }
  elseif type(options) ~= "table" then
    error("cards.mask.pan: a table with first and last is expected", 2)
  end
  local known = { first = MAX_FIRST, last = MAX_LAST }
  local given = {}
  for key, value in pairs(options) do
    local wrong = not known[key] and check.unknown(key, known) or names.check_count(value, key, known[key])
    if wrong then
      error("cards.mask.pan: " .. wrong, 2)
    end
    given[key] = value
  end
  local first, last = given.first or 0, given.last or 0
  return rule { name = "pan", first = first, last = last, shows = function(class)
    if class == "string" then
      return masked("pan", first, last) .. " of a card number"
    end
    return secrets[class] and masked(class, first, last) or "hidden"
  end }
end

--- A rule that shows so many characters at one end, and of a secret what secret:mask allows.
local function of_end(name, of, n)
  local wrong = names.check_count(n, "n")
  if wrong then
    error(("cards.mask.%s: %s"):format(name, wrong), 3)
  end
  local first, last = of == "first" and n or 0, of == "last" and n or 0
  return rule { name = name, first = first, last = last, shows = function(class)
    return secrets[class] and masked(class, first, last) or texts[class] and n > 0 and ("%s %.0f"):format(of, n) or "hidden"
  end }
end

--- The last n characters (bytes, whole characters only) behind three stars; a text that is not longer shows nothing.
-- A secret shows what secret:mask allows.
-- An error at the caller's line where n is no whole number.
function rules.last(n)
  local made = of_end("last", "last", n)
  return made
end

--- The first n characters (bytes, whole characters only), with "..." where something was cut.
-- A secret shows what secret:mask allows.
-- An error at the caller's line where n is no whole number.
function rules.truncate(n)
  local made = of_end("truncate", "first", n)
  return made
end

--- A keyed hash (HMAC-SHA-256, 32 hexadecimal digits), to join data without the number. A card number is hashed without the spaces and
-- dashes in it, a whole number as its digits. Without the key nobody can try numbers out; with it the few values of a cvv would be
-- found at once, so a secret of that class shows nothing.
-- @param key a string or an open secret of 16 to 4096 bytes; an error at the caller's line where it is none
function rules.hash(key)
  local length = (type(key) == "string" or check.is_secret(key) and not check.not_open(key)) and #key or 0
  if length < 16 or length > 4096 then
    error("cards.mask.hash: the key must be a string or an open secret of at least 16 and at most 4096 bytes", 2)
  end
  return rule { name = "hash", key = key, shows = function(class)
    return (class == "cvv" or class == "boolean" or class == "table") and "hidden" or "keyed hash"
  end }
end

--- What a function makes of the value; a secret stays a secret for it, and a text comes with the card numbers in it
-- masked. nil leaves the field out. A secret that it returns shows its mask. Three stars: anything with more of the
-- secret that it was given than secret:mask could show, in one piece or in several, an error in it, a table with
-- anything but plain values in it, and anything that it makes of a secret of class cvv.
-- An error at the caller's line where f is no function.
function rules.fn(f)
  if type(f) ~= "function" then
    error("cards.mask.fn: a function is expected", 2)
  end
  return rule { name = "fn", call = f, shows = function(class)
    return class == "cvv" and "hidden" or "what its function makes of it"
  end }
end

return rules
