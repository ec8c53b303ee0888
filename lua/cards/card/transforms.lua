--- The transforms of a mapping: what may stand behind the paths of an expression, { "expMonth", month }.
--
-- A transform is an opaque value; what it is is kept here: { name } with `transform`, the name of what C does (src/text/transform/transform.h), by field in
-- `fields` where that depends on it, or with what it was called with. It makes of a secret a new secret of its class, and nothing of what makes no
-- sense to it.

local check = require "cards.util.check"

local transforms = {}

local MOST_PARTS = 16 -- of a join
local MOST_TEXT = 32 -- bytes of a spelling, and of what stands between the parts of a join
local MOST_PLACE = 1048576 -- of a character: secrets are no longer

local definitions = setmetatable({}, { __mode = "k" }) -- by transform

local protected = {
  __metatable = "cards.map.transform",
  __newindex = function() error("a transform cannot be changed", 2) end,
  __tostring = function(transform) return "cards.map." .. definitions[transform].name end,
}

local function transform(definition, metatable)
  local made = setmetatable({}, metatable or protected)
  definitions[made] = definition
  return made
end

local function is_whole(value)
  return type(value) == "number" and value % 1 == 0 and math.abs(value) <= MOST_PLACE
end

--- What a transform does, or nil where the value is none.
function transforms.definition(value)
  return type(value) == "table" and definitions[value] or nil
end

local function in_core(name, takes_tables)
  return transform { name = name, transform = name, takes_tables = takes_tables }
end

local values = {}

--- The digits among other characters, "4111-1111…" without its dashes.
values.digits = in_core "digits"

--- "42" of 42, "42", "+042" and "42.0".
values.integer = in_core "integer"

--- 2027 of 27, "27", 2027 and "2027". Two digits are always of this century: 99 is 2099, as issuers write it where a card
-- does not expire.
values.year = in_core "year"

--- 1 to 12; 13 is none.
values.month = in_core "month"

--- Whether a text is MM and YY or YYYY, with no letters and digits around.
local function is_spelling(text)
  local shape = text:gsub("M+", { MM = "m" }):gsub("Y+", { YY = "y", YYYY = "y" })
  return #text <= MOST_TEXT and text:find "^[MY%p ]+$" and not text:find "^ " and not text:find " $"
    and (shape:find "^[%p ]*m[%p ]*y[%p ]*$" or shape:find "^[%p ]*y[%p ]*m[%p ]*$")
end

local spelled = {
  __call = function(_, spelling)
    if type(spelling) ~= "string" or not is_spelling(spelling) then
      error("month_year takes how the two are spelled, with MM and YY or YYYY: month_year \"YYMM\"", 2)
    end
    return transform { name = "month_year", spelling = spelling }
  end,
}
for name, method in pairs(protected) do
  spelled[name] = method
end

--- A month and a year in one, where it can be read in one way: "12/2025", "12/25", "12-2025", "2025-12", "1225" (MMYY, as on the card), "122025",
-- "202512" and ISO dates. exp_month gets the one, exp_year the other. month_year "YYMM", "MM-YY", "YYYY/MM", …: spelled like that and in no other way; of a
-- number with the zeros that it lost in front.
-- An error at the caller's line where that is no spelling.
values.month_year = transform({ name = "month_year", fields = { exp_month = "month_of", exp_year = "year_of" } }, spelled)

--- ISO 8601 as it is; "20251231" and Unix seconds or milliseconds (nine digits or more) become that.
values.date = in_core "date"

--- a to z as capitals.
values.upper = in_core "upper"

--- Without white space at both ends.
values.trim = in_core "trim"

--- The ISO 3166-1 alpha-2 code of a country's name or of any of its codes: "US" of "us", "USA", "840" and "United States".
values.country = in_core "country"

--- "+14155056227" of "+1 (415) 505-6227"; without a country code, the digits. Also of a table of two parts, a country code and
-- a number in it: { cc = "1", subscriber = "4155056227" }.
values.phone = in_core("phone", true)

--- The text that is written in base64 (either alphabet of RFC 4648, with padding or without) or as pairs of hexadecimal digits.
values.base64 = in_core "base64"
values.hex = in_core "hex"

--- slice(first, last): the characters from the first to the last, counted as string.sub does: from 1 on, from the end where negative, and up to the end without
-- a last.
-- An error at the caller's line where they are no whole numbers.
function values.slice(first, last)
  last = last == nil and -1 or last
  if not is_whole(first) or not is_whole(last) then
    error("slice takes the places of two characters: slice(1, 6), slice(-4)", 2)
  end
  return transform { name = "slice", first = first, last = last }
end

--- A copy of a list of paths, or nil where it is none.
local function copy_paths(paths)
  local copy = {}
  for _ in next, type(paths) == "table" and paths or {} do
    local path = rawget(paths, #copy + 1)
    if type(path) ~= "string" or #copy == MOST_PARTS then
      return nil
    end
    copy[#copy + 1] = path
  end
  return copy[1] and copy
end

--- join({ "prefix", "id" }, between): what these paths have, put together, with a text between each two. What is absent is left out. It stands in the place of
-- a path. With a secret among them it is a secret, of the class that shows least.
-- An error at the caller's line where it is no list of paths.
function values.join(paths, between)
  local parts = copy_paths(paths)
  if not parts then
    error(("join takes a list of at most %d paths: join { \"prefix\", \"id\" }"):format(MOST_PARTS), 2)
  elseif between ~= nil and (type(between) ~= "string" or #between > MOST_TEXT) then
    error(("join takes a text of at most %d bytes to stand between: join({ \"prefix\", \"id\" }, \"-\")"):format(MOST_TEXT), 2)
  end
  return transform { name = "join", parts = parts, between = between or "" }
end

--- A key or value of `map` as text.
local function as_text(value)
  return check.digits(value) or (type(value) == "string" or type(value) == "boolean") and tostring(value) or nil
end

--- map { active = "open", [0] = "open" }: other words for the provider's. A value that has none is nothing. Of a secret it is always a secret of the class
-- that shows nothing, "unknown" where there is no word, so that nobody can tell by it what the value is.
-- An error at the caller's line where the argument is no table from words (strings, whole numbers, booleans) to strings or numbers.
function values.map(words)
  if type(words) ~= "table" or definitions[words] or next(words) == nil then
    error("map takes a table of words: map { active = \"open\" }", 2)
  end
  local copy = {}
  for from, to in pairs(words) do
    if as_text(from) == nil or type(to) == "boolean" or as_text(to) == nil then
      error("map takes a table from words to words: map { active = \"open\" }", 2)
    end
    copy[as_text(from)] = to
  end
  return transform { name = "map", words = copy }
end

--- default(x): x where nothing was found, or where the transforms in front of it made nothing of it.
-- An error at the caller's line where x is no string or number.
function values.default(x)
  if type(x) ~= "string" and type(x) ~= "number" then
    error("default takes a string or a number", 2)
  end
  return transform { name = "default", default = x }
end

--- How those that are functions are called.
transforms.calls = { map = "map { active = \"open\" }", default = "default \"open\"", slice = "slice(1, 6)", join = "join { \"prefix\", \"id\" }" }

--- By name: what mapping files have as globals, and cards.map as fields.
transforms.values = values

return transforms
