--- The fuzzer's bytes as mappings, policies and scripts: right but for what the input changes in them. Each takes a reader.

local answer = require "fuzz.mapping_answer"
local cards = require "cards"
local paths = require "cards.define.paths"
local mappings = require "support.mappings"
local names = require "cards.mask.names"

local slip = answer.slip
local unpack = table.unpack or unpack -- luacheck: ignore

local made = {}

made.built_in = {}
for _, name in ipairs { "alix.private_info", "whop.retrieve", "payengine.retrieve_token" } do
  made.built_in[name] = mappings[name]
end

-- Mappings ---------------------------------------------------------------------------------

local FIELDS = { "number", "cvv", "exp_month", "exp_year", "holder_name", "billing", "token", "last4", "bin", "brand", "type", "status", "email", "phone",
  "created_at", "canceled_at", "id", "provider", "billing", "billing", "billing" }
local BILLING = { "line1", "line2", "city", "region", "postal_code", "country" }
local WRONG = { "secrets", "billing", "expMont", "a.b", "a..b", "", ".", "month", "items.x", "items[", "items.0.x", "'x.y'", "\"]\n%s\\", ("a"):rep(300, ".") }
local PATHS = {
  ["alix.private_info"] = { "cardNo", "cvv", "expMonth", "expYear" },
  ["whop.retrieve"] = { "secrets.card_number", "secrets.cvc", "secrets.name_on_card", "id", "name", "type", "status", "last4", "expiration_month",
    "expiration_year", "limit.amount", "limit.frequency", "spent_last_month", "billing.line1", "billing.line2", "billing.city", "billing.region",
    "billing.postal_code", "billing.country_code", "created_at", "canceled_at" },
  ["payengine.retrieve_token"] = { "id", "token", "brand", "type", "last_4", "exp_month", "exp_year", "name", "email", "phone_number.cc",
    "phone_number.subscriber", "address_line1", "address_city", "address_zip", "address_country", "created_at" },
  ["acme.show"] = { "name", "a.b", "a.b2", "cvv", "expMonth", "items[].x", "items[0].x", "items[1].n", "items[].n", "['x.y'][]", "['x.y'][2]", "['c']['d']" },
}
local TRANSFORMS = { "digits", "integer", "year", "month", "month_year", "date", "upper", "trim", "country", "phone", "map", "default",
  "base64", "hex", "slice" }
local WORDS = { { active = "open" }, { ACTIVE = 1, ["27"] = "2027", [12] = 3, [true] = "yes" }, { [answer.NUMBER] = "4", [answer.CVV] = "5" }, { x = "" },
  { x = answer.NUMBER }, { [0.5] = "x" }, { x = false } }
local DEFAULTS = { "unknown", "", 12, 2027, 13, "US", answer.NUMBER, 0 / 0, 1 / 0, "1111", "12/25" }

local function find(record, path)
  local steps = paths.parse(path)
  return steps and paths.follow(record, steps)
end

local function path_of(read, name)
  return read:choice(slip(read, 4) and WRONG or PATHS[name])
end

--- Functions of a record.
local function call(read, name)
  local kind, path = read:choice { "path", "reveal", "table", "close", "change", "value", "raise", "raise_it", "yield" }, path_of(read, name)
  kind = (kind:find "raise" or kind == "yield") and not slip(read, 1) and "path" or kind
  if kind == "value" then
    local other = read:value()
    return type(other) == "function" and other or function() return other end
  end
  return function(record)
    local found = find(record, path)
    if kind == "reveal" or kind == "raise" then
      local secret = type(found) == "userdata"
      answer.told = answer.told or secret and kind == "reveal" and found.class == "cvv"
      found = secret and found:reveal() or found
      return kind == "reveal" and found or error(found)
    elseif kind == "table" then
      return { found, found }
    elseif kind == "raise_it" then
      error({ found }, 0)
    elseif kind == "yield" then
      return coroutine.yield(found)
    elseif kind == "close" and type(found) == "userdata" then
      found:close()
    elseif kind == "change" then
      record.secrets, record.billing, record.id = found, found, {}
    end
    return found
  end
end

local SLICES = { { 1, 6 }, { -4 }, { 7, 12 }, { 0, 1e6 }, { -100, -2 }, { 3, 2 }, { 2 } }
local SPELLINGS = { "YYMM", "MM/YY", "YYYY-MM", "MMYYYY", "MM", "", "YMMY" }
local BETWEEN = { "", " ", "-", "\0", ("x"):rep(40), 5 }

--- What the transforms that are called are called with: two arguments at most.
local CALLED = {
  map = function(read) return read:choice(WORDS) end,
  default = function(read) return read:choice(DEFAULTS) end,
  slice = function(read) return unpack(read:choice(SLICES), 1, 2) end,
  month_year = function(read) return read:choice(SPELLINGS) end,
  join = function(read, name)
    local parts = {}
    for i = 1, (read:byte() - 48) % 4 + (slip(read, 1) and 16 or 0) do
      parts[i] = path_of(read, name)
    end
    return parts, read:choice(BETWEEN)
  end,
}

--- What a transform of that name gives for its arguments; it itself where it does not take any, or should.
local function called(read, transform, name)
  local first, second = CALLED[transform](read, name)
  if slip(read, 8) then
    first = read:value()
  end
  local ok, value = pcall(cards.map[transform], first, second)
  answer.must_hide(not ok and value, transform)
  return ok and value or slip(read, 1) and cards.map[transform] or cards.map.upper
end

local function transform(read, field)
  local name = read:choice(TRANSFORMS)
  if name == "month_year" and field:sub(1, 4) ~= "exp_" and not slip(read, 2) then
    name = "trim"
  end
  if CALLED[name] and (name ~= "month_year" or read:byte() % 2 == 1) then
    return called(read, name)
  end
  return cards.map[name]
end

local function list(read, name, field)
  local items = {}
  for _ = slip(read, 4) and 1 or 0, (read:byte() - 48) % 3 do
    table.insert(items, read:byte() % 8 == 7 and called(read, "join", name) or path_of(read, name))
  end
  for _ = 1, (read:byte() - 48) % 5 do
    table.insert(items, transform(read, field))
  end
  if slip(read, 8) then
    items[read:choice { 1, 2, 3, 9, "x" }] = read:value()
  end
  return items
end

local function expression(read, name, field)
  local kind = (read:byte() - 48) % 8
  if slip(read, 4) then
    return read:choice { read:value(), (read:text():gsub("/", ".")), transform(read, field) }
  elseif kind == 0 then
    return path_of(read, name)
  elseif kind == 1 then
    return call(read, name)
  elseif kind == 2 then
    return { cards.map.default(read:choice { "x", 12, 2027, "1111", "111111", "2025-12-31" }) }
  end
  return list(read, name, field)
end

local UNNAMED = setmetatable({}, { __tostring = function() error("no name", 0) end })

--- One of the keys, or anything that may be one.
local function key_of(read, keys)
  local key = slip(read, 16) and read:choice { read:value(), UNNAMED } or read:choice(keys)
  return (key == nil or key ~= key) and "number" or key
end

local function copy(of)
  local new = {}
  for key, value in next, of do
    new[key] = key == "billing" and copy(value) or value
  end
  return new
end

--- A mapping for the operation: the built-in one or none, with changes.
function made.mapping(read, name)
  local mapping = copy(read:byte() % 2 == 0 and made.built_in[name] or {})
  for _ = 1, (read:byte() - 48) % 24 do
    local field = key_of(read, FIELDS)
    if field == "billing" and not slip(read, 4) then
      local at = mapping.billing
      mapping.billing = type(at) == "table" and getmetatable(at) == nil and at or {}
      field = slip(read, 4) and read:choice(FIELDS) or key_of(read, BILLING)
      mapping.billing[field] = expression(read, name, "billing")
    else
      mapping[field] = expression(read, name, type(field) == "string" and field or "")
    end
  end
  return mapping
end

-- Policies ---------------------------------------------------------------------------------

local NAMED = { "cardNo", "expYear", "secrets", "card_number", "cvc", "name_on_card", "nick", "limit", "amount", "phone_number", "subscriber",
  "cvv2", "cardNumber" }
local RULES = { "keep", "drop", "hide", "initials", "email", "phone", "year_only", "pan", "last", "truncate", "hash", "fn" }

local ARGUMENTS = {
  pan = function(read) return { first = read:choice { 6, 8, 0, 9, -1 }, last = read:choice { 4, 0, 5 } } end,
  last = function(read) return read:choice { 4, 0, 1, 12, 100, 1e300, -1, 0.5 } end,
  hash = function(read) return read:choice { "0123456789abcdef", "short" } end,
  fn = function(read)
    return read:choice {
      function(value) return value end, function(value) return type(value) == "userdata" and value:reveal() or value end,
      function(value) return { type(value) == "userdata" and value:reveal():sub(5) or value } end, function(value) return { a = { value } } end,
      function(value) error(value) end, function(value) return coroutine.yield(value) end,
      function(value) return type(value) == "userdata" and { value:first(8), value:last(4) } end, read:value(),
    }
  end,
}
ARGUMENTS.truncate = ARGUMENTS.last

local function rule(read, name)
  name = name or read:choice(RULES)
  if not ARGUMENTS[name] then
    return cards.mask[name]
  end
  local argument = slip(read, 8) and read:value() or ARGUMENTS[name](read)
  local ok, value = pcall(cards.mask[name], argument)
  answer.must_hide(not ok and value, name)
  return ok and value or slip(read, 1) and cards.mask[name] or cards.mask.hide
end

--- A table from fields to rules.
function made.rules(read, depth)
  depth = depth or 0
  local rules = {}
  for _ = 1, (read:byte() - 48) % 24 do
    local field = key_of(read, read:choice { FIELDS, FIELDS, BILLING, NAMED })
    local holds = type(field) == "string" and names.holds(field)
    if holds and not slip(read, 4) then
      rules[field] = rule(read, read:choice(holds == "number" and { "fn", "hide", "pan", "hash", "fn" } or { "hide", "drop" }))
    elseif slip(read, 16) then
      rules[field] = read:value()
    elseif depth < 3 and read:byte() % 4 == 3 then
      rules[field] = made.rules(read, depth + 1)
    else
      rules[field] = rule(read)
    end
  end
  return rules
end

-- Scripts ----------------------------------------------------------------------------------

local TOKENS = { "return", "{", "}", "=", ",", "(", ")", "[", "]", "[\"alix.private_info\"]", "number", "billing", "exp_month", "\"cardNo\"", "\"expMonth\"",
  "month", "digits", "map", "default", "\"x\"", "function(r)", "end", "local t", "t", "keep", "pan", "hide", "last", "4", "first", "hash", "cvv", "--", "\n",
  "join", "slice", "hex", "base64", "month_year",
  "[[", "]]", "'", "\\z\n", "\\", "..", "for i = 1, 3 do", "r:reveal()", "error", "io", "phone", "fn", "[=[", "]=]", "if t then", "~=", ";",
  "upper", "\"a.b\"", "holder_name", "{ \"cardNo\", digits }", "operations", "repeat", "until t", "goto x", "0x", "1e5", "\239\187\191", "#", "--[[", "a.b" }

--- The text of a script: as the bytes are, or put together from words.
function made.script(read)
  if read:byte() % 4 == 3 then
    return read.bytes:sub(read.at)
  end
  local words = {}
  while read:more() and #words < 500 do
    local byte = read:byte()
    table.insert(words, byte == 122 and read:choice(TOKENS):rep(300, " ") or TOKENS[(byte - 48) % #TOKENS + 1])
  end
  return table.concat(words, " ")
end

return made
