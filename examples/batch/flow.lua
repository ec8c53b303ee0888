--- A flow: one row of ids.csv to one masked card. Start the sandbox (make sandbox), set CARDS_ALIX_BASE_URL, CARDS_ALIX_ACCESS_TOKEN and CARDS_CA_FILE,
-- and run:
--     cards run examples/batch/flow.lua --in examples/batch/ids.csv --out cards.ndjson --concurrency 64
-- The same command goes on with a run that was interrupted. What failed is in cards.ndjson.errors, by the number of its row, and with --retry-failed it is run
-- again. cards.ndjson.summary.json has the counts and times.

local cards = require "cards"

local token, failure = cards.secret.from_env "CARDS_ALIX_ACCESS_TOKEN"
if not token then
  error(failure)
end
local alix = cards.alix.new {
  base_url = assert(os.getenv "CARDS_ALIX_BASE_URL", "set CARDS_ALIX_BASE_URL"),
  access_token = token,
  tls = { ca_file = os.getenv "CARDS_CA_FILE" }, -- only for the sandbox, which has a CA of its own
}

local limited = cards.limit { rate = 600, per = 60, burst = 100 } -- what the provider allows

---@param row table<string,string> the columns of the file: card_id and customer
return function(row)
  local record, err = limited(alix.private_info, alix, row.card_id)
  if not record then
    return nil, err
  end
  local card = cards.mask(cards.card(record))
  return { customer = row.customer, number = card.number, expires = ("%d-%02d"):format(card.exp_year, card.exp_month) }
end
