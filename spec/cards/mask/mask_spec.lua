local cards = require "cards"
local cjson = require "cjson"
local sandbox = require "support.sandbox"

local mask = cards.mask

local PAN, CVV, TOKEN = "4111111111111111", "987", "tok_MARKER_0123456789"

local function pan() return cards.secret(PAN, "pan") end

local function card()
  return {
    provider = "x", id = "card_1", number = pan(), cvv = cards.secret(CVV, "cvv"), last4 = "1111", bin = "411111",
    brand = "visa", type = "virtual", status = "active", exp_month = 12, exp_year = 2027, holder_name = "John van Doe",
    token = cards.secret(TOKEN, "token"), billing = { line1 = "123 Street 1", city = "Burbank", country = "US" },
    email = "john.doe@example.com", phone = "+14155056227", created_at = "2024-11-20T06:56:11Z",
  }
end

--- What a policy with one rule makes of one value.
local function shows(rule, value)
  return mask.policy { field = rule } { field = value }.field
end

--- Plain Lua only, and none of the values in it.
local function check_plain(shown, ...)
  local text = cjson.encode(shown)
  for _, value in ipairs { PAN, CVV, TOKEN, sandbox.UNDECLARED_PAN, ... } do
    assert.is_nil(text:find(value, 1, true), text)
  end
  local function walk(value)
    if type(value) == "table" then
      assert.is_nil(getmetatable(value))
      for key, content in pairs(value) do
        walk(key)
        walk(content)
      end
    else
      assert.truthy(({ string = true, number = true, boolean = true })[type(value)], type(value))
    end
  end
  walk(shown)
  return shown
end

local function raises_here(call_it, ...)
  local line = debug.getinfo(call_it, "S").linedefined
  local ok, message = pcall(call_it)
  assert.is_false(ok)
  assert.truthy(message:find("mask_spec.lua:" .. line .. ":", 1, true), message)
  for _, part in ipairs { ... } do
    assert.truthy(message:find(part, 1, true), message)
  end
end

describe("cards.mask", function()
  it("shows of a neutral card what may be logged", function()
    local given = card()
    assert.same({
      provider = "x", id = "card_1", number = "************1111", cvv = "***", last4 = "1111", bin = "411111",
      brand = "visa", type = "virtual", status = "active", exp_month = 12, exp_year = 2027, holder_name = "J. v. D.",
      token = "***", billing = { line1 = "***", city = "***", country = "US" },
      email = "j***@example.com", phone = "***6227", created_at = "***",
    }, check_plain(mask(given)))
    assert.equal(PAN, given.number:reveal())
  end)

  it("leaves absent what is absent", function()
    assert.same({}, mask {})
    assert.same({ provider = "netxd" }, mask { provider = "netxd" })
  end)

  for _, provider in ipairs(sandbox.PROVIDERS) do
    it("takes the card and the record of " .. provider, function()
      local client = cards[provider].new(sandbox.config(provider))
      for _, case in ipairs { "ok", "undeclared", "undeclared_keys", "nulls", "strings_for_numbers" } do
        local options = case ~= "ok" and { headers = { ["X-Sandbox"] = case } } or nil
        local record = assert(client[sandbox.operation(provider)](client, sandbox.params(provider), options))
        local values = { sandbox.ALIX_PAN, sandbox.WHOP_PAN, sandbox.PAYENGINE_TOKEN, sandbox.UNDECLARED_KEY_PAN }
        check_plain(mask(cards.card(record)), (table.unpack or _G.unpack)(values))
        check_plain(mask(record), (table.unpack or _G.unpack)(values))
      end
    end)
  end

  it("masks every field of a record but those it has a rule for, tables too", function()
    local client = cards.whop.new(sandbox.config "whop")
    local shown = mask(assert(client:retrieve(sandbox.params("whop", "w_1"))))
    assert.same({ card_number = "************4242", cvc = "***", name_on_card = "***" }, shown.secrets)
    assert.same({ amount = "***", frequency = "***" }, shown.limit)
    assert.same({ "w_1", "***", "***" }, { shown.id, shown.name, shown.billing.country_code })
  end)

  it("masks unknown fields, secrets anywhere, and what no encoder takes", function()
    local endless = { pan = pan() }
    endless.again = endless
    endless.more = { endless, endless }
    local shown = check_plain(mask {
      extra = "MARKER", flag = true, count = 7, pan = pan(), null = cjson.null,
      call = print, thread = coroutine.create(function() end),
      list = { "MARKER", pan(), { cards.secret(CVV, "cvv") } }, endless = endless, status = { verdict = "MARKER" },
      brand = print, exp_year = 0 / 0, exp_month = 1 / 0,
      [pan()] = "key", [true] = "key", [PAN] = "key", [4111111111111111] = "key",
    }, "MARKER")
    assert.same({ "***", "***", "***", "************1111" }, { shown.extra, shown.flag, shown.count, shown.pan })
    assert.same({ "***", "************1111", { "***" } }, shown.list)
    assert.same({ pan = "************1111", again = "***", more = { "***", "***" } }, shown.endless)
    assert.same({ "***", "***", "***", "***" }, { shown.status, shown.brand, shown.exp_year, shown.exp_month })
    assert.equal("***", shown["************1111"])
  end)

  it("gives the places of a list with holes names, which encoders take", function()
    local list = { [40] = pan() }
    assert.same({ list = { ["40"] = "************1111" } }, check_plain(mask { list = list }))
  end)

  it("masks a number that stands where none should", function()
    local shown = check_plain(mask {
      id = PAN, status = "card 4111 1111 1111 1111 is open", last4 = PAN, bin = PAN,
      number = PAN, cvv = CVV, token = TOKEN, holder_name = PAN, email = PAN .. "@" .. PAN .. ".example", phone = PAN,
      exp_year = 4111111111111111, brand = pan(),
    }, "4111 1111")
    assert.same({ "***", "***", "***", "***" }, { shown.last4, shown.bin, shown.cvv, shown.token })
    assert.same({ "************1111", "************1111", "************1111" }, { shown.number, shown.brand, shown.id })
  end)

  it("masks a number of twelve digits, as Maestro has", function()
    local rules = mask.policy { n = mask.keep, code = mask.keep }
    local shown = rules { n = 675900000018, code = 675900000019 }
    assert.equal("********0018", shown.n)
    assert.equal(675900000019, shown.code)
    assert.same({ ["********0018"] = "***" }, mask({ list = { [675900000018] = "x" } }).list)
  end)

  it("does not mind a closed secret", function()
    local given = card()
    given.number:close()
    given.token:close()
    check_plain(mask(given))
  end)

  it("raises at the caller's line for what is no table", function()
    raises_here(function() mask(nil) end, "nil")
    raises_here(function() mask(PAN) end, "string")
    raises_here(function() mask(pan()) end, "secret")
  end)

  it("raises for a second table, such as a policy that would not count, and takes anything else behind a card, as iterators give it", function()
    for _, call in ipairs {
      function() cards.mask({}, cards.mask.policies.audit) end, function() cards.mask.policies.audit({}, {}) end, function() cards:mask({}) end,
    } do
      local _, message = pcall(call)
      assert.matches("mask_spec.lua:%d+: .*a card or a record, and no other table behind it: a policy is called itself, policy%(card%)", message)
    end
    assert.same({}, cards.mask({}, nil))
    assert.same({}, cards.mask.policies.audit({}, 1))
  end)

  it("raises at the caller's line for a name that it does not have", function()
    raises_here(function() return mask.kep end, "'kep'", "'keep'")
  end)
end)

describe("cards.mask.policy", function()
  it("is called like a function, and masks what has no rule", function()
    local rules = mask.policy {
      number = mask.pan { first = 6, last = 4 }, exp_year = mask.keep, billing = { city = mask.keep },
    }
    assert.equal("cards.mask.policy", tostring(rules))
    assert.equal("cards.mask.policy", getmetatable(rules))
    assert.is_false(pcall(function() rules.other = 1 end))
    local shown = check_plain(rules(card()))
    assert.same({ "411111******1111", 2027, "***", "***", "***" },
      { shown.number, shown.exp_year, shown.exp_month, shown.holder_name, shown.cvv })
    assert.same({ line1 = "***", city = "Burbank", country = "***" }, shown.billing)
  end)

  it("is compiled once: later changes of the table do nothing", function()
    local fields = { id = mask.hide }
    local rules = mask.policy(fields)
    fields.id = mask.keep
    assert.equal("***", rules { id = "card_1" }.id)
  end)

  it("raises where a rule would show too much of a number", function()
    raises_here(function() mask.policy { number = mask.pan { first = 9, last = 4 } } end, "first = 9")
    raises_here(function() mask.policy { number = mask.pan { first = 6, last = 5 } } end, "last = 5")
    raises_here(function() mask.policy { number = mask.last(5) } end, "number", "last = 5")
    raises_here(function() mask.policy { number = mask.truncate(9) } end, "number", "first = 9")
    raises_here(function() mask.policy { number = mask.keep } end, "number", "keep")
    raises_here(function() mask.policy { secrets = { card_number = mask.keep } } end, "secrets.card_number")
    raises_here(function() mask.policy { cardNo = mask.keep } end, "cardNo")
    local shown = mask.policy { number = mask.pan { first = 8, last = 4 } } { number = pan() }
    assert.equal("41111111****1111", shown.number)
  end)

  it("raises where a rule would show anything of a cvv", function()
    local all = {
      mask.keep, mask.initials, mask.email, mask.phone, mask.year_only,
      mask.pan {}, mask.last(0), mask.last(1), mask.truncate(1), mask.fn(tostring), { keep = mask.keep },
    }
    for _, rule in ipairs(all) do
      raises_here(function() mask.policy { cvv = rule } end, "cvv")
      raises_here(function() mask.policy { secrets = { cvc = rule } } end, "secrets.cvc")
    end
    local given = { cvv = cards.secret(CVV, "cvv") }
    assert.same({ cvv = "***" }, mask.policy { cvv = mask.hide }(given))
    assert.same({}, mask.policy { cvv = mask.drop }(given))
  end)

  it("raises for what is no rule", function()
    raises_here(function() mask.policy { id = "keep" } end, "id", "string")
    raises_here(function() mask.policy { id = mask.last } end, "id", "function")
    raises_here(function() mask.policy { billing = { city = true } } end, "billing.city")
    raises_here(function() mask.policy { mask.keep } end, "1")
    raises_here(function() mask.policy(mask.keep) end, "table")
    raises_here(function() mask.policy(nil) end, "table")
    raises_here(function() mask.policy {} (nil) end, "nil")
    local endless = {}
    endless.again = endless
    raises_here(function() mask.policy(endless) end, "nested")
  end)
end)

describe("a rule", function()
  it("is opaque", function()
    assert.equal("cards.mask.rule", getmetatable(mask.keep))
    assert.equal("cards.mask.last", tostring(mask.last(4)))
    assert.is_nil(next(mask.keep))
    assert.is_false(pcall(function() mask.keep.name = "other" end))
    assert.is_false(pcall(setmetatable, mask.keep, {}))
  end)

  it("keep shows a plain value, the mask of a secret, and nothing of a table", function()
    assert.same({ "text", 7, false }, { shows(mask.keep, "text"), shows(mask.keep, 7), shows(mask.keep, false) })
    assert.equal("************1111", shows(mask.keep, pan()))
    assert.equal("***", shows(mask.keep, cards.secret(TOKEN, "token")))
    assert.equal("***", shows(mask.keep, { "text" }))
    assert.equal("card ************1111", shows(mask.keep, "card " .. PAN))
  end)

  it("drop leaves out, hide shows three stars, whatever it is", function()
    for _, value in ipairs { "text", 7, true, pan(), { pan() } } do
      assert.is_nil(shows(mask.drop, value))
      assert.equal("***", shows(mask.hide, value))
    end
  end)

  it("initials", function()
    assert.equal("J. D.", shows(mask.initials, "  John   Doe "))
    assert.equal("\195\137. Z.", shows(mask.initials, "\195\137mile Zola"))
    assert.equal("***", shows(mask.initials, "4111 1111 1111 1111"))
    assert.equal("***", shows(mask.initials, ""))
  end)

  it("email", function()
    assert.equal("j***@example.com", shows(mask.email, "john@example.com"))
    assert.equal("***@example.com", shows(mask.email, "j@example.com"))
    assert.equal("***", shows(mask.email, "john at example"))
    assert.equal("***", shows(mask.email, "a@b@c"))
  end)

  it("phone", function()
    assert.equal("***6227", shows(mask.phone, "+1 (415) 505-6227"))
    assert.equal("***", shows(mask.phone, "505-62"))
  end)

  it("year_only", function()
    assert.equal("2024", shows(mask.year_only, "2024-11-20T06:56:11Z"))
    assert.equal("2025", shows(mask.year_only, "12/2025"))
    assert.equal("2025", shows(mask.year_only, "2025"))
    assert.equal(2027, shows(mask.year_only, 2027))
    for _, wrong in ipairs { "20241120", "soon", 27, 20.5 } do
      assert.equal("***", shows(mask.year_only, wrong))
    end
  end)

  it("pan", function()
    assert.equal("************1111", shows(mask.pan(), pan()))
    assert.equal("****************", shows(mask.pan {}, pan()))
    assert.equal("411111**********", shows(mask.pan { first = 6 }, "4111-1111-1111-1111"))
    assert.equal("***", shows(mask.pan { first = 6 }, "no number"))
    assert.equal("***", shows(mask.pan { last = 4 }, cards.secret(CVV, "cvv")))
    assert.equal("***", shows(mask.pan { last = 4 }, 4111111111111111))
    raises_here(function() mask.pan { frist = 6 } end, "'frist'", "'first'")
    raises_here(function() mask.pan { first = -1 } end, "first")
    raises_here(function() mask.pan { first = "6" } end, "first")
    raises_here(function() mask.pan(4) end, "table")
  end)

  it("last and truncate", function()
    assert.equal("***_1234", shows(mask.last(5), "card_1234"))
    assert.equal("***", shows(mask.last(4), "1234"))
    assert.equal("***\195\169", shows(mask.last(3), "caf\195\169\195\169"))
    assert.equal("************1111", shows(mask.last(4), pan()))
    assert.equal("***", shows(mask.last(3), cards.secret(CVV, "cvv")))
    assert.equal("***", shows(mask.last(1), 1234))
    assert.equal("***********1111", shows(mask.last(12), PAN))
    assert.equal("card_...", shows(mask.truncate(5), "card_1234"))
    assert.equal("card_1234", shows(mask.truncate(9), "card_1234"))
    assert.equal("caf...", shows(mask.truncate(4), "caf\195\169\195\169"))
    assert.equal("4111************", shows(mask.truncate(4), pan()))
    assert.equal("***", shows(mask.truncate(4), { "text" }))
    for _, wrong in ipairs { -1, 1.5, "4", false } do
      raises_here(function() mask.last(wrong) end, "cards.mask.last")
      raises_here(function() mask.truncate(wrong) end, "cards.mask.truncate")
    end
    raises_here(function() mask.last() end, "cards.mask.last")
  end)

  it("shows three stars, or a secret's mask, for a value of another type", function()
    local all = { mask.initials, mask.email, mask.phone, mask.year_only, mask.pan(), mask.last(2), mask.truncate(2) }
    for _, rule in ipairs(all) do
      for _, value in ipairs { true, { "text" }, print, cards.secret(TOKEN, "credential"), 1e300 } do
        assert.truthy(shows(rule, value):find "%*%*%*")
      end
    end
  end)

  it("fn gets the value, and shows what is plain of its result", function()
    assert.equal("TEXT", shows(mask.fn(string.upper), "text"))
    assert.is_false(shows(mask.fn(function() return false end), "text"))
    assert.is_nil(shows(mask.fn(function() return nil end), "text"))
    assert.equal("pan 1111", shows(mask.fn(function(s) return s.class .. " " .. s:last(4) end), pan()))
    assert.same({ a = { 1, false } }, shows(mask.fn(function() return { a = { 1, false } } end), "text"))
    assert.same({ n = 1 }, shows(mask.fn(function(t) return { n = #t } end), { "text" }))
    raises_here(function() mask.fn "upper" end, "function")
  end)

  it("fn never leaks", function()
    local results = {
      function(s) return s end,
      function(s) return s:reveal() end,
      function(s) return "number " .. s:reveal() end,
      function(s) return tonumber(s:reveal()) end,
      function(s) error(s:reveal()) end,
      function(s) return { s } end,
      function(s) return { a = { b = { s } } } end,
      function(s) return { [s] = 1 } end,
      function(s) return { number = s:reveal() } end,
      function(s) return { [s:reveal()] = 1 } end,
      function(s) return function() return s end end,
      function(s) local t = { s:last(4) } t.t = t return t end,
    }
    for _, f in ipairs(results) do
      check_plain { shows(mask.fn(f), pan()) }
    end
    for _, f in ipairs(results) do
      assert.equal("***", shows(mask.fn(f), cards.secret(CVV, "cvv")))
    end
    local closed = pan()
    closed:close()
    assert.equal("***", shows(mask.fn(function(s) return s:last(4) end), closed))
    assert.equal("***", shows(mask.fn(function(s) return s:reveal() end), cards.secret(TOKEN, "token")))
  end)
end)

describe("cards.mask.hash", function()
  local key = "a key of 16 bytes or more"

  it("joins a number with itself, as secret or text, and shows nothing of it", function()
    local rules = cards.mask.policy { number = cards.mask.hash(key), id = cards.mask.hash(key) }
    local shown = rules { number = cards.secret("4111111111111111", "pan"), id = "4111111111111111" }
    assert.matches("^%x+$", shown.number)
    assert.equal(32, #shown.number)
    assert.equal(shown.id, shown.number)
    assert.not_equal(shown.number, cards.mask.policy { number = cards.mask.hash(key .. "2") } { number = cards.secret("4111111111111111", "pan") }.number)
  end)

  it("joins a number however it is written", function()
    local rule = cards.mask.hash(key)
    local function hashed(value) return cards.mask.policy { id = rule } { id = value }.id end
    assert.equal(hashed "4111111111111111", hashed(cards.secret("4111-1111-1111-1111", "pan")))
    assert.equal(hashed "4111111111111111", hashed "4111 1111 1111 1111")
    assert.not_equal(hashed "41", hashed "4-1")
    assert.equal(hashed "1234567890123456", hashed(1234567890123456))
    assert.equal(hashed "5", hashed(5.0))
    assert.not_equal(hashed(1234567890123456), hashed(1234567890123457))
  end)

  it("is HMAC-SHA-256", function()
    local command = "printf 4111111111111111 | openssl dgst -sha256 -hmac '" .. key .. "'"
    local pipe = io.popen(command)
    local hex = pipe:read("*a"):match "(%x+)%s*$"
    pipe:close()
    assert.equal(hex:sub(1, 32), (cards.mask.policy { id = cards.mask.hash(cards.secret(key)) } { id = "4111111111111111" }).id)
  end)

  it("is refused for a cvv, and with a short key", function()
    assert.has_error(function() cards.mask.policy { cvv = cards.mask.hash(key) } end)
    assert.has_error(function() cards.mask.hash "short" end)
    assert.has_error(function() cards.mask.hash() end)
    local closed = cards.secret(key)
    closed:close()
    raises_here(function() cards.mask.hash(closed) end, "cards.mask.hash", "open")
  end)
end)
