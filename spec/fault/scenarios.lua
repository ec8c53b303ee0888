--- What is done while allocations of it fail, see vm.c: a list of { name, run, fresh = in a VM of its own each time, many = so many allocations that
-- ever fewer of them fail, inner = the same, and none of Lua's, once = none fails }. Each returns true where all is well.

local port, tls_port, certificate = ...
local URL = "http://127.0.0.1:" .. port
local TLS_URL = "https://127.0.0.1:" .. tls_port
local TIMEOUT = 30 -- seconds, which no call needs but on a machine that has much else to do

local CONFIGS = {
  alix = { access_token = "t", headers = { ["X-One"] = "1" } },
  netxd = {
    credential = "c", api_key = "k", signature = "s",
    defaults = { product = "P", program = "P", channel = "PULSE", customer_id = "1", account_number = "2" },
  },
  whop = { token = "t", api_version_date = "2025-01-01" },
  payengine = { secret = "s", timeout = TIMEOUT, retries = 0 },
  nayax = {
    token = "t", proxy = "localhost:1", user_agent = "x",
    tls = { min_version = "1.3", key_password = "p", cert_file = certificate, key_file = certificate },
  },
}
local PROVIDERS = { "alix", "netxd", "whop", "payengine", "nayax" }

local cards -- of the VM; asked for when it is first needed
local function need()
  cards = cards or require "cards"
  return cards
end

local function is_error(err) return getmetatable(err) == "cards.error" end

--- What a call may end with here: with an error for want of memory too.
local function excused(err)
  assert(is_error(err), err)
  assert(err.kind == "busy" or err.kind == "network" or err.kind == "timeout" or err.kind == "invalid_request" or err.kind == "protocol", tostring(err))
  error("for want of memory: " .. tostring(err), 0)
end

local function made(name)
  local config = { base_url = URL .. "/" .. name, insecure_http = true, timeout = TIMEOUT, retries = 0 }
  for key, value in pairs(CONFIGS[name]) do config[key] = value end
  local ok, client, err = pcall(need()[name].new, config)
  -- A file that cannot be read for want of memory is told as one that cannot be read.
  if not ok and not client:find "tls%." then error(client, 0) end
  return ok and client or error("memory: " .. tostring(ok and err or client), 0)
end

local clients = {}
local function client(name)
  clients[name] = clients[name] or made(name)
  return clients[name]
end

local tries = 0

local list = {}
local function scenario(name, run, how) list[#list + 1] = { name = name, run = run, [how or "each"] = true } end

scenario("require cards.core", function() return require "cards.core".memory ~= nil end, "fresh")

scenario("new", function()
  for _, name in ipairs(PROVIDERS) do made(name) end
  return true
end)

scenario("describe", function()
  for _, name in ipairs(PROVIDERS) do
    for operation in pairs(need().describe(name)) do assert(need().describe(name, operation).path) end
  end
  return true
end)

scenario("a configuration that is refused", function()
  local ok, why = pcall(need().alix.new, { base_url = URL, acces_token = "t" })
  if why:find "memory" then error(why, 0) end
  return not ok and why:find "access_token" ~= nil
end)

scenario("calls that are refused", function()
  local alix, netxd = client "alix", client "netxd"
  for _, parameters in ipairs { {}, { card_id = "a/b" }, { card_id = "" }, { cardid = "x" }, { card_id = 1 } } do
    local info, err = alix:private_info(parameters)
    assert(info == nil and is_error(err) and err.kind == "invalid_request" and #tostring(err) > 0)
  end
  local info, err = netxd:get_cvv { card_id = "c_1", channel = "x" }
  return info == nil and err.kind == "invalid_request"
end)

local function held(secret, err) return secret or error(tostring(err), 0) end

scenario("secrets", function()
  local secret = need().secret
  local pan = held(secret("4111 1111 1111 1111", "pan"))
  local token = held(secret "a token of the client's")
  local file = held(secret.from_file "/proc/self/comm")
  local env = held(secret.from_env "PATH")
  local digits = held(pan:digits())
  assert(pan:luhn() and digits:reveal() == "4111111111111111" and #digits == 16 and pan:equals "4111 1111 1111 1111" and not pan:equals(token))
  assert(tostring(pan) == "************1111" and pan:mask { first = 6, last = 4 } == "411111******1111" and pan:first(6) == "411111" and pan:last(4) == "1111")
  assert("x" .. pan == "x************1111" and token.class == "credential" and pan.class == "pan")
  assert(need().redact "4111111111111111 x" == "************1111 x" and need().memory().open >= 5)
  for _, one in ipairs { pan, token, file, env, digits } do one:close() end
  assert(tostring(pan) == "*** (closed)")
  return true
end)

scenario("a policy for revealing", function()
  local entries = 0
  local policy = { holder = { classes = { "pan" }, purposes = { "show" } } }
  need().configure { reveal = { policy = policy, audit = function(entry) entries = entries + (entry.allowed and 1 or 0) end } }
  local number = held(need().secret("4111111111111111", "pan"))
  local before = need().reveals().revealed
  local bytes, err = number:reveal { role = "holder", purpose = "show" }
  assert(bytes == nil and is_error(err) or bytes == "4111111111111111" and entries == 1 and need().reveals().revealed == before + 1)
  if not bytes then error("for want of memory: " .. tostring(err), 0) end
  local none, refusal = number:reveal { role = "holder", purpose = "other" }
  assert(none == nil and is_error(refusal) and entries == 1)
  need().configure { reveal = false }
  return number:reveal() == "4111111111111111"
end)

scenario("a record", function()
  for _, row in ipairs { { "alix", "private_info" }, { "whop", "retrieve" } } do
    local name = row[1]
    local info, err = client(name)[row[2]](client(name), "c_1")
    if not info then excused(err) end
    local card = need().card(info)
    local masked = need().mask(card)
    assert(card.exp_year == 2027 and masked.bin and not tostring(masked.number):find "4111")
    assert(tostring(info.cardNo or info.secrets.card_number):find "^%*+%d%d%d%d$")
  end
  return true
end)

scenario("a record over TLS", function()
  local ok, alix = pcall(need().alix.new, { base_url = TLS_URL .. "/alix", timeout = TIMEOUT, retries = 0,
    access_token = "t", tls = { ca_file = certificate } })
  if not ok then error("memory: " .. alix, 0) end
  local info, err = alix:private_info "c_1"
  if not info then
    if err.kind == "tls" then error("memory: " .. tostring(err), 0) end
    excused(err)
  end
  return info.cardNo:last(4) == "1111"
end)

scenario("a signature, a hash and a seal", function()
  local core = require "cards.core"
  local ok, netxd, refused = pcall(need().netxd.new, {
    base_url = URL .. "/netxd", insecure_http = true, timeout = TIMEOUT, retries = 0, credential = "c", api_key = "k",
    private_key = held(need().secret.from_file(certificate)), defaults = CONFIGS.netxd.defaults,
  })
  -- A key that cannot be read for want of memory is told as one that cannot be read.
  if not ok and netxd:find "private_key" or not netxd then error("memory: " .. tostring(refused or netxd), 0) end
  if not ok then error(netxd, 0) end
  local info, err = netxd:get_cvv "c_1"
  if info or err.kind ~= "not_found" then excused(err) end
  local sealed, why = core.seal(held(need().secret "a token"), "here")
  if not sealed then error("memory: " .. why, 0) end
  local token
  token, why = core.unseal(sealed, "here")
  if not token then error("memory: " .. why, 0) end
  return token:equals "a token" and #core.hash("a key", "text") == 32
end)

scenario("a name and a seal for other hosts", function()
  local core = require "cards.core"
  local function need_of(got, why) return got or error("memory: " .. tostring(why), 0) end
  local key = need_of(core.shared_key(held(need().secret "a key of a fleet")))
  local name = need_of(core.name_with(key, "a client"))
  local token = need_of(core.unseal_with(key, need_of(core.seal_with(key, held(need().secret "a token"), name)), name))
  local text = need_of(core.unseal_with(key, need_of(core.seal_with(key, "a text", "")), ""))
  return #name == 64 and token:equals "a token" and text:equals "a text"
end)

-- The keys of RFC 7518 C, RFC 8037 A.6 and RFC 7638 3.1.
local RECIPIENTS = {
  { kty = "EC", crv = "P-256", x = "weNJy2HscCSM6AEDTDg04biOvhFhyyWvOHQfeF_PxMQ", y = "e8lnCO-AlStT-NJVX-crhB7QRYhiix03illJOVAOyck", kid = "1" },
  '{"kty":"OKP","crv":"X25519","x":"3p7bfXt9wbTTW2HC7OQ1Nz-DQ8hbeGdNrfx-FG-IK08"}',
  { kty = "RSA", e = "AQAB", n = "0vx7agoebGcQSuuPiLJXZptN9nndrQmbXEps2aiAFbWhM78LhWx4cbbfAAtVT86zwu1RK7aPFFxuhDR1L6tSoc_BJECPebWKRXjBZCiFV4n3oknjhMstn64t"
    .. "Z_2W-5JsGY4Hc5n9yBXArwl93lqt7_RN5w6Cf0h4QyQ5v-65YGjQR0_FDW2QvzqY368QQMicAtaSqzs8KJZgnYb9c7d0zgdAZHzu6qMQvRL5hajrn1n91CbO"
    .. "pbISD08qNLyrdkt-bFTWhAI4vMQFh6WeZu0fM4lFd2NcRwr3XPksINHaQ-G_xBniIqbw0Ls1jF44-csFCur-kEgU8awapJzKnqDKgw" },
}

scenario("a card that is sealed", function()
  local number, cvv = held(need().secret("4111111111111111", "pan")), held(need().secret("123", "cvv"))
  local function sealed(jwe, err)
    if not jwe then
      assert(is_error(err) and (err.kind == "invalid_request" or err.kind == "busy") and not tostring(err):find "4111", err)
      error("for want of memory: " .. tostring(err), 0)
    end
    return select(2, jwe:gsub("%.", "")) == 4 and not jwe:find "41111111" -- four digits come by chance
  end
  for _, key in ipairs(RECIPIENTS) do
    assert(sealed(need().seal({ number = number, cvv = cvv, exp_month = 1 }, { key = key, purpose = "show_card", audience = "shop", nonce = "n" })))
    assert(sealed(number:seal { key = key, purpose = "show_card" }))
  end
  number:close()
  cvv:close()
  return true
end)

scenario("a mapping", function()
  local map = need().map
  map.define("x.y", {
    number = { "a.pan", "pan", map.trim, map.digits }, token = { "word", map.map { active = "open" } }, cvv = function() return 12 end,
    status = { map.default "new" },
    brand = function(record) return record.brand:upper() end, phone = { "phone", map.phone }, created_at = { "at", map.date },
    billing = { country = { "country", map.country }, city = "a.city" },
  })
  local record = setmetatable({
    pan = held(need().secret(" 4111-1111-1111-1111 ", "pan")), word = held(need().secret("active", "token")), brand = "visa", at = 1732086388,
    phone = { cc = "1", subscriber = "4155056227" }, country = "Germany",
  }, { __metatable = "x.y" })
  local card, err = need().card(record)
  if not card then excused(err) end
  assert(card.number:equals "4111111111111111" and card.token:equals "open" and card.cvv:equals "012" and card.last4 == "1111" and card.bin == "411111")
  assert(card.status == "new" and card.brand == "VISA" and card.phone == "+14155056227" and card.billing.country == "DE" and card.provider == "x")
  for _, secret in ipairs { record.pan, record.word, card.number, card.token, card.cvv } do secret:close() end
  record.brand = nil
  local none, why = need().card(record)
  if none or not tostring(why):find "brand failed" then error("memory: " .. tostring(why), 0) end
  return #map.check("alix.private_info", { number = "cardNum", exp_month = { "expMonth", map.month, "x" } }) == 2
end)

scenario("a mapping of parts", function()
  local map = need().map
  map.define("x.y", {
    number = { map.join({ "first", "rest" }, "-"), map.slice(1, 19), map.trim }, token = { "word", map.base64 }, cvv = { "code", map.hex },
    holder_name = map.join({ "given", "family", "long" }, " "), id = { "id", map.hex }, exp_month = { "expiry", map.month_year "MMYY" }, last4 = "none",
  })
  local record = setmetatable({
    first = held(need().secret("4111", "pan")), rest = "1111-1111-1111 and more", word = held(need().secret "b3Blbg=="),
    code = held(need().secret("313233", "cvv")),
    given = "John", family = "Doe", long = ("x"):rep(300), id = "3432", expiry = 125,
  }, { __metatable = "x.y" })
  local card, err = map.explain(record)
  if not card then excused(err) end
  assert(card.number:equals "4111-1111-1111-1111" and card.token:equals "open" and card.cvv:equals "123" and card.last4 == "1111" and card.exp_month == 1)
  assert(card.id == "42" and card.holder_name == "John Doe " .. record.long)
  for _, secret in ipairs { record.first, record.word, record.code, card.number, card.token, card.cvv } do secret:close() end
  record.first, record.word, record.code = nil, nil, nil
  local none, reasons = map.explain(record)
  if not none then excused(reasons) end
  assert(none.number == nil and reasons.number == "18 characters, of which 3 are no digits")
  return true
end)

scenario("a policy", function()
  local mask = need().mask
  local pan = held(need().secret("4539148803436467", "pan"))
  local policy = mask.policies.audit:extend {
    number = mask.hash "a key of 16 bytes", holder_name = mask.last(4), brand = mask.pan(), label = mask.fn(function(s) return s:first(6) .. "…" end),
    digits = mask.fn(function(s) return { s:last(4), { s:first(8) } } end),
  }
  local shown = policy { number = pan, holder_name = pan, brand = "4539148803436467", label = pan, digits = pan,
    billing = { deep = { { pan } } }, extra = { { { pan } } } }
  assert(#shown.number == 32 and shown.label == "453914…" and shown.digits[1] == "6467" and shown.digits[2][1] == "45391488" and shown.billing == nil)
  assert(shown.holder_name == "************6467" and shown.brand == "************6467" and shown.extra[1][1][1] == "************6467")
  pan:close()
  return true
end)

scenario("what a policy shows", function()
  local mask = need().mask
  return #mask.explain.text(mask.explain(mask.policies.audit)) > 1000 and #mask.check { numbr = mask.keep } == 1
end, "many")

scenario("an error of a provider", function()
  local info, err = client("payengine"):retrieve_token "c_1"
  if err and err.kind ~= "not_found" then excused(err) end
  return info == nil and tostring(err):find "404" ~= nil
end)

scenario("functions for credentials, and listeners", function()
  local seen = 0
  local alix = need().alix.new {
    base_url = URL .. "/alix", insecure_http = true, timeout = TIMEOUT, retries = 0, access_token = function() return "t" end,
    on_event = function(event) seen = seen + (event.event == "call" and event.ok and 1 or 0) end,
  }
  local info, err = alix:private_info({ card_id = "c_1" }, { timeout = TIMEOUT, headers = { ["X-Two"] = "2" } })
  if not info then
    if err.kind == "auth" then error("memory: " .. tostring(err), 0) end
    excused(err)
  end
  return info.cardNo:last(4) == "1111"
end)

--- A result of cards.all or cards.each: nil and the error with its traceback where memory was used up inside.
local function check(record, err)
  if record then return end
  if type(err) == "string" then error(err, 0) end
  excused(err)
end

scenario("cards.all and cards.each", function()
  local alix = client "alix"
  local function call() return alix:private_info "c_1" end
  local first, second = need().all { call, function() return alix:private_info {} end }
  check(first[1], first[2])
  assert(first[1].expYear == "27")
  if type(second[2]) == "string" then error(second[2], 0) end
  assert(second[1] == nil and second[2].kind == "invalid_request")
  local count = 0
  for _, _, record, err in need().each({ "c_1", "c_2", "c_3" }, function(id) return alix:private_info(id) end, { concurrency = 2 }) do
    check(record, err)
    count = count + 1
  end
  for _ in need().each({ "c_1", "c_2", "c_3" }, function(id) return alix:private_info(id) end, { concurrency = 2 }) do break end -- luacheck: ignore 512
  local record, err = need().fallback { call, call }
  check(record, err)
  return count == 3
end)

--- Functions that catch what was raised inside of them and go on.
scenario("cards.all inside of cards.each, and inside of table.sort", function()
  local alix, bad = client "alix", nil
  local function call() return alix:private_info "c_1" end
  local function both()
    local one, two = need().all { call, call }
    return one[1] and two[1], one[2] or two[2]
  end
  for _, _, record, err in need().each({ 1, 2, 3 }, function(number)
    local ok, record, err = pcall(both)
    if number == 3 then table.sort({ 2, 1 }, function() record, err = both() return false end) end
    if not ok or not record then return call() end
    return record, err
  end, { concurrency = 2 }) do
    if not record then bad = bad or err end
  end
  check(not bad, bad)
  return true
end)

scenario("a call that is tried once more", function()
  local alix = need().alix.new { base_url = URL .. "/alix", insecure_http = true, timeout = TIMEOUT, retries = 1, access_token = "t", user_agent = "flaky" }
  tries = tries + 1
  local info, err = alix:private_info("c_" .. tries)
  if not info then
    if err.kind ~= "provider" then excused(err) end
    error("memory: it was not tried once more", 0)
  end
  return info.expYear == "27"
end)

scenario("client:start", function()
  local alix = client "alix"
  local one, two = alix:start("private_info", "c_1"), alix:start("private_info", "c_2")
  two:cancel()
  local info, err = one:result()
  if not info then excused(err) end
  info, err = two:result()
  if err.kind ~= "cancelled" then excused(err) end
  return info == nil and one:done()
end)

scenario("a provider that is defined", function()
  local fields = { cardNo = "pan", cvv = { type = "cvv", digits = 3 }, expYear = "string", ["items[].pan"] = "pan" }
  local module = need().define {
    name = "acme", auth = {
      { type = "basic", credential = { "user", "password" } },
      { type = "signer", name = "X-Signature", credential = "key", sign = function(request) return request.body end },
    },
    settings = { version = { wire = "X-Version", default = "1" } },
    operations = {
      show = {
        method = "POST", safe = true, path = "/api/v2/cards/{card_id}/private-info", success = { path = "success", equals = true },
        params = { card_id = {}, number = {}, n = { type = "integer", enum = { 1, 2 } }, unique = { unique = true } },
        response = { root = "data", fields = fields }, error = { code = "code", message = "message" }, echo = { id = "card_id" },
        card = { number = "cardNo", exp_year = "expYear" },
      },
    },
  }
  local acme, refused = module.new { base_url = URL .. "/alix", insecure_http = true, timeout = TIMEOUT, retries = 0, user = "u", password = "p", key = "k" }
  if not acme then error("memory: " .. tostring(refused), 0) end
  local info, err = acme:show { card_id = "c_1", number = held(need().secret "4242424242424242"), n = 2 }
  if not info then
    if err.kind == "auth" then error("memory: " .. tostring(err), 0) end
    excused(err)
  end
  local read, wrong = require "cards.core".read("acme", "show", 200, [[{"success":true,"data":{"items":[{"pan":"4111111111111111"}]}}]])
  if not read then excused(wrong) end
  assert(read.items[1].pan:last(4) == "1111" and need().describe(acme, "show").params.n.type == "integer")
  return info.cardNo:last(4) == "1111"
end)

-- One call for each mechanism of definitions. Its answer is what it asks for in a header, see server.c.
local mechanisms, sealed = dofile "spec/memcheck/mechanisms.lua", dofile "spec/fault/sealed.lua"
local PLAIN = [[{"pan":"@","cvv":"123","access_token":"a token","expires_in":3600,"tokenId":"a token","url":"]] .. URL .. [[/x"}]]

--- A client of the mechanism's definition, with all that it takes.
local function vault(mechanism)
  local config = { base_url = URL, insecure_http = true, timeout = TIMEOUT, retries = 0, headers = { ["X-Answer"] = sealed.answers[mechanism.name] or PLAIN } }
  for name, kind in pairs(mechanism.takes) do config[name] = held(need().secret(sealed.given[kind])) end
  mechanism.module = mechanism.module or need().define(mechanisms.definition(mechanism, URL))
  local ok, opened, refused = pcall(mechanism.module.new, config)
  -- A key that cannot be read for want of memory is told as one that cannot be read.
  if not ok and opened:find "new: [%l_]+ " or ok and not opened then error("memory: " .. tostring(refused or opened), 0) end
  return ok and opened or error(opened, 0)
end

local named = {}
for name, mechanism in pairs(mechanisms) do named[#named + 1] = type(mechanism) == "table" and name or nil end
table.sort(named)
for _, name in ipairs(named) do
  local mechanism = mechanisms[name]
  scenario("a call with the mechanism " .. name, function()
    local record, err = vault(mechanism):show { number = mechanism.number and held(need().secret "4242424242424242") or nil }
    if name == "session" or mechanism.kind ~= "ok" then -- its answer cannot be decrypted
      if record or err.kind ~= "protocol" then excused(err) end
      return true
    elseif not record then
      excused(err)
    end
    return (record.pan or record["@pan"]):last(4) == "1111" and record.cvv:equals "123"
  end, (mechanism.others or name == "jwe") and "many" or "inner") -- the others are the same to Lua
end

scenario("the definitions of the mechanisms", function()
  for _, name in ipairs(named) do assert(need().define(mechanisms.definition(mechanisms[name], URL)).new) end
  return true
end, "many")

scenario("records and clients for tests", function()
  local cvv, id = held(need().secret("123", "cvv")), held(need().secret "c_1")
  local testing = require "cards.testing"
  local record, err = testing.record("alix.private_info", { cardNo = "4111111111111111", cvv = cvv })
  if not record then excused(err) end
  local alix, refused = testing.client("alix", { private_info = { { cardNo = "4111111111111111" }, testing.error { kind = "timeout" } } })
  if not alix then error("memory: " .. tostring(refused), 0) end
  local info, failure = alix:private_info(id)
  if not info then excused(failure) end
  assert(record.cvv:equals "123" and alix.calls[1].parameters.card_id:equals "c_1")
  assert(select(2, alix:private_info "c_2").kind)
  return info.cardNo:last(4) == "1111"
end)

scenario("rows as JSON", function()
  local core = require "cards.core"
  local back, wrong = core.json_decode [[{"row":1,"result":{"a":[1,2,{"b":"x"}]}}]]
  if not back then error("memory: " .. tostring(wrong), 0) end
  return back.row == 1 and back.result.a[3].b == "x"
end)

local log = certificate .. ".audit.log"
os.remove(log)

scenario("an audit log", function()
  local append = need().audit.file(log, { key = "a key of sixteen bytes" })
  for _ = 1, 2 do
    local ok, why = append { act = "reveal", allowed = true, time = 1.5, purpose = "\"\200\"" }
    if not ok and why:find "memory" then error(why, 0) end
    assert(ok, why) -- the lock is free, and the last line whole, whatever failed before
  end
  return true
end)

scenario("a script file", function()
  local core = require "cards.core"
  local call, wrong = core.script("return function(s) return { (s.a:gsub('a', 'b')) } end", "script.lua", { "keep" })
  if not call then error(wrong, 0) end
  return call { a = "abc" }[1] == "bbc"
end)

-- The VM is closed with these: in its engine, done and not read, of the I/O thread, started by an event loop, and what a loop that an error ended leaves.
scenario("calls that are left under way", function()
  local core, alix = require "cards.core", client "alix"
  local function job(tag, threaded) return core.job(alix, "alix", "private_info", "c_1", nil, nil, tag, threaded) or error("memory", 0) end
  left_under_way = { job(1), job(2), job(3, true) } -- luacheck: ignore
  left_under_way[4] = alix:start("private_info", "c_2") -- luacheck: ignore
  left_under_way[1]:wait() -- luacheck: ignore
  local ok, why = pcall(function()
    for _, _, info, err in need().each({ "c_1", "c_2", "c_3" }, function(id) return alix:private_info(id) end) do
      if not info then excused(err) end
      error("left", 0)
    end
  end)
  if why ~= "left" then error(why, 0) end
  return not ok
end, "once")

return list
