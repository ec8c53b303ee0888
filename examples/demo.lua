--- Five providers, one call each, everything secret masked, then a refusal. `make demo` runs it against the sandbox.

local cards = require "cards"
local sandbox = require "support.sandbox" -- ready configurations for the stand-in of the providers

local calls = {
  { "alix", "private_info", "c_1" },
  { "netxd", "get_cvv", { card_id = "025951734ff74c13a14137e02834fa00", reference = "visadps100013" } },
  { "whop", "retrieve", { card_id = "icrd_1", account_id = "biz_1" } },
  { "payengine", "retrieve_token", "1d15778a-64fb-459b-8c19-e8b5da0a9af9" },
  { "nayax", "get_token", { token_id = "NAYAXTOK12345", machine_id = "0434334921100366" } },
}

local row = "%-10s %-15s %-17s %-8s %-5s %-8s %9s  %s"
print(row:format("provider", "operation", "number", "expiry", "cvv", "status", "time", "connection"))
print(("-"):rep(92))

local facts -- of the last call: a client tells about every call, never with a secret in it
local function on_event(event) facts = event end

for _, call in ipairs(calls) do
  local provider, operation, parameters = call[1], call[2], call[3]
  local client = cards[provider].new(sandbox.config(provider, { on_event = on_event }))
  local record, err = client[operation](client, parameters)
  if not record then
    error(err)
  end
  local card = cards.mask(cards.card(record)) -- from here on plain text that may be logged
  print(row:format(provider, operation, card.number or (card.last4 and "ends in " .. card.last4) or "-",
    card.exp_month and ("%02d/%d"):format(card.exp_month, card.exp_year) or "-", card.cvv or "-", card.status or "-",
    ("%.1f ms"):format(facts.seconds * 1000), facts.reused and "reused" or "new"))
end

-- A call that fails returns nil and one error: a table with a kind, that prints as one line.
local alix = cards.alix.new(sandbox.config "alix")
local _, err = alix:private_info "sandbox-declined"
print("\na call that is refused: " .. tostring(err))
