--- cards.seal and secret:seal: a JWE of secrets, which only the owner of a key opens. It is made in C: nothing of it becomes a Lua string on the way.

local core = require "cards.core"
local recipients = require "cards.reveal.recipient"

local seal = {}

local function fail(message)
  return nil, core.error {
    kind = "invalid_request", provider = "cards", operation = "seal", message = message, retryable = false, attempts = 0,
  }
end

--- Seals the bytes of a secret.
-- @param name of what is sealed, in a message
local function seal_for(recipient, secret, name)
  local text, why = core.seal_for(recipient.key, recipient.header, secret)
  if not text then
    return fail(("%s %s"):format(name, why))
  end
  return text
end

--- cards.seal(values, recipient): a JWE (RFC 7516, compact) of a table as a JSON object, with the secrets in it.
--
--     cards.seal({ number = card.number, cvv = card.cvv, exp_month = 1 }, { key = jwk, purpose = "show_card", audience = "https://shop.example" })
--
-- @param values a table of secrets, texts, numbers, booleans and tables
-- @param recipient the public key (a JWK or PEM as text, a JWK as a table), or { key, alg, enc, purpose, audience, nonce, ttl = 60, role, request_id };
--   alg is ECDH-ES for P-256 and X25519, RSA-OAEP-256 for RSA from 2048 bits on; enc is A256GCM; ttl is in seconds
-- @return a string, which shows nothing of the values; or nil and an error of kind invalid_request, or busy where there is no room for secrets.
-- Raises an error where an argument is none of those.
function seal.values(values, recipient)
  local misuse = type(values) ~= "table" and "a table of values is required" or recipients.misuse(recipient)
  if misuse then
    error("cards.seal: " .. misuse, 2)
  end
  local read, why = recipients.read(recipient, os.time())
  if not read then
    return fail(why)
  end
  local json, wrong = core.tree(values, false, true)
  if type(wrong) == "string" then
    return fail("the table " .. wrong)
  elseif not json then
    return nil, wrong
  end
  local text, err = seal_for(read, json, "the table")
  json:close()
  return text, err
end

return seal
