--- A provider of one's own, as a Lua table in a file of its own: loaded, called, masked. Start the sandbox (make sandbox) and run:
--     LITHIC_URL=https://localhost:18441/lithic CA_FILE=build/sandbox/ca.pem LITHIC_API_KEY=lithic_api_key_sandbox lua examples/own_provider.lua

local cards = require "cards"

local lithic, failure = cards.load "examples/providers/lithic.lua" -- what cards.define makes of its table: a provider as all others
if not lithic then
  error(failure)
end

local key
key, failure = cards.secret.from_env "LITHIC_API_KEY" -- never a Lua string
if not key then
  error(failure)
end

local client = lithic.new {
  base_url = os.getenv "LITHIC_URL", -- the definition has the real one
  api_key = key,
  tls = { ca_file = os.getenv "CA_FILE" }, -- only for the sandbox, which has a CA of its own
}

local record, err = client:show "card_1"
if not record then
  error(err)
end
print(record.pan, record.cvv, record.memo) --> ************4142  ***  New Card

local safe = cards.mask(cards.card(record)) -- the neutral record, by the mapping in the definition; a plain table from here on
print(safe.provider, safe.number, safe.exp_month, safe.exp_year, safe.status)
