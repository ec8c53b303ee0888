--- Card numbers that depend on the id that is asked for: valid by Luhn, of ranges that are documented for tests, and always the same for the same id.

local numbers = {
  --- Whether they are used. Else each provider answers with the number of its page: what most specs expect.
  by_id = false,
}

-- The first digits, the length and the brand, of the numbers that payment services publish for tests.
local RANGES = {
  { "411111", 16, "visa" }, { "400000", 16, "visa" }, { "555555", 16, "mastercard" }, { "222300", 16, "mastercard" }, { "378282", 15, "amex" },
  { "601111", 16, "discover" },
}

-- Ids of the documentation, and misbehaviours, keep the number of the provider's page.
local KEPT = {
  c_1 = true, icrd_1 = true, ["1d15778a-64fb-459b-8c19-e8b5da0a9af9"] = true, NAYAXTOK12345 = true, card_1 = true, ic_1 = true,
}

local function is_kept(id)
  return KEPT[id] or id:find "^sandbox%-" ~= nil
end

--- A digit of the hash of an id, by its place.
local function digit(hash, place)
  return hash:byte((place - 1) % #hash + 1) % 10
end

--- The digit that makes a number valid by Luhn.
local function check_digit(text)
  local sum = 0
  for i = 1, #text do
    local value = tonumber(text:sub(-i, -i)) * (i % 2 == 1 and 2 or 1)
    sum = sum + (value > 9 and value - 9 or value)
  end
  return (10 - sum % 10) % 10
end

--- The number of an id.
-- @param hash of the id: 20 bytes
-- @return its digits, the brand, and a CVV, which has four digits where the brand has
function numbers.of(hash)
  local range = RANGES[hash:byte(20) % #RANGES + 1]
  local text = range[1]
  for place = 1, range[2] - #text - 1 do text = text .. digit(hash, place) end
  local cvv = ""
  for place = 1, range[3] == "amex" and 4 or 3 do cvv = cvv .. digit(hash, 14 + place) end
  return text .. check_digit(text), range[3], cvv
end

--- Adds the number of an id to the values that are planted for it, where none is.
-- @param planted a table { pan, cvv, brand }
-- @param provider whose answers have a number, or only a CVV
function numbers.plant(planted, id, provider)
  if not numbers.by_id or not id or planted.pan or is_kept(id) then return end
  local pan, brand, cvv = numbers.of(ngx.sha1_bin(id))
  planted.pan, planted.brand = pan, brand
  planted.cvv = planted.cvv or (provider.pan and cvv or cvv:sub(1, 3))
end

return numbers
