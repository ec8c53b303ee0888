--- The rules of a masking policy: what each shows of one value.
--
-- A rule is an opaque table; what it does is kept here: { name, apply = function(value), first, last, all, hides }.
-- `apply` gets any value but nil and returns one without secrets, or nil where the field is left out. first and last
-- (characters), all and hides say what it can show of a text: a policy checks that against the name of the field.

local check = require "cards.check"
local core = require "cards.core"

local rules = {}

local HIDDEN = "***"
local MAX_FIRST, MAX_LAST = 8, 4 -- of a card number: PCI DSS 3.4.1
local SHORTEST_NUMBER = 13 -- characters that a card number has at least

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

--- What is shown of a value that nothing allows: a secret's own mask, else three stars.
function rules.conceal(value)
  return check.is_secret(value) and tostring(value) or HIDDEN
end
local conceal = rules.conceal

--- A text without card numbers in it.
local function redact(text)
  return #text < SHORTEST_NUMBER and text or core.redact(text)
end

--- A plain value as it may be logged: card numbers masked, and nothing that an encoder refuses.
function rules.plain(value)
  if type(value) == "string" then
    return redact(value)
  elseif type(value) == "boolean" then
    return value
  elseif type(value) == "number" and value - value == 0 then -- neither infinite nor NaN
    local digits = (math.type and math.type(value) == "integer" and "%d" or "%.0f"):format(value)
    local shown = redact(digits)
    return shown == digits and value or shown
  end
  return conceal(value)
end

--- What may stand as a key in a masked table, or nil.
function rules.key(key)
  if type(key) == "string" or type(key) == "number" then
    return rules.plain(key)
  end
end

--- A rule for texts: a secret shows its mask, everything else that is no string nothing.
local function for_text(name, show)
  return rule { name = name, apply = function(value)
    return type(value) == "string" and show(redact(value)) or conceal(value)
  end }
end

--- Shown as it is, card numbers in it masked; a secret shows its mask, a table nothing.
rules.keep = rule { name = "keep", all = true, apply = rules.plain }

--- Left out.
rules.drop = rule { name = "drop", hides = true, apply = function() end }

--- Three stars, whatever it is.
rules.hide = rule { name = "hide", hides = true, apply = function() return HIDDEN end }

--- "John Doe" is "J. D.": the first letter of each word that begins with one.
rules.initials = for_text("initials", function(text)
  local letters = {}
  for word in text:gmatch "%S+" do
    local letter = word:match "^%a" or word:match "^[\194-\244][\128-\191]+"
    table.insert(letters, letter and letter .. "." or nil)
  end
  return letters[1] and table.concat(letters, " ")
end)

--- "john.doe@example.com" is "j***@example.com".
rules.email = for_text("email", function(text)
  local name, domain = text:match "^([^@%s]+)@([^@%s]+)$"
  if not name then
    return nil
  end
  return (#name > 1 and name:match "^[%w]" or "") .. HIDDEN .. "@" .. domain
end)

--- "+1 415 505-6227" is "***6227"; fewer than seven digits show nothing.
rules.phone = for_text("phone", function(text)
  local digits = text:gsub("%D", "")
  return #digits >= 7 and HIDDEN .. digits:sub(-4)
end)

--- The year of a date ("2027-12-01…", "12/2027") or a year itself.
rules.year_only = rule { name = "year_only", apply = function(value)
  if type(value) == "number" then
    return value % 1 == 0 and value >= 1000 and value <= 9999 and value or HIDDEN
  elseif type(value) ~= "string" then
    return conceal(value)
  end
  return value:match "^(%d%d%d%d)%-%d%d" or value:match "^%d%d?/(%d%d%d%d)$" or value:match "^%d%d%d%d$" or HIDDEN
end }

local function mask_secret(secret, options)
  local ok, shown = pcall(secret.mask, secret, options)
  return ok and shown or HIDDEN -- a closed one
end

local function check_count(value, name, most)
  if type(value) ~= "number" or value % 1 ~= 0 or value < 0 then
    return ("%s must be a whole number that is not negative"):format(name)
  elseif most and value > most then
    local permitted = "%s = %.0f would show more of a card number than PCI DSS 3.4.1 permits (first %d, last %d)"
    return permitted:format(name, value, MAX_FIRST, MAX_LAST)
  end
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
  local given = { first = 0, last = 0 }
  for key, value in pairs(options) do
    local wrong = not known[key] and check.unknown(key, known) or check_count(value, key, known[key])
    if wrong then
      error("cards.mask.pan: " .. wrong, 2)
    end
    given[key] = value
  end
  return rule { name = "pan", first = given.first, last = given.last, apply = function(value)
    if check.is_secret(value) then
      return mask_secret(value, given)
    elseif type(value) ~= "string" then
      return HIDDEN
    end
    local secret = core.secret(value, "pan")
    local shown = secret and mask_secret(secret, given) or HIDDEN
    if secret then
      secret:close()
    end
    return shown
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
  local wrong = check_count(n, "n")
  if wrong then
    error("cards.mask.last: " .. wrong, 2)
  end
  return rule { name = "last", last = n, apply = function(value)
    if check.is_secret(value) then
      return mask_secret(value, { last = n })
    elseif type(value) ~= "string" or #value <= n then
      return HIDDEN
    end
    value = redact(value)
    local from = #value - n + 1
    while is_continuation(value, from) do
      from = from + 1
    end
    return HIDDEN .. value:sub(from)
  end }
end

--- A keyed hash (HMAC-SHA-256, 32 hexadecimal digits), to join data without the number. Without the key nobody can try numbers out.
-- @param key a string or secret of at least 16 bytes; an error at the caller's line where it is none
function rules.hash(key)
  local usable = check.is_secret(key) or type(key) == "string"
  if not usable or #key < 16 then
    error("cards.mask.hash: the key must be a string or a secret of at least 16 bytes", 2)
  end
  return rule { name = "hash", apply = function(value)
    if type(value) == "number" then
      value = tostring(value)
    elseif type(value) ~= "string" and not check.is_secret(value) then
      return HIDDEN
    end
    local ok, hashed = pcall(core.hash, key, value)
    return ok and hashed or HIDDEN
  end }
end

--- The first n characters (bytes, whole characters only), with "..." where something was cut.
-- A secret shows what secret:mask allows.
-- An error at the caller's line where n is no whole number.
function rules.truncate(n)
  local wrong = check_count(n, "n")
  if wrong then
    error("cards.mask.truncate: " .. wrong, 2)
  end
  return rule { name = "truncate", first = n, apply = function(value)
    if check.is_secret(value) then
      return mask_secret(value, { first = n })
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
  end }
end

--- A copy of a table of plain values, or nil where a secret or another thing that cannot be shown is in it.
local function copy_plain(value, depth)
  if type(value) ~= "table" then
    return rules.plain(value), type(value) == "string" or type(value) == "number" or type(value) == "boolean"
  elseif depth == 0 then
    return nil, false
  end
  local copy = {}
  for key, content in next, value do
    local name = rules.key(key)
    local shown, ok = copy_plain(content, depth - 1)
    if name == nil or not ok then
      return nil, false
    end
    copy[name] = shown
  end
  return copy, true
end

--- What a function makes of the value; a secret stays a secret for it. nil leaves the field out. A secret that it
-- returns shows its mask. Three stars: the revealed text of the secret that it was given, an error in it, a table with
-- anything but plain values in it, and anything that it makes of a secret of class cvv.
-- An error at the caller's line where f is no function.
function rules.fn(f)
  if type(f) ~= "function" then
    error("cards.mask.fn: a function is expected", 2)
  end
  return rule { name = "fn", apply = function(value)
    local given = check.is_secret(value)
    local ok, result = pcall(f, value)
    if not ok or (given and value.class == "cvv") then
      return HIDDEN
    elseif result == nil then
      return nil
    elseif check.is_secret(result) then
      return tostring(result)
    elseif given and type(result) == "string" then
      local open, same = pcall(value.equals, value, result)
      if open and same then
        return HIDDEN
      end
    end
    local copy, plain = copy_plain(result, 16)
    if not plain then
      return HIDDEN
    end
    return copy
  end }
end

--- What a rule would show that it must not of a field of that name, or nil.
local cvv_names = { cvv = true, cvc = true, cvv2 = true, cvc2 = true, csc = true, securitycode = true }
local number_names = { number = true, pan = true, cardno = true, cardnumber = true }

function rules.objection(definition, field)
  local name = field:lower():gsub("[_%-]", "")
  if cvv_names[name] and not definition.hides then
    return definition.name .. " would show something of a card verification value: only hide and drop may stand there"
  elseif not number_names[name] then
    return nil
  elseif definition.all then
    return definition.name .. " would show a whole card number: pan { first = 6, last = 4 } masks it"
  end
  local wrong = check_count(definition.first or 0, "first", MAX_FIRST)
    or check_count(definition.last or 0, "last", MAX_LAST)
  return wrong and ("%s: %s"):format(definition.name, wrong)
end

return rules
