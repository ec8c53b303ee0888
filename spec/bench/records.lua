--- Mapping and masking of one record: cards.card and cards.mask against functions written by hand that do the same without any check.
-- records.lua [ROUNDS]: microseconds and bytes of Lua's garbage per record, for a record of each built-in provider.

local cards = require "cards"
local rounds = require "bench.rounds"
local count = tonumber(arg[1] or 21)
local RECORDS = 20000 -- of each measurement of time
local GARBAGE_RECORDS = 200

local secret = cards.secret

--- Each provider: the operation of the record, its fields, and what is written by hand: `map` takes the record, `mask` the card.
local providers = {
  {
    name = "alix", operation = "private_info",
    record = { cardNo = secret("4111111111111111", "pan"), cvv = secret("111", "cvv"), expMonth = "01", expYear = "27" },
    map = function(info)
      local number = info.cardNo
      return {
        provider = "alix", number = number, cvv = info.cvv, exp_month = tonumber(info.expMonth), exp_year = 2000 + tonumber(info.expYear),
        last4 = number:last(4), bin = number:first(6),
      }
    end,
    mask = function(card)
      return {
        provider = card.provider, number = tostring(card.number), cvv = "***", exp_month = card.exp_month, exp_year = card.exp_year,
        last4 = card.last4, bin = card.bin,
      }
    end,
  },
  {
    name = "netxd", operation = "get_cvv",
    record = {
      card = {
        cardId = "1234567890", postedDate = "2024-11-20T06:56:11.399Z", updatedDate = "2024-11-20T06:56:11.399Z", allowAtm = false, allowEcommerce = false,
        allowMoto = false, allowPos = false, allowTips = false, allowPurchase = false, smart = false, cvv = secret("679", "cvv"), isReplace = false,
      },
      api = { type = "GET_CVV_ACK", reference = "REF1", dateCreated = 1732086388 },
    },
    map = function(result)
      local card = result.card
      return { provider = "netxd", id = card.cardId, cvv = card.cvv }
    end,
    mask = function(card) return { provider = card.provider, id = card.id, cvv = "***" } end,
  },
  {
    name = "whop", operation = "retrieve",
    record = {
      object = "card", id = "icrd_xxxxxxxxxxxxx", name = "Travel", type = "virtual", status = "active", last4 = "4242",
      expiration_month = "12", expiration_year = "2027", user_id = "user_xxxxxxxxxxxxx", spent_last_month = 6,
      limit = { amount = 6.9, frequency = "daily" },
      billing = { line1 = "123 Street 1", line2 = "Unit 123", city = "Burbank", region = "CA", postal_code = "90245", country_code = "US" },
      created_at = "2023-11-07T05:31:56Z", canceled_at = "2023-11-07T05:31:56Z",
      secrets = { card_number = secret("4242424242424242", "pan"), cvc = secret("123", "cvv"), name_on_card = "John Doe" },
    },
    map = function(answer)
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
    end,
    mask = function(card)
      return {
        provider = card.provider, id = card.id, number = tostring(card.number), cvv = "***", last4 = card.last4, bin = card.bin, type = card.type,
        status = card.status, exp_month = card.exp_month, exp_year = card.exp_year, holder_name = card.holder_name:gsub("(%S)%S*", "%1."),
        billing = { line1 = "***", line2 = "***", city = "***", region = "***", postal_code = "***", country = card.billing.country },
        created_at = "***", canceled_at = "***",
      }
    end,
  },
  {
    name = "payengine", operation = "retrieve_token",
    record = {
      id = "a3766e78-7388-4c94-b3e9-a89feeb9ab3a", merchant_id = "b3766e78-7388-4c94-b3e9-a89feeb9ab3b", name = "John Doe", exp_month = 12,
      exp_year = 2023, last_4 = "1111", brand = "visa", country = "United States of America", type = "Credit", surcharge_allowed = true,
      token = secret("card_test_V3atojWZsHCVCqqeYoHo5Oo2", "token"), created_at = "2021-12-27T03:35:38.947Z", address_line1 = "123 Street 1",
      address_line2 = "Unit 123", address_city = "Burbank", address_state = "CA", address_country = "US", address_zip = "90245",
      email = "john.doe@example.com", phone_number = { cc = "1", subscriber = "4155056227" },
      card_updater = { status = "enrolled", type = "updated", enrolled_at = "2025-03-27T03:35:38.947Z", updated_at = "2025-03-28T03:35:38.947Z" },
    },
    map = function(info)
      local phone = info.phone_number
      return {
        provider = "payengine", id = info.id, last4 = info.last_4, brand = info.brand, type = info.type, exp_month = info.exp_month,
        exp_year = info.exp_year, holder_name = info.name, token = info.token,
        billing = {
          line1 = info.address_line1, line2 = info.address_line2, city = info.address_city, region = info.address_state,
          postal_code = info.address_zip, country = info.address_country,
        },
        email = info.email, phone = "+" .. phone.cc .. phone.subscriber, created_at = info.created_at,
      }
    end,
    mask = function(card)
      return {
        provider = card.provider, id = card.id, last4 = card.last4, brand = card.brand, type = card.type, exp_month = card.exp_month,
        exp_year = card.exp_year, holder_name = card.holder_name:gsub("(%S)%S*", "%1."), token = "***",
        billing = { line1 = "***", line2 = "***", city = "***", region = "***", postal_code = "***", country = card.billing.country },
        email = card.email:gsub("^(.)[^@]*", "%1***"), phone = "***" .. card.phone:sub(-4), created_at = "***",
      }
    end,
  },
  {
    name = "nayax", operation = "get_token",
    record = {
      status = { verdict = "Approved", code = 0, statusMessage = "Card token data retrieved successfully." },
      tokenInfo = {
        nayaxTokenId = "T-1234567890", cardBin = "411111", cardFinalDigits = "1111", expiryDate = "12/2025", brand = "VISA", tokenStatus = 0, actorId = 116383,
      },
    },
    map = function(answer)
      local info = answer.tokenInfo
      local month, year = info.expiryDate:match "^(%d+)/(%d+)$"
      return {
        provider = "nayax", id = info.nayaxTokenId, last4 = info.cardFinalDigits, bin = info.cardBin, brand = info.brand, exp_month = tonumber(month),
        exp_year = tonumber(year),
      }
    end,
    mask = function(card)
      return {
        provider = card.provider, id = card.id, last4 = card.last4, bin = card.bin, brand = card.brand, exp_month = card.exp_month, exp_year = card.exp_year,
      }
    end,
  },
}

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
    peer.kept, peer.card = run(of) -- or LuaJIT would leave out what is made
  end
  local seconds = os.clock() - started
  collectgarbage()
  collectgarbage "stop"
  local before = collectgarbage "count"
  for _ = 1, GARBAGE_RECORDS do
    peer.kept, peer.card = run(of)
  end
  local bytes = (collectgarbage "count" - before) * 1024
  collectgarbage "restart"
  return { time = seconds / RECORDS * 1e6, bytes = bytes / GARBAGE_RECORDS }
end

local function compare(what, of, ours, theirs)
  assert(flat((ours(of))) == flat((theirs(of))), what .. ": not the same")
  local peers = { { name = "by hand", run = theirs, record = of }, { name = "cards", run = ours, record = of } }
  rounds.run(peers, count, measure)
  rounds.print(("%s: %s, %d rounds of %d records, medians"):format(os.getenv "LUA_NAME" or _VERSION, what, count, RECORDS), peers, {
    { "µs/record", "time", "%.2f" },
    { "bytes/record", "bytes", "%.0f" },
    { "time: x hand", "time", by = peers[1] },
    { "bytes: x hand", "bytes", by = peers[1] },
  })
end

--- Both one after the other. The card is kept as well: a program maps a record to use it, and LuaJIT leaves out a card that nobody keeps.
local function both(map, mask)
  return function(of)
    local card = map(of)
    return mask(card), card
  end
end

for _, provider in ipairs(providers) do
  local record = setmetatable(provider.record, { __metatable = provider.name .. "." .. provider.operation })
  compare(("a record of %s mapped"):format(provider.name), record, cards.card, provider.map)
  compare(("a record of %s mapped and masked"):format(provider.name), record, both(cards.card, cards.mask), both(provider.map, provider.mask))
end
