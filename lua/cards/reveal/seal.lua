--- cards.seal and s:seal(): a JWE of secrets, which only the owner of a key opens. It is made in C: nothing of it becomes a Lua string on the way.

local acts = require "cards.reveal.acts"
local check = require "cards.util.check"
local core = require "cards.core"
local recipients = require "cards.reveal.recipient"

local function fail(message)
  return nil, core.error { kind = "invalid_request", provider = "cards", operation = "seal", message = message, retryable = false, attempts = 0 }
end

--- Gives what is sealed once that is accounted for, so that nothing is accounted for that could not be sealed.
-- @param text, err what came of sealing
-- @param read the recipient
-- @param secrets whose values are in it
local function give(text, err, read, secrets)
  local ok = text ~= nil
  if ok then
    ok, err = acts.account {
      act = "seal", secrets = secrets, role = read.role, purpose = read.purpose, audience = read.audience, request_id = read.request_id,
      thumbprint = acts.setting and core.thumbprint(read.key) or nil, -- which takes longer than the rest here
    }
  end
  if not ok then
    return nil, err
  end
  return text
end

--- Makes the two functions.
-- @param seal_for the function of C that seals a secret, which nobody else has
-- @return a table: `values` is cards.seal, `secret` the method of secrets
return function(seal_for)
  local seal = {}

  --- @param what is sealed, in a message
  local function seal_as(what, read, secret)
    local text, why = seal_for(read.key, read.header, secret)
    if not text then
      return fail(("%s %s"):format(what, why))
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
    check.argument("cards.seal", type(values) ~= "table" and "a table of values is required" or recipients.misuse(recipient))
    local read, why = recipients.read(recipient, os.time())
    if not read then
      return fail(why)
    end
    local secrets = {}
    local json, wrong = core.tree(values, false, true, secrets)
    if type(wrong) == "string" then
      return fail("the table " .. wrong)
    elseif not json then
      return nil, wrong
    end
    local text, err = seal_as("the table", read, json)
    json:close()
    return give(text, err, read, secrets)
  end

  --- s:seal(recipient): the same of the bytes of one secret.
  -- Raises an error where the secret is closed, too.
  function seal.secret(secret, recipient)
    local reason = check.is_secret(secret) and check.not_open(secret)
    if reason or not check.is_secret(secret) then
      error(reason and "the secret " .. reason or "bad argument #1 to 'seal' (secret expected)", 2)
    end
    check.argument("s:seal", recipients.misuse(recipient))
    local read, why = recipients.read(recipient, os.time())
    if not read then
      return fail(why)
    end
    local text, err = seal_as("the secret", read, secret)
    return give(text, err, read, { secret })
  end

  return seal
end
