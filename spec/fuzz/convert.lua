--- What a script sees of an answer: nothing raises, every secret has its mask, and a masked table is plain.

local cards = require "cards"

local function is_secret(value)
  return getmetatable(value) == "cards.secret"
end

local function fail(what, ...)
  error(what:format(...), 0)
end

--- The text has no 8 bytes in a row of the secret, and nothing at all of a CVV.
local function must_hide(secret, shown, where)
  local value = secret:reveal()
  if type(shown) ~= "string" then
    fail("%s: a secret became %s", where, type(shown))
  elseif secret.class == "cvv" and shown ~= "***" then
    fail("%s: a cvv became %q", where, shown)
  end
  for i = 1, math.min(#value, 1000) - 7 do
    local run = value:sub(i, i + 7)
    if not run:find("*", 1, true) and shown:find(run, 1, true) then
      fail("%s shows %q", where, run)
    end
  end
end

local function must_be_plain(value, where)
  if type(value) == "table" then
    if getmetatable(value) ~= nil then
      fail("%s has a metatable", where)
    end
    for key, inner in pairs(value) do
      if type(key) ~= "string" and type(key) ~= "number" then
        fail("%s has a key that is a %s", where, type(key))
      end
      must_be_plain(inner, where)
    end
  elseif type(value) ~= "string" and type(value) ~= "number" and type(value) ~= "boolean" then
    fail("%s has a %s in it", where, type(value))
  end
end

--- Follows a table and its mask.
local function must_mask(original, masked, where)
  for key, value in next, original do
    local name = type(key) == "string" and cards.redact(key) or key
    local shown = masked[name]
    if shown == nil then
      shown = masked[tostring(name)] -- places of a list with holes become names
    end
    if is_secret(value) then
      must_hide(value, shown, where)
    elseif type(value) == "table" and type(shown) == "table" then
      must_mask(value, shown, where)
    end
  end
end

--- What has a secret's type is open and prints as its mask.
local function must_be_closed_to_readers(value)
  if is_secret(value) then
    must_hide(value, tostring(value), "tostring")
    must_hide(value, "" .. value, "..")
  elseif type(value) == "table" then
    for _, inner in next, value do
      must_be_closed_to_readers(inner)
    end
  end
end

local function mask(original, where)
  local masked = cards.mask(original)
  must_be_plain(masked, where)
  must_mask(original, masked, where)
end

return function(answer)
  if getmetatable(answer) == "cards.error" then
    tostring(answer)
    return
  end
  must_be_closed_to_readers(answer)
  mask(answer, "the masked record")
  local card, err = cards.card(answer)
  if not card then
    fail("no card of a record: %s", tostring(err))
  end
  must_be_closed_to_readers(card)
  mask(card, "the masked card")
end
