--- Checks of values that a programmer wrote: known keys, types and ranges. A check is a function(value, key) that returns nil, or a message that names the key
-- and never the value.

local core = require "cards.core"
local each = require "cards.util.each"

local check = {}

local loaded = package.loaded

--- What is wrong where a function of a module got that module first: it was called as cards:breaker { … }.
check.COLON = "use a dot, and not a colon"

local math_type = math.type or function() return "float" end -- luacheck: ignore

--- A whole number as text with all its digits, on every Lua: tostring drops some on 5.1 and writes 5.0 on 5.4, and "%.0f" rounds large integers.
-- @return a string, or nil where the value is no whole number
function check.digits(value)
  if type(value) == "number" and value % 1 == 0 then
    return (math_type(value) == "integer" and "%d" or "%.0f"):format(value)
  end
end

--- Whether a value can be called: a function, or a table with __call, such as cards.limit and cards.token_source return.
function check.is_callable(value)
  local metatable = type(value) == "table" and getmetatable(value)
  return type(value) == "function" or (type(metatable) == "table" and metatable.__call ~= nil)
end

--- The keys of a table in a fixed order; of anything else none. No metamethod is called.
function check.keys(value)
  local keys = {}
  if type(value) == "table" then
    for key in next, value do
      table.insert(keys, key)
    end
  end
  table.sort(keys, function(a, b)
    if type(a) == type(b) and (type(a) == "number" or type(a) == "string") then
      return a < b
    end
    return type(a) < type(b)
  end)
  return keys
end

--- A key or name for a message: redacted, without control characters, at most 64 bytes. Of a value that is no name its type. No metamethod is called.
function check.shown(name)
  if type(name) ~= "string" and type(name) ~= "number" then
    return type(name)
  end
  return (core.redact(name):gsub("[%c\127-\255]", "?"):sub(1, 64))
end

--- Whether something in a text looks like a card number, in whichever way it is written.
function check.has_card_number(text)
  return core.redact(text) ~= text
end

--- A letter of UTF-8 with what stands behind it; "?" for each byte that is none, and for a control character of C1.
local function letter(bytes)
  local first, second = bytes:byte(1, 2)
  local length = first >= 245 and 1 or first >= 240 and 4 or first >= 224 and 3 or first >= 194 and 2 or 1
  local is_short = (first == 194 or first == 224) and second and second < 160 or first == 240 and second and second < 144 -- C1, or longer than it need be
  if length == 1 or #bytes < length or is_short then
    return ("?"):rep(#bytes)
  end
  return bytes:sub(1, length) .. ("?"):rep(#bytes - length)
end

--- What was raised, as text for a terminal or log: one line, redacted, without control characters, those of C1 too. Letters of UTF-8 stay.
-- @param value anything: of an object that cannot be made text, only that
function check.line(value)
  local ok, text = pcall(tostring, value)
  if not ok or type(text) ~= "string" then
    return "an error that is no text"
  end
  return (core.redact(text):gsub("%c", "?"):gsub("[\128-\255][\128-\191]*", letter))
end

--- What a message says behind a name that is no key of `names`: " (did you mean 'timeout'?)", or " (known are …)" where none of them can be meant. The rule is
-- in src/text/nearest.h.
-- @return the text, "" where there are no names; and where one was meant that, and how many slips it is away
function check.meant(name, names)
  local known = {}
  for i, key in ipairs(check.keys(names)) do
    known[i] = check.shown(key)
  end
  return core.nearest(check.shown(name), known)
end

--- The message for an unknown name: "unknown key 'timout' (did you mean 'timeout'?)".
-- @param noun what the names denote ("key")
function check.unknown(name, names, noun)
  return ("unknown %s '%s'%s"):format(noun or "key", check.shown(name), (check.meant(name, names)))
end

local function is_secret(value)
  return type(value) == "userdata" and getmetatable(value) == "cards.secret"
end
check.is_secret = is_secret

local NOT_OPEN = { closed = "is closed", forked = "was made before this process was forked" }

--- Why a secret cannot be used: "is closed" or "was made before this process was forked"; nil while it is open.
function check.not_open(secret)
  return NOT_OPEN[secret.state]
end

--- The check of a number in a range.
-- @param is_integer whether it has to be a whole number
function check.number(least, most, is_integer)
  return function(value, key)
    if type(value) ~= "number" or value ~= value then
      return ("%s must be a number"):format(key)
    elseif value < least or value > most or (is_integer and value % 1 ~= 0) then
      return ("%s must be a %s from %.16g to %.16g"):format(key, is_integer and "whole number" or "number", least, most)
    end
  end
end

--- The check of true or false.
function check.boolean(value, key)
  if type(value) ~= "boolean" then
    return ("%s must be true or false"):format(key)
  end
end

--- The check of a function.
function check.callback(value, key)
  if type(value) ~= "function" then
    return ("%s must be a function"):format(key)
  end
end

--- The check of a value that can be called.
function check.callable(value, key)
  return not check.is_callable(value) and ("%s must be a function"):format(key) or nil
end

--- The check of a string that is one of those.
function check.one_of(...)
  local allowed, list = {}, table.concat({ ... }, ", ")
  for i = 1, select("#", ...) do
    allowed[(select(i, ...))] = true
  end
  return function(value, key)
    if type(value) ~= "string" or not allowed[value] then
      return ("%s must be one of %s"):format(key, list)
    end
  end
end

--- The check of a string without control characters that is not empty.
function check.text(value, key)
  if type(value) ~= "string" or value == "" then
    return ("%s must be a string that is not empty"):format(key)
  elseif value:find "%c" then
    return ("%s contains a line break, a NUL or another control character"):format(key)
  end
end

local LABEL = 64 -- bytes

--- A caller's own name as it is shown in metrics and reports: a line of at most 64 bytes. It is redacted before it is cut: no scan finds half a card's number.
function check.short(name)
  return check.line(core.redact(name:sub(1, 4 * LABEL)):sub(1, LABEL))
end

--- The check of a caller's own short text that stands in events and spans.
function check.label(value, key)
  if type(value) ~= "string" or value == "" or #value > LABEL or value:find "[^\32-\126]" then
    return ("%s must be a text of 1 to %d printable characters of ASCII"):format(key, LABEL)
  end
  return core.has_pan(value) and ("%s has a card's number in it"):format(key) or nil
end

--- The check of a string or an open secret.
-- @param lines whether a string may have line breaks, as PEM does
function check.credential(value, key, lines)
  if is_secret(value) then
    local why = check.not_open(value)
    return why and ("%s is a secret that %s"):format(key, why)
  elseif type(value) ~= "string" or value == "" then
    return ("%s must be a string that is not empty, a secret, or a function that returns either, or { env = \"NAME\" } or { file = \"PATH\" }"):format(key)
  elseif value:find(lines and "%z" or "%c") then
    return ("%s contains a line break, a NUL or another control character"):format(key)
  end
end

--- The parts of a request that servers write into their logs.
check.SEEN = { path = true, query = true, header = true }

--- What is wrong with a value that would be a part of the URL or of a header, or nil.
function check.no_pan(value, key)
  return core.has_pan(value) and ("%s has a card's number in it, and would stand in the URL or a header of each request"):format(key) or nil
end

--- Headers that only the library or libcurl sets, in small letters.
check.reserved_headers = {
  ["host"] = true, ["content-length"] = true, ["content-type"] = true, ["transfer-encoding"] = true, ["connection"] = true, ["expect"] = true, ["te"] = true,
  ["upgrade"] = true, ["accept-encoding"] = true, ["keep-alive"] = true, ["trailer"] = true, ["proxy-authorization"] = true,
}

--- The check of a table of headers.
function check.headers(value, key)
  if type(value) ~= "table" then
    return ("%s must be a table of names and values"):format(key)
  end
  for name, content in each(value) do
    if type(name) ~= "string" or not name:find "^[%w!#$%%&'*+.^_`|~-]+$" then
      return ("%s has a name that is no header name"):format(key)
    elseif check.reserved_headers[name:lower()] or name:lower() == "authorization" then
      return ("%s.%s is set by the library"):format(key, name)
    elseif not is_secret(content) and type(content) ~= "string" then
      return ("%s.%s must be a string or a secret"):format(key, name)
    end
    local wrong = check.no_pan(content, ("%s.%s"):format(key, name))
    if wrong then
      return wrong
    end
  end
end

--- Raises "<name>: <wrong>" at the line that called the function which calls this one, where something is wrong.
-- @param name of the public function, "cards.retry"
-- @param wrong what is wrong with its arguments; nil or false where nothing is
function check.argument(name, wrong)
  if wrong then
    error(("%s: %s"):format(name, wrong), 3)
  end
end

--- Checks every key of a table.
-- @param known the checks by key
-- @param prefix of the keys in the message, "tls."
-- @param says a function of an unknown key: what the message says behind it, or nil for what check.unknown says
function check.table(value, known, prefix, says)
  prefix = prefix or ""
  if type(value) ~= "table" then
    return ("%s must be a table"):format(prefix:gsub("%.$", ""))
  elseif value == loaded.cards then
    return check.COLON
  end
  for key, content in each(value) do
    local test = known[key]
    if not test then
      local said = says and says(key)
      return (prefix:gsub("%.$", ": ")) .. (said and ("unknown key '%s'%s"):format(check.shown(key), said) or check.unknown(key, known))
    end
    local wrong = test(content, prefix .. key)
    if wrong then
      return wrong
    end
  end
end

--- Checks the options of a public function.
-- @param known the checks by key
function check.options(value, known)
  return type(value) ~= "table" and "the options must be a table" or check.table(value, known)
end

return check
