--- A card that two providers know: the second one is asked only where the first cannot answer now. Start the sandbox (make sandbox) and run:
--     ALIX_URL=https://localhost:18441/alix WHOP_URL=https://localhost:18441/whop CA_FILE=build/sandbox/ca.pem \
--     ALIX_ACCESS_TOKEN=alix_token_sandbox WHOP_TOKEN=whop_token_sandbox lua examples/fallback.lua [ID AT ALIX] [ID AT WHOP]
-- The sandbox has Alix down for the id sandbox-unavailable, and refuse for sandbox-declined.

local cards = require "cards"

local function secret(name)
  local made, failure = cards.secret.from_env(name)
  if not made then
    error(failure)
  end
  return made
end

local tls = { ca_file = os.getenv "CA_FILE" } -- only for the sandbox, which has a CA of its own
local alix = cards.alix.new { base_url = assert(os.getenv "ALIX_URL", "set ALIX_URL"), access_token = secret "ALIX_ACCESS_TOKEN", retries = 0, tls = tls }
local whop = cards.whop.new { base_url = os.getenv "WHOP_URL", token = secret "WHOP_TOKEN", retries = 0, tls = tls }

local at_alix, at_whop = arg[1] or "sandbox-unavailable", arg[2] or "icrd_1"

-- An error that will not pass (err.retryable is false), such as a refusal, ends it: another provider would not help.
local record, err = cards.fallback {
  function() return alix:private_info(at_alix) end,
  function() return whop:retrieve(at_whop) end,
}
if not record then
  print("neither: " .. tostring(err))
  os.exit(1)
end

local card = cards.mask(cards.card(record))
print(("%s has it: %s, valid until %d/%d"):format(card.provider, card.number, card.exp_month, card.exp_year))
