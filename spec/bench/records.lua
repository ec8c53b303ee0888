--- Mapping and masking of one record: cards.card and cards.mask against functions written by hand that do the same without any check.
-- records.lua [ROUNDS]: microseconds and bytes of Lua's garbage per record, for a record of Alix (four fields) and one of Whop (twenty).

local cards = require "cards"
local rounds = require "bench.rounds"
local count = tonumber(arg[1] or 21)
local RECORDS = 20000 -- of each measurement of time
local GARBAGE_RECORDS = 200

local function record(name, fields)
  return setmetatable(fields, { __metatable = name })
end

local alix = record("alix.private_info", {
  cardNo = cards.secret("4111111111111111", "pan"), cvv = cards.secret("111", "cvv"), expMonth = "01", expYear = "27",
})

local whop = record("whop.retrieve", {
  object = "card", id = "icrd_xxxxxxxxxxxxx", name = "Travel", type = "virtual", status = "active", last4 = "4242",
  expiration_month = "12", expiration_year = "2027", user_id = "user_xxxxxxxxxxxxx", spent_last_month = 6,
  limit = { amount = 6.9, frequency = "daily" },
  billing = { line1 = "123 Street 1", line2 = "Unit 123", city = "Burbank", region = "CA", postal_code = "90245", country_code = "US" },
  created_at = "2023-11-07T05:31:56Z", canceled_at = "2023-11-07T05:31:56Z",
  secrets = { card_number = cards.secret("4242424242424242", "pan"), cvc = cards.secret("123", "cvv"), name_on_card = "John Doe" },
})

local hand = {}

function hand.map_alix(info)
  local number = info.cardNo
  return {
    provider = "alix", number = number, cvv = info.cvv, exp_month = tonumber(info.expMonth), exp_year = 2000 + tonumber(info.expYear),
    last4 = number:last(4), bin = number:first(6),
  }
end

function hand.map_whop(answer)
  local billing, secrets = answer.billing, answer.secrets
  local number = secrets.card_number
  return {
    provider = "whop", id = answer.id, number = number, cvv = secrets.cvc, last4 = answer.last4, bin = number:first(6), type = answer.type,
    status = answer.status, exp_month = tonumber(answer.expiration_month), exp_year = tonumber(answer.expiration_year),
    holder_name = secrets.name_on_card,
    billing = {
      line1 = billing.line1, line2 = billing.line2, city = billing.city, region = billing.region, postal_code = billing.postal_code,
      country = billing.country_code,
    },
    created_at = answer.created_at, canceled_at = answer.canceled_at,
  }
end

function hand.mask_alix(card)
  return {
    provider = card.provider, number = tostring(card.number), cvv = "***", exp_month = card.exp_month, exp_year = card.exp_year,
    last4 = card.last4, bin = card.bin,
  }
end

function hand.mask_whop(card)
  return {
    provider = card.provider, id = card.id, number = tostring(card.number), cvv = "***", last4 = card.last4, bin = card.bin, type = card.type,
    status = card.status, exp_month = card.exp_month, exp_year = card.exp_year,
    holder_name = card.holder_name:gsub("(%S)%S*", "%1."),
    billing = { line1 = "***", line2 = "***", city = "***", region = "***", postal_code = "***", country = card.billing.country },
    created_at = "***", canceled_at = "***",
  }
end

--- Everything of a table as one text.
local function flat(value)
  if type(value) ~= "table" then
    return tostring(value)
  end
  local fields = {}
  for key, content in pairs(value) do
    fields[#fields + 1] = key .. "=" .. flat(content)
  end
  table.sort(fields)
  return "{" .. table.concat(fields, ",") .. "}"
end

local function measure(peer)
  local run, of = peer.run, peer.record
  local started = os.clock()
  for _ = 1, RECORDS do
    peer.kept = run(of) -- or LuaJIT would leave out what is made
  end
  local seconds = os.clock() - started
  collectgarbage()
  collectgarbage "stop"
  local before = collectgarbage "count"
  for _ = 1, GARBAGE_RECORDS do
    peer.kept = run(of)
  end
  local bytes = (collectgarbage "count" - before) * 1024
  collectgarbage "restart"
  return { time = seconds / RECORDS * 1e6, bytes = bytes / GARBAGE_RECORDS }
end

local function compare(what, of, ours, theirs)
  assert(flat(ours(of)) == flat(theirs(of)), what .. ": not the same")
  local peers = { { name = "by hand", run = theirs, record = of }, { name = "cards", run = ours, record = of } }
  rounds.run(peers, count, measure)
  rounds.print(("%s: %s, %d rounds of %d records, medians"):format(os.getenv "LUA_NAME" or _VERSION, what, count, RECORDS), peers, {
    { "µs/record", "time", "%.2f" },
    { "bytes/record", "bytes", "%.0f" },
    { "time: x hand", "time", by = peers[1] },
    { "bytes: x hand", "bytes", by = peers[1] },
  })
end

local card, mask = cards.card, cards.mask
local function both(of) return mask(card(of)) end

compare("a record of Alix mapped", alix, card, hand.map_alix)
compare("a record of Whop mapped", whop, card, hand.map_whop)
compare("a record of Alix mapped and masked", alix, both, function(of) return hand.mask_alix(hand.map_alix(of)) end)
compare("a record of Whop mapped and masked", whop, both, function(of) return hand.mask_whop(hand.map_whop(of)) end)
