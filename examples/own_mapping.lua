--- A mapping of one's own, in a file of its own, takes the place of the built-in one. Start the sandbox (make sandbox) and run:
--     WHOP_URL=https://localhost:18441/whop CA_FILE=build/sandbox/ca.pem WHOP_TOKEN=whop_token_sandbox lua examples/own_mapping.lua

local cards = require "cards"

local token, failure = cards.secret.from_env "WHOP_TOKEN"
if not token then
  error(failure)
end
local whop = cards.whop.new {
  base_url = os.getenv "WHOP_URL",
  token = token,
  tls = { ca_file = os.getenv "CA_FILE" }, -- only for the sandbox, which has a CA of its own
}
local record, err = whop:retrieve "icrd_1"
if not record then
  error(err)
end

local function show(card)
  print(("status=%s holder=%s number=%s country=%s"):format(card.status, card.holder_name, tostring(card.number), card.billing.country))
end

show(cards.card(record)) -- by the built-in mapping
assert(cards.load "examples/mappings/whop.lua")
show(cards.card(record)) -- by ours: the same record, nothing is fetched again
