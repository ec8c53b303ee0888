--- A token that one provider returns goes into a call to another one, and never becomes a Lua string on its way. Start the sandbox (make sandbox) and run:
--     PAYENGINE_URL=https://localhost:18441/payengine NAYAX_URL=https://localhost:18441/nayax CA_FILE=build/sandbox/ca.pem \
--     PAYENGINE_SECRET=payengine_secret_sandbox NAYAX_TOKEN=nayax_token_sandbox lua examples/forward_secret.lua [ID]

local cards = require "cards"

local function secret(name)
  local made, failure = cards.secret.from_env(name)
  if not made then
    error(failure)
  end
  return made
end

local tls = { ca_file = os.getenv "CA_FILE" } -- only for the sandbox, which has a CA of its own
local payengine = cards.payengine.new { base_url = assert(os.getenv "PAYENGINE_URL", "set PAYENGINE_URL"), secret = secret "PAYENGINE_SECRET", tls = tls }
local nayax = cards.nayax.new { base_url = os.getenv "NAYAX_URL", token = secret "NAYAX_TOKEN", tls = tls }

local stored, err = payengine:retrieve_token(arg[1] or "1d15778a-64fb-459b-8c19-e8b5da0a9af9")
if not stored then
  error(err)
end

local token = stored.token -- a secret: it prints as ***, and a parameter may be one wherever it may be a string
local details
details, err = nayax:get_token { token_id = token }
token:close() -- wiped; nothing of it is left in this process
if not details then
  error(err)
end

print(("the token %s belongs to a card of %s that ends in %s"):format(tostring(token), details.tokenInfo.brand, details.tokenInfo.cardFinalDigits))
