--- The fuzzer's bytes as answers of providers, which are right but for what the input changes in them, and what of them must not come out.

local cards = require "cards"

local answer = {}

answer.MARK = "Zq7Xk9" -- in every secret that a script has at hand, and in nothing else
answer.CVV = "w7QzK4"
answer.CVV_RUNS = { "w7q", "7qz", "qzk", "zk4" } -- in small letters

--- A card number with a right check digit, in which no digits stand twice.
local function with_check_digit(digits)
  for check = 0, 9 do
    if cards.redact(digits .. check) ~= digits .. check then
      return digits .. check
    end
  end
end
answer.NUMBER = with_check_digit "548291730648152"

local HIDDEN = { answer.MARK }
for i = 2, #answer.NUMBER - 7 do -- from the first on they may be shown
  table.insert(HIDDEN, answer.NUMBER:sub(i, i + 7))
end
local NUMBERS = { answer.NUMBER, "5482-9173-0648-" .. answer.NUMBER:sub(-4), " 5482 9173 0648 " .. answer.NUMBER:sub(-4), "00" .. answer.NUMBER }

--- What is made for people and logs has nothing of a script's secrets, and no more of the number than may be shown.
function answer.must_hide(shown, where)
  local text = tostring(shown)
  for _, run in ipairs(HIDDEN) do
    if text:find(run, 1, true) then
      error(("%s shows a secret: %q"):format(where, text), 0)
    end
  end
end

local function quoted(text)
  return '"' .. text:gsub('[%c"\\]', function(c) return ("\\u%04x"):format(c:byte()) end) .. '"'
end

--- Answers as tables, with JSON at their leaves.
local ANSWERS = {
  ["alix.private_info"] = function()
    return { success = "true", data = { cardNo = quoted(answer.NUMBER), expMonth = "12", expYear = "27", cvv = quoted(answer.CVV) } }
  end,
  ["whop.retrieve"] = function()
    return {
      object = '"card"', id = '"icrd_1"', name = '"Travel"', type = '"virtual"', status = '"active"', last4 = '"1111"', expiration_month = '"12"',
      expiration_year = '"2027"', user_id = '"user_1"', spent_last_month = "12", limit = { amount = "10.5", frequency = '"monthly"' },
      billing = { line1 = '"1 Main St"', line2 = "null", city = '"Oslo"', region = '"NY"', postal_code = '"01234"', country_code = '"US"' },
      created_at = '"2025-12-31T00:00:00Z"', canceled_at = "null",
      secrets = { card_number = quoted(answer.NUMBER), cvc = quoted(answer.CVV), name_on_card = '"John Doe"' },
    }
  end,
  ["payengine.retrieve_token"] = function()
    return {
      id = '"1"', token = '"tok_0123456789abcdef"', brand = '"visa"', type = '"credit"', last_4 = '"1111"', exp_month = '"3"', exp_year = '"27"',
      name = '"John Doe"', email = '"john.doe@example.com"', phone_number = { cc = '"1"', subscriber = '"4155056227"' }, address_line1 = '"1 Main St"',
      address_city = '"Oslo"', address_state = '"NY"', address_zip = '"01234"', address_country = '"United States"', created_at = '"2025-12-31T00:00:00Z"',
    }
  end,
  ["acme.show"] = function() -- of a provider that is defined
    return { name = '"John Doe"', ["a"] = { b = '"x"', b2 = quoted(answer.NUMBER) }, cvv = quoted(answer.CVV), expMonth = "1" }
  end,
}
answer.NAMES = { "alix.private_info", "whop.retrieve", "payengine.retrieve_token", "acme.show" }

local ODD = { "null", "true", "false", "0", "13", "99", "27", "2027", "-1", "0.5", "1e3", "1000000000000", '"99"', '"13"', '"00"', '"01"', '"0999"',
  '"12/2025"', '"13/25"', '"1299"', '"2025-12"', '"20251231"', '"1700000000"', "1700000000", "1700000000000", '""', '" x "', '"ACTIVE"', '"weird"', '"usa"',
  '"United States"', '"840"', '"+1 (415) 505-6227"', '"\\u00e9\\n\\u007f"', '"\195\137douard \208\152"', quoted(answer.CVV), '"x' .. answer.CVV .. 'x"',
  quoted("a " .. answer.NUMBER .. " b"), quoted(answer.NUMBER .. "@host.example"), '"' .. ("9"):rep(4000) .. '"', '"' .. ("\195\169"):rep(2000) .. '"',
  ("9"):rep(12), answer.NUMBER, "{}", "[]", "9007199254740993", '"\\u0000"', '"x\\ud800"', "0.10" }
local REFUSED = { "1e400", '"\255"', '["x"]', '[{"a":1}]', '{"cc":1}', '{"cc":"1","subscriber":2}', "" }
local NEW = { "nick", "number", "cvv", "expYear", "secrets", "0", "", "1", answer.NUMBER, "x.y" }

--- Whether there is to be a mistake here: one time of so many, in inputs that have any.
local function slip(read, times)
  return read.slips and read:byte() % times == times - 1
end
answer.slip = slip

local function sorted(of)
  local keys = {}
  for key in next, of do
    table.insert(keys, key)
  end
  table.sort(keys)
  return keys
end

local function json(read)
  local kind = (read:byte() - 48) % 8
  if kind == 0 then
    return quoted(read:choice(NUMBERS))
  elseif kind == 1 then
    return quoted((read:text():gsub("[\128-\255]", "\195\169")))
  elseif slip(read, 4) then
    return read:choice { read:choice(REFUSED), read:text() }
  end
  local odd = read:choice(ODD)
  answer.told = answer.told or odd:find(answer.CVV, 1, true) ~= nil
  return odd
end

local function change(read, at)
  local keys = sorted(at)
  if type(at.data) == "table" and not slip(read, 4) then
    return change(read, at.data)
  end
  local pick = (read:byte() - 48) % 32
  local key = pick == 31 and read:choice(NEW) or keys[pick % #keys + 1]
  if type(at[key]) == "table" and read:byte() % 4 ~= 3 then
    return change(read, at[key])
  end
  at[key] = json(read)
end

local function encode(value)
  if type(value) ~= "table" then
    return value
  end
  local members = {}
  for i, key in ipairs(sorted(value)) do
    members[i] = quoted(key) .. ":" .. encode(value[key])
  end
  return "{" .. table.concat(members, ",") .. "}"
end

--- The body of an operation's answer.
function answer.body(read, name)
  local whole = ANSWERS[name]()
  for _ = 1, (read:byte() - 48) % 8 do
    change(read, whole)
  end
  return encode(whole):sub(1, 2 ^ 20) -- a longer one is the caller's mistake
end

return answer
