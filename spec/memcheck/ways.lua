--- What a target does before it is scanned: one function per way. Whatever it keeps open it puts into `held`, and nowhere else.

local cards = require "cards"
local cjson = require "cjson"
local mechanisms = require "memcheck.mechanisms"
local sandbox = require "support.sandbox"

local unpack = table.unpack or unpack -- luacheck: ignore

local ways = {}

--- A call as the row wants it. @return the record or nil, the error or nil
local function call(t, held, overrides, options)
  held.client = held.client or t.client(overrides)
  return held.client[t.operation](held.client, t.params(), options)
end

local function keep(t, held, record, err)
  t.expect(record, err)
  held.record, held.err = record, err
end

function ways.call(t, held) keep(t, held, call(t, held, nil, t.row.options)) end

-- Closes every secret of a record.
local function close(value)
  if type(value) == "userdata" then
    value:close()
  elseif type(value) == "table" then
    for _, inner in pairs(value) do close(inner) end
  end
end

--- As many calls as the row says, of which the last one is kept; half of the other records are closed, the rest is left to the collector.
function ways.often(t, held, overrides)
  for i = 1, t.row.calls - 1 do
    if i == t.row.calls / 2 then t.between() end
    local record, err = call(t, held, overrides)
    t.expect(record, err)
    if i % 2 == 0 then close(record) end
  end
  keep(t, held, call(t, held))
end

function ways.nothing(t, held) held.client = t.client() end

function ways.refreshed(t, held)
  held.tokens = { t.secret "old_token", t.secret "access_token" }
  local turn = 0
  keep(t, held, call(t, held, { access_token = function()
    turn = turn + 1
    return held.tokens[turn]
  end }))
end

local function wait(t, held)
  assert(held.client[t.operation](held.client, t.params(t.id .. "-other"), { headers = { ["X-Sandbox"] = "slow_first_byte=0.4" } }))
end

function ways.cancelled(t, held)
  held.client = t.client()
  local job = held.client:start(t.operation, t.params())
  wait(t, held)
  assert(not job:done(), "there was nothing to cancel")
  job:cancel()
  keep(t, held, job:result())
  wait(t, held)
end

function ways.dropped(t, held)
  held.client = t.client()
  local job = held.client:start(t.operation, t.params())
  wait(t, held)
  assert(not job:done(), "there was nothing to drop")
  job = nil -- luacheck: ignore
  collectgarbage()
  collectgarbage()
  wait(t, held)
end

function ways.parameter(t, held)
  held.params = { card_id = t.secret "card_id" }
  held.client = t.client()
  keep(t, held, held.client[t.operation](held.client, held.params))
end

function ways.header(t, held)
  held.header = t.secret "header"
  keep(t, held, call(t, held, nil, { headers = { ["X-Secret"] = held.header } }))
end

function ways.client_header(t, held)
  held.header = t.secret "header"
  keep(t, held, call(t, held, { headers = { ["X-Secret"] = held.header } }))
end

function ways.file(t, held)
  keep(t, held, call(t, held, { access_token = assert(cards.secret.from_file(t.directory .. "/file")) }))
end

function ways.named_file(t, held)
  keep(t, held, call(t, held, { access_token = { file = t.directory .. "/file" } }))
end

function ways.named_variable(t, held)
  keep(t, held, call(t, held, { access_token = { env = "MEMCHECK_SECRET" } }))
end

--- The file has another token once the provider refuses the first one, which the client lets go.
function ways.rotated(t, held)
  held.client = t.client { access_token = { file = t.directory .. "/file" } }
  assert(os.rename(t.directory .. "/next", t.directory .. "/file"))
  keep(t, held, call(t, held))
end

--- Records and cards are printed, and closed as a whole: by their methods, and in Lua 5.4 at the end of a block.
function ways.closed_whole(t, held)
  local at_the_end = (loadstring or load)("local value <close> = ...") or function(value) value:close() end -- luacheck: ignore
  held.texts = {}
  for i = 1, 60 do
    local record = assert(call(t, held))
    local card = assert(cards.card(record))
    table.insert(held.texts, tostring(record) .. card .. " " .. record)
    if i % 4 < 2 then
      (i % 4 == 0 and record or card):close()
    else
      at_the_end(i % 4 == 2 and record or card)
    end
    assert(record.cardNo.state == "closed" and card.cvv.state == "closed")
  end
  keep(t, held, call(t, held))
end

function ways.started(t, held)
  held.client = t.client()
  local job = held.client:start(t.operation, t.params())
  keep(t, held, job:result())
end

-- Half of the records are closed, the others are left to the collector.
local function done_with(i, record)
  if i % 2 == 0 then
    record.cardNo:close()
    record.cvv:close()
  end
end

function ways.thousand(t, held)
  for i = 1, 999 do done_with(i, assert(call(t, held))) end
  keep(t, held, call(t, held))
end

function ways.thousand_each(t, held)
  held.client = t.client()
  local ids = {}
  for i = 1, 999 do ids[i] = i end
  for i, _, record, err in cards.each(ids, function() return held.client[t.operation](held.client, t.params()) end, { concurrency = 64 }) do
    done_with(i, assert(record, err))
  end
  keep(t, held, call(t, held))
end

function ways.all(t, held)
  held.client = t.client()
  local functions = {}
  for i = 1, t.row.count do
    functions[i] = function() return held.client[t.operation](held.client, t.params(t.id .. "-" .. i)) end
  end
  held.records = { cards.all(functions) }
  for _, result in ipairs(held.records) do t.expect(unpack(result, 1, 2)) end
end

function ways.masked(t, held)
  held.events, held.texts = {}, {}
  local function note(text) table.insert(held.texts, text) end
  local record = assert(call(t, held, { on_event = function(event) table.insert(held.events, event) end }))
  local card = cards.card(record)
  held.record, held.card, held.masked = record, card, cards.mask(card)
  note(cjson.encode(held.masked))
  note(cjson.encode(cards.mask.policy { number = cards.mask.hash "a key of 16 bytes", exp_year = cards.mask.keep }(card)))
  note(tostring(card.number) .. ("%s"):format(card.number) .. card.number:mask { first = 6, last = 4 } .. card.number:last(4))
  note(tostring(card.number:luhn()) .. #card.number .. tostring(card.number:equals "1") .. tostring(card.cvv) .. card.number)
  note(select(2, pcall(cjson.encode, record)))
  note(select(2, pcall(error, card.number)))
  card.number:digits():close()
  local _, err = held.client[t.operation](held.client, t.params(), { headers = { ["X-Sandbox"] = "echo_secrets" } })
  held.err = err
  note(tostring(err))
  note(cjson.encode(held.events))
end

--- The record's own secrets are closed at once: what is open is what the transforms have made.
function ways.mapped(t, held)
  local map = cards.map
  held.client = t.client()
  map.define("lithic.show", { number = { "pan", map.trim, map.digits }, cvv = { "cvv", map.trim }, last4 = "last_four" })
  local record = assert(call(t, held))
  held.card = assert(cards.card(record))
  held.masked = cards.mask(held.card)
  record.pan:close()
  record.cvv:close()
end

local function signing(t)
  local defaults = sandbox.config "netxd".defaults
  defaults.account_number = t.secret "account_number"
  return { signature = false, private_key = t.secret "private_key", defaults = defaults }
end

function ways.signed(t, held) keep(t, held, call(t, held, signing(t))) end

function ways.signed_often(t, held) ways.often(t, held, signing(t)) end

function ways.sign(t, held)
  local defaults = sandbox.config "netxd".defaults
  defaults.account_number = t.secret "account_number"
  keep(t, held, call(t, held, { signature = false, sign = function() return "netxd_signature_sandbox" end, defaults = defaults }))
end

--- The definition of the row's mechanism: as many calls as it says, of which the last one's record is kept.
function ways.mechanism(t, held)
  local mechanism, url = mechanisms[t.row.mechanism], os.getenv "MEMCHECK_URL"
  local config = { tls = { ca_file = sandbox.url "CA_FILE" }, retries = 0 }
  for name in pairs(mechanism.takes) do config[name] = t.secret(name) end
  held.params = { number = mechanism.number and t.secret "number" or nil }
  held.client = cards.define(mechanisms.definition(mechanism, url)).new(config)
  for i = 1, t.row.calls or 4 do
    held.record, held.err = held.client:show(held.params)
    t.expect(held.record, held.err)
    if i % 2 == 0 and i < (t.row.calls or 4) then close(held.record) end
  end
end

function ways.locked(t, held)
  keep(t, held, call(t, held, { tls = { ca_file = sandbox.url "CA_FILE", cert_file = sandbox.url "CLIENT_CERT", key_file = t.directory .. "/../locked.key",
    key_password = t.secret "key_password" } }))
end

-- Public keys of the RFCs 7518 C, 8037 A.6 and 7638 3.1.
local RECIPIENTS = {
  '{"kty":"EC","crv":"P-256","x":"weNJy2HscCSM6AEDTDg04biOvhFhyyWvOHQfeF_PxMQ","y":"e8lnCO-AlStT-NJVX-crhB7QRYhiix03illJOVAOyck"}',
  '{"kty":"OKP","crv":"X25519","x":"3p7bfXt9wbTTW2HC7OQ1Nz-DQ8hbeGdNrfx-FG-IK08"}',
  '{"kty":"RSA","e":"AQAB","n":"0vx7agoebGcQSuuPiLJXZptN9nndrQmbXEps2aiAFbWhM78LhWx4cbbfAAtVT86zwu1RK7aPFFxuhDR1L6tSoc_BJECPebWKRXjBZCiFV4n3oknjhMstn64t'
    .. 'Z_2W-5JsGY4Hc5n9yBXArwl93lqt7_RN5w6Cf0h4QyQ5v-65YGjQR0_FDW2QvzqY368QQMicAtaSqzs8KJZgnYb9c7d0zgdAZHzu6qMQvRL5hajrn1n91CbO'
    .. 'pbISD08qNLyrdkt-bFTWhAI4vMQFh6WeZu0fM4lFd2NcRwr3XPksINHaQ-G_xBniIqbw0Ls1jF44-csFCur-kEgU8awapJzKnqDKgw"}',
}

--- Seals the card of a record often, for every kind of key, whole and its number alone, and once for a key that is none. What is sealed is kept.
local function seal_often(held)
  local record = held.record
  held.sealed = {}
  for i = 1, 60 do
    local recipient = { key = RECIPIENTS[i % 3 + 1], purpose = "show_card", audience = "https://shop.example" }
    table.insert(held.sealed, assert(cards.seal({ number = record.cardNo, cvv = record.cvv, exp_month = 1 }, recipient)))
    table.insert(held.sealed, assert(record.cardNo:seal(recipient)))
  end
  assert(not cards.seal({ number = record.cardNo, cvv = record.cvv }, { key = RECIPIENTS[1]:gsub("ck\"", "cg\""), purpose = "show_card" }))
end

function ways.sealed(t, held)
  keep(t, held, call(t, held))
  seal_often(held)
end

--- The last record is another one, as the row's secrets are open once.
function ways.sealed_and_closed(t, held)
  for _ = 1, 3 do
    keep(t, held, call(t, held))
    seal_often(held)
    close(held.record)
  end
  keep(t, held, call(t, held))
end

-- Controls: what must not be done, and has to be found.

function ways.kept(t, held)
  ways.call(t, held)
  _G.kept = held.record.cardNo:reveal()
end

function ways.revealed(t, held)
  ways.call(t, held)
  local text = held.record.cardNo:reveal() -- luacheck: ignore
end

function ways.disguised(t, held)
  ways.call(t, held)
  local pan, cvv, token = held.record.cardNo:reveal(), held.record.cvv:reveal(), t.last_secret:reveal()
  local hex = token:gsub(".", function(c) return ("%02x"):format(c:byte()) end)
  _G.kept = { (pan:gsub(".", "%0\0")), require "support.leak".base64("a text with " .. cvv), hex }
end

return ways
