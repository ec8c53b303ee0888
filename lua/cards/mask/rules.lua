--- The rules of a masking policy: what each shows of one value.
--
-- A rule is an opaque table; what it does is kept here: { name, apply = function(value), shows = function(class), first,
-- last, all, hides, quick }. `apply` gets any value but nil and returns one without secrets, or nil where the field is left
-- out. `shows` says the same in words, for a value of that class: a secret's class, or the type of a declared field.
-- first and last (characters), all and hides say what it can show of a text: a policy checks that against the field's name.

local check = require "cards.util.check"
local core = require "cards.core"
local names = require "cards.mask.names"
local plain = require "cards.mask.plain"
local whole = require "cards.util.whole"

local pcall, type = pcall, type -- as locals: they are called for every field
local is_secret = check.is_secret

local rules = {}

local HIDDEN = plain.HIDDEN
local MAX_FIRST, MAX_LAST = names.MAX_FIRST, names.MAX_LAST
local SHORTEST_NUMBER = plain.SHORTEST_NUMBER
local conceal, redact = plain.conceal, plain.redact

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

--- What was raised while a value was looked at: for want of memory it goes on, as the field would only seem to be hidden.
local function failed(why)
  if why == "not enough memory" or why == "memory is used up" then
    error(why, 0)
  end
  return HIDDEN
end

--- A rule for texts: a secret shows its mask, everything else that is no string nothing.
local function for_text(name, words, show)
  return rule { name = name, quick = name, shows = of_text(words), apply = function(value)
    return type(value) == "string" and show(#value < SHORTEST_NUMBER and value or redact(value)) or conceal(value)
  end }
end

--- Shown as it is, card numbers in it masked; a secret shows its mask, a table nothing.
rules.keep = rule { name = "keep", quick = "keep", all = true, apply = plain.value, shows = function(class)
  return (secrets[class] or class == "table") and concealed(class) or "as it is"
end }

--- Left out.
rules.drop = rule { name = "drop", quick = "drop", hides = true, apply = function() end, shows = function() return "left out" end }

--- Three stars, whatever it is.
rules.hide = rule { name = "hide", quick = "hide", hides = true, apply = function() return HIDDEN end, shows = function() return "hidden" end }

--- "John Doe" is "J. D.": the first letter of each word that begins with one.
rules.initials = for_text("initials", "initials", function(text)
  local letters, count = {}, 0
  for word in text:gmatch "%S+" do
    local letter = word:match "^%a" or word:match "^[\194-\244][\128-\191]+"
    if letter then
      count = count + 1
      letters[count] = letter
    end
  end
  return count > 0 and table.concat(letters, ". ") .. "."
end)

--- "john.doe@example.com" is "j***@example.com".
rules.email = rule { name = "email", quick = "email", shows = of_text "first letter and domain", apply = function(value)
  if type(value) ~= "string" then
    return conceal(value)
  end
  local letter, domain = value:match "^(%w)[^@%s]+@([^@%s]+)$"
  domain = domain or value:match "^[^@%s]+@([^@%s]+)$"
  return domain and (letter or "") .. HIDDEN .. "@" .. redact(domain) or HIDDEN
end }

--- "+1 415 505-6227" is "***6227"; fewer than seven digits show nothing.
rules.phone = for_text("phone", "last 4 digits", function(text)
  local digits = text:gsub("%D", "")
  return #digits >= 7 and HIDDEN .. digits:sub(-4)
end)

--- The year of a date ("2027-12-01…", "12/2027") or a year itself.
rules.year_only = rule {
  name = "year_only",
  shows = function(class) return (texts[class] or class == "integer" or class == "number") and "year" or concealed(class) end,
  apply = function(value)
    if type(value) == "number" then
      return value % 1 == 0 and value >= 1000 and value <= 9999 and value or HIDDEN
    elseif type(value) ~= "string" then
      return conceal(value)
    end
    return value:match "^(%d%d%d%d)%-%d%d" or value:match "^%d%d?/(%d%d%d%d)$" or value:match "^%d%d%d%d$" or HIDDEN
  end,
}

local MOST = 2 ^ 31 - 1 -- more than any secret shows

local function mask_secret(secret, first, last)
  return core.mask(secret, math.min(first, MOST), math.min(last, MOST)) or HIDDEN -- a closed one
end

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
  local function apply(value)
    if is_secret(value) then
      return mask_secret(value, first, last)
    elseif type(value) ~= "string" then
      return HIDDEN
    end
    local secret, err = core.secret(value, "pan")
    if not secret then
      return err.kind == "busy" and error("memory is used up", 0) or HIDDEN
    end
    local shown = mask_secret(secret, first, last)
    secret:close()
    return shown
  end
  return rule { name = "pan", quick = "pan", first = first, last = last, apply = apply, shows = function(class)
    if class == "string" then
      return masked("pan", first, last) .. " of a card number"
    end
    return secrets[class] and masked(class, first, last) or "hidden"
  end }
end

local function is_continuation(text, at)
  local byte = text:byte(at)
  return byte ~= nil and byte >= 128 and byte < 192
end

--- The last n characters (bytes, whole characters only) behind three stars; a text that is not longer shows nothing.
-- A secret shows what secret:mask allows.
-- An error at the caller's line where n is no whole number.
function rules.last(n)
  local wrong = names.check_count(n, "n")
  if wrong then
    error("cards.mask.last: " .. wrong, 2)
  end
  local function apply(value)
    if is_secret(value) then
      return mask_secret(value, 0, n)
    elseif type(value) ~= "string" or #value <= n then
      return HIDDEN
    end
    value = redact(value)
    local from = #value - n + 1
    while is_continuation(value, from) do
      from = from + 1
    end
    return HIDDEN .. value:sub(from)
  end
  return rule { name = "last", last = n, apply = apply, shows = function(class)
    return secrets[class] and masked(class, 0, n) or texts[class] and n > 0 and ("last %.0f"):format(n) or "hidden"
  end }
end

--- A keyed hash (HMAC-SHA-256, 32 hexadecimal digits), to join data without the number. A card number is hashed without the spaces and
-- dashes in it, a whole number as its digits. Without the key nobody can try numbers out; with it the few values of a cvv would be
-- found at once, so a secret of that class shows nothing.
-- @param key a string or an open secret of 16 to 4096 bytes; an error at the caller's line where it is none
function rules.hash(key)
  local usable, length = type(key) == "string" or is_secret(key), 0
  if usable then
    usable, length = pcall(function() return #key end) -- a closed one has none; to ask for equals is refused in a confined script
    if not usable then
      failed(length)
    end
  end
  if not usable or length < 16 or length > 4096 then
    error("cards.mask.hash: the key must be a string or an open secret of at least 16 and at most 4096 bytes", 2)
  end
  local function apply(value)
    if type(value) == "number" then
      value = whole(value) or tostring(value)
    elseif type(value) ~= "string" and (not is_secret(value) or value.class == "cvv") then
      return HIDDEN
    end
    local ok, hashed = pcall(core.hash, key, value)
    return ok and hashed or failed(hashed)
  end
  return rule { name = "hash", apply = apply, shows = function(class)
    return (class == "cvv" or class == "boolean" or class == "table") and "hidden" or "keyed hash"
  end }
end

--- The first n characters (bytes, whole characters only), with "..." where something was cut.
-- A secret shows what secret:mask allows.
-- An error at the caller's line where n is no whole number.
function rules.truncate(n)
  local wrong = names.check_count(n, "n")
  if wrong then
    error("cards.mask.truncate: " .. wrong, 2)
  end
  local function apply(value)
    if is_secret(value) then
      return mask_secret(value, n, 0)
    elseif type(value) ~= "string" then
      return HIDDEN
    end
    value = redact(value)
    if #value <= n then
      return value
    end
    local to = n
    while is_continuation(value, to + 1) do
      to = to - 1
    end
    return value:sub(1, to) .. "..."
  end
  return rule { name = "truncate", first = n, apply = apply, shows = function(class)
    return secrets[class] and masked(class, n, 0) or texts[class] and n > 0 and ("first %.0f"):format(n) or "hidden"
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
  local function apply(value)
    local given = is_secret(value)
    if given and value.class == "cvv" then
      return HIDDEN
    elseif type(value) == "string" then
      value = redact(value)
    end
    local ok, result = core.apart(f, value) -- it cannot yield: nobody there would resume it
    if not ok then
      return failed(result)
    elseif result == nil then
      return nil
    elseif is_secret(result) then
      return tostring(result)
    end
    local made, is_plain = plain.copy(result)
    if not is_plain then
      return HIDDEN
    elseif given then
      local open, tells = pcall(core.tells, value, plain.pieces(made))
      if not open or tells then
        return open and HIDDEN or failed(tells)
      end
    end
    return made
  end
  return rule { name = "fn", apply = apply, shows = function(class)
    return class == "cvv" and "hidden" or "what its function makes of it"
  end }
end

return rules
