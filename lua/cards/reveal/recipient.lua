--- Whom a secret is sealed for: reads what a script gives as a recipient.

local check = require "cards.util.check"
local core = require "cards.core"
local label = require "cards.reveal.label"

local recipient = {}

local TTL = 60 -- seconds

local known = {
  key = function(value, key)
    return type(value) ~= "string" and type(value) ~= "table" and ("%s must be a JWK or a PEM: a string, or a JWK as a table"):format(key) or nil
  end,
  alg = check.one_of("ECDH-ES", "RSA-OAEP-256"),
  enc = check.one_of "A256GCM",
  ttl = check.number(1, 31536000, true),
  purpose = label,
  audience = label,
  nonce = label,
  role = label,
  request_id = label,
}

local KEYS = check.keys(known)

--- Reads a key.
-- @return { key, alg, kid }; or nil and a phrase that follows the key's name
local function read_key(given)
  local text, why = given, nil
  if type(given) == "table" then
    text, why = core.tree(given)
  end
  if not text then
    return nil, why
  end
  local key, alg, kid = core.recipient(text)
  local wrong = key and kid ~= nil and label(kid, "its kid")
  if wrong then
    return nil, ("cannot be named: %s"):format(wrong)
  end
  return key and { key = key, alg = alg, kid = kid }, alg
end

--- What is misused, so that it is an error of the program whatever is sealed.
function recipient.misuse(given)
  if type(given) == "string" or (type(given) == "table" and rawget(given, "kty") ~= nil) then
    return nil
  elseif type(given) ~= "table" then
    return "the recipient must be a public key or a table of settings with one"
  end
  for key in next, given do
    if not known[key] then
      return ("recipient: %s"):format(check.unknown(key, known))
    end
  end
  return rawget(given, "key") == nil and "recipient.key is required: the public key of the one who may open it" or nil
end

--- Reads a recipient that is not misused.
-- @param given a public key (the text of a JWK, PEM or certificate, or a JWK as a table), or settings with it:
--   { key, alg, enc, purpose, audience, nonce, ttl = 60, role, request_id }
-- @param now unix time, seconds
-- @return { key, alg, header = JSON of the members of the protected header, purpose, audience, role, request_id }; or nil and a message
function recipient.read(given, now)
  local settings, name = { key = given }, "the recipient"
  if type(given) == "table" and rawget(given, "kty") == nil then
    name = "recipient.key"
    for _, key in ipairs(KEYS) do -- a copy, which has just what is checked, and no metatable
      local value = rawget(given, key)
      local wrong = value ~= nil and known[key](value, "recipient." .. key)
      if wrong then
        return nil, wrong
      end
      settings[key] = value
    end
  end
  local made, why = read_key(settings.key)
  if not made then
    return nil, ("%s %s"):format(name, why)
  elseif settings.alg and settings.alg ~= made.alg then
    return nil, ("recipient.alg must be %s for this key"):format(made.alg)
  end
  local header, wrong = core.tree {
    kid = made.kid, purpose = settings.purpose, audience = settings.audience, nonce = settings.nonce, iat = now, exp = now + (settings.ttl or TTL),
  }
  if not header then
    return nil, ("the recipient %s"):format(wrong)
  end
  made.header, made.purpose, made.audience, made.role, made.request_id = header, settings.purpose, settings.audience, settings.role, settings.request_id
  return made
end

return recipient
