--- A policy for each role. Start the sandbox (make sandbox) and run, with the addresses that it prints:
--     ALIX_URL=https://localhost:18441/alix CA_FILE=build/sandbox/ca.pem ALIX_ACCESS_TOKEN=alix_token_sandbox lua examples/own_policy.lua

local cards = require "cards"
local mask = cards.mask

--- What everybody may see. A field without a rule is masked, so this shows the last four digits and nothing else.
local nobody = mask.policy { number = mask.pan { last = 4 } }

--- The others begin with it and add what they need. A rule that would show too much is an error here, not in production.
local agent = nobody:extend { status = mask.keep, exp_year = mask.keep, holder_name = mask.initials }
local fraud = agent:extend { number = mask.pan { first = 6, last = 4 }, bin = mask.keep, exp_month = mask.keep }

local policies = { agent = agent, fraud = fraud }

--- Whoever asks; an unknown role sees as little as nobody.
local function show(card, role)
  return (policies[role] or nobody)(card)
end

local token, failure = cards.secret.from_env "ALIX_ACCESS_TOKEN"
if not token then
  error(failure)
end
local alix = cards.alix.new {
  base_url = assert(os.getenv "ALIX_URL", "set ALIX_URL"),
  access_token = token,
  tls = { ca_file = os.getenv "CA_FILE" }, -- only for the sandbox, which has a CA of its own
}
local info, err = alix:private_info "c_1"
if not info then
  error(err)
end
local card = assert(cards.card(info))

for _, role in ipairs { "agent", "fraud", "stranger" } do
  local shown = show(card, role)
  print(("%-9s number=%s expiry=%s/%s cvv=%s"):format(role, shown.number, shown.exp_month, shown.exp_year, shown.cvv))
end

print "\nWhat the policy of agents shows of a card:\n"
local rows = {}
for _, row in ipairs(mask.explain(agent)) do
  rows[#rows + 1] = row.provider == "cards" and row or nil
end
io.write(mask.explain.text(rows))
