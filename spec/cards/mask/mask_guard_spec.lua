--- Ways around the rules: names, nesting, extensions and functions that would show more than a mask may.

local cards = require "cards"
local cjson = require "cjson"

local mask = cards.mask
local PAN, CVV = "4539148803436467", "987"

local function pan() return cards.secret(PAN, "pan") end

local function refused(policy, ...)
  local ok, message = pcall(mask.policy, policy)
  assert.is_false(ok, "was taken")
  for _, part in ipairs { ... } do
    assert.truthy(message:find(part, 1, true), message)
  end
end

describe("a field that is a card number by its name", function()
  local names = {
    "number", "cardNo", "card_number", "CardNumber", "PAN", "fullPan", "primaryAccountNumber", "account_number", "card-no", "card number", "cc_num",
    "debitCardNumber", "card.number", "secrets.card_number",
  }

  for _, name in ipairs(names) do
    it(("takes no rule that shows more than eight and four: %s"):format(name), function()
      refused({ [name] = mask.keep }, name, "whole card number")
      refused({ [name] = mask.truncate(16) }, name, "first = 16")
      refused({ [name] = mask.truncate(9) }, name, "first = 9")
      refused({ [name] = mask.last(20) }, name, "last = 20")
      refused({ [name] = mask.last(5) }, name, "last = 5")
      refused({ secrets = { [name] = mask.keep } }, "secrets." .. name)
      refused({ [name] = { value = mask.keep } }, name .. ".value", "whole card number")
      refused({ [name] = { value = { digits = mask.last(12) } } }, name .. ".value.digits", "last = 12")
      refused({ [name] = { bin = { value = mask.keep } } }, name .. ".bin.value", "whole card number")
      local policy = mask.policy { [name] = mask.pan { first = 8, last = 4 } }
      assert.equal("45391488****6467", policy { [name] = pan() }[name])
      assert.equal("45391488****6467", policy { [name] = PAN }[name])
    end)
  end

  it("may have a table of rules for what stands beside the number", function()
    local policy = mask.policy { card_number = { last4 = mask.keep, bin = mask.keep, value = mask.pan() } }
    assert.same({ card_number = { last4 = "6467", bin = "453914", value = "************6467" } },
      policy { card_number = { last4 = "6467", bin = "453914", value = pan() } })
  end)

  it("is none where only a part of the name is one", function()
    for _, name in ipairs { "phone_number", "numbers", "japan", "span", "order_no", "brand", "panel" } do
      assert.equal("text", mask.policy { [name] = mask.keep } { [name] = "text" }[name])
    end
  end)
end)

describe("a field that is a cvv by its name", function()
  local names = {
    "cvv", "CVV2", "cvc", "cvc_2", "csc", "CID", "cav2", "cvn", "cvd", "card_cvv", "cvvCode", "encrypted_cvc", "securityCode", "card_security_code",
    "verification_value", "cardVerificationCode", "icvv", "secrets.cvc",
  }

  for _, name in ipairs(names) do
    it(("takes hide and drop only: %s"):format(name), function()
      local rules = {
        mask.keep, mask.last(1), mask.truncate(1), mask.pan {}, mask.hash "a key of 16 bytes", mask.fn(tostring), mask.year_only,
        { value = mask.hide }, {}, mask.policy {},
      }
      for _, rule in ipairs(rules) do
        refused({ [name] = rule }, name, "card verification value")
        refused({ secrets = { [name] = rule } }, "secrets." .. name)
      end
      assert.same({ [name] = "***" }, mask.policy { [name] = mask.hide } { [name] = CVV })
    end)
  end

  it("is none where the name tells what became of one", function()
    for _, name in ipairs { "cvc_check", "cvv_result", "cvvPresent", "cvc_attempts" } do
      assert.equal("pass", mask.policy { [name] = mask.keep } { [name] = "pass" }[name])
    end
  end)
end)

describe("a secret under an innocent name", function()
  it("shows no more of a number than its mask", function()
    local rules = { mask.keep, mask.last(8), mask.truncate(12), mask.pan { first = 8, last = 4 }, mask.initials, mask.email, mask.phone, mask.year_only }
    for _, rule in ipairs(rules) do
      local shown = mask.policy { label = rule } { label = pan() }.label
      assert.truthy(shown:find "^4?5?3?9?1?4?8?8?%*+6?4?6?7?$", shown)
      assert.truthy(select(2, shown:gsub("%*", "")) >= 4, shown)
    end
  end)

  it("shows nothing of a cvv", function()
    local rules = {
      mask.keep, mask.last(3), mask.truncate(3), mask.pan { first = 8, last = 4 }, mask.initials, mask.email, mask.phone, mask.year_only,
      mask.hash "a key of 16 bytes", mask.fn(function(secret) return secret:reveal() end),
    }
    for _, rule in ipairs(rules) do
      assert.equal("***", mask.policy { label = rule } { label = cards.secret(CVV, "cvv") }.label)
    end
  end)
end)

describe("a policy for a number and what stands beside it", function()
  it("shows eight and four in all its fields together, at most", function()
    local policy = mask.policy { number = mask.pan { first = 8, last = 4 }, bin = mask.keep, last4 = mask.keep, last_4 = mask.keep }
    assert.same({ number = "45391488****6467", bin = "45391488", last4 = "6467", last_4 = "6467" },
      policy { number = pan(), bin = "45391488", last4 = "6467", last_4 = "6467" })
    assert.same({ bin = "***", last4 = "***", last_4 = "***" }, policy { bin = "453914880", last4 = "36467", last_4 = 36467 })
  end)
end)

describe("a policy's function", function()
  local function shows(f, value)
    return mask.policy { number = mask.fn(f) } { number = value or pan() }.number
  end

  local function reveal(first, last)
    return function(secret) return secret:reveal():sub(first, last) end
  end

  it("shows what a mask could", function()
    assert.equal("453914...6467", shows(function(s) return s:first(6) .. "..." .. s:last(4) end))
    assert.same({ first = "45391488", last = "6467" }, shows(function(s) return { first = s:first(8), last = s:last(4) } end))
    assert.equal(16, shows(function(s) return #s end))
    assert.is_true(shows(function(s) return s:luhn() end))
    assert.equal("tok_83910238471029384", shows(function() return "tok_83910238471029384" end))
  end)

  local wrong = {
    ["the first twelve digits"] = reveal(1, 12),
    ["the last eight"] = reveal(-8),
    ["the middle"] = reveal(9, 12),
    ["groups of four"] = function(s) return (s:reveal():gsub("%d%d%d%d", "%0.")) end,
    ["digits apart"] = function(s) return (s:reveal():gsub("%d", "%0_")) end,
    ["backwards"] = function(s) return s:reveal():reverse() end,
    ["a list of groups"] = function(s) local t = {} for group in s:reveal():gmatch "%d%d%d%d" do t[#t + 1] = group end return t end,
    ["a list of digits"] = function(s) local t = {} for digit in s:reveal():gmatch "%d" do t[#t + 1] = digit end return t end,
    ["a list of numbers"] = function(s) local t = {} for digit in s:reveal():gmatch "%d%d" do t[#t + 1] = tonumber(digit) end return t end,
    ["halves in fields"] = function(s) return { a = s:reveal():sub(1, 8), b = s:reveal():sub(9) } end,
    ["halves as names"] = function(s) return { [s:reveal():sub(9)] = true } end,
    ["halves deep down"] = function(s) return { a = { b = { s:reveal():sub(4, 13) } } } end,
    ["a text around it"] = function(s) return "number " .. s:reveal():sub(1, 15) .. "x" end,
  }
  -- What can be read as a card number is masked like one in any text; the rest is hidden.
  local masked = { ["groups of four"] = "****.****.****." .. PAN:sub(-4) .. ".", ["digits apart"] = ("*_"):rep(12) .. PAN:sub(-4):gsub("%d", "%0_") }
  for name, f in pairs(wrong) do
    it("shows no more than that: " .. name, function()
      assert.equal(masked[name] or "***", shows(f))
      assert.equal(masked[name] or "***", shows(f, cards.secret(PAN, "undeclared")))
    end)
  end

  it("gets a text without the numbers in it", function()
    assert.equal("card ............6467", shows(function(text) return (text:gsub("%*", ".")) end, "card " .. PAN))
  end)

  it("shows nothing where a table is shared so often that it would never end", function()
    assert.equal("***", shows(function()
      local table_of = { "x" }
      for _ = 1, 15 do table_of = { table_of, table_of } end
      return table_of
    end))
  end)

  it("shows distinct names for distinct names", function()
    local names = {}
    for name in pairs(shows(function() return { ["4111111111111111"] = 1, ["4000056670071111"] = 2 } end)) do names[#names + 1] = name end
    table.sort(names)
    assert.same({ "************1111", "************1111#2" }, names)
  end)

  it("shows nothing where it yields, and goes on", function()
    local policy = mask.policy { label = mask.fn(function() return coroutine.yield() end) }
    local thread = coroutine.create(function() return policy { label = "a" }.label end)
    assert.same({ true, "***" }, { coroutine.resume(thread) })
    assert.equal("dead", coroutine.status(thread))
  end)

  it("ends with an error, not with three stars, where memory is used up", function()
    local ok, message = pcall(shows, function() error("not enough memory", 0) end)
    assert.is_false(ok)
    assert.equal("not enough memory", message)
    assert.equal("***", shows(function() error("not enough memory for " .. PAN) end))
  end)
end)

describe("a masked table", function()
  it("keeps distinct keys distinct that are card numbers", function()
    local card = { ["4111111111111111"] = "a", ["4000056670071111"] = "b", ["************1111"] = "c", ["************1111#2"] = "d", [4111111111111111] = "e" }
    local count = 0
    for key, value in pairs(mask(card)) do
      assert.truthy(key:find "^%*%*%*%*%*%*%*%*%*%*%*%*1111#?%d?$", key)
      assert.equal("***", value)
      count = count + 1
    end
    assert.equal(5, count)
  end)

  it("has texts for names where a list has more than places", function()
    local shown = mask { list = { "a", "b", name = "c", ["1"] = "d" } }
    local names = {}
    for name in pairs(shown.list) do
      assert.equal("string", type(name))
      names[#names + 1] = name
    end
    table.sort(names)
    assert.same({ "1", "1#2", "2", "name" }, names)
    assert.truthy(cjson.encode(shown))
  end)

  it("shows of each table in a list what the rules of the list's field say", function()
    local policy = cards.mask.policy { data = { id = cards.mask.keep, of = { city = cards.mask.keep } } }
    local function shown(list) return policy { data = list, other = list } end
    assert.same({ data = { { id = "1", pan = "************1111", of = { city = "B", x = "***" } }, { id = "2" } }, other = { { id = "***" } } }, {
      data = shown { { id = "1", pan = cards.secret("4111111111111111", "pan"), of = { city = "B", x = "y" } }, { id = "2" } }.data,
      other = shown { { id = "1" } }.other,
    })
    assert.same({ "***", "***", { { id = "3" } }, { of = { { city = "C" } } } }, shown { "a", 4, { { id = "3" } }, { of = { { city = "C" } } } }.data)
    assert.same({ { id = "***" } }, policy { { id = "4" } })
    local endless = {}
    endless[1] = endless
    assert.same({ "***" }, shown(endless).data)
  end)

  it("ends, however often and deep tables are shared", function()
    local shared = { number = pan() }
    for _ = 1, 60 do shared = { shared, shared } end
    local deep = {}
    for _ = 1, 1000 do deep = { deep } end
    local text = cjson.encode(mask { shared = shared, deep = deep, twice = { { a = 1 }, { a = 1 } } })
    assert.is_nil(text:find(PAN, 1, true))
  end)

  it("sees a table that contains itself at every depth", function()
    local one = {}
    one.one = one
    one.two = { one = one, three = { one = one, four = {} } }
    one.two.three.four.three = one.two.three
    assert.same({ one = "***", two = { one = "***", three = { one = "***", four = { three = "***" } } } }, mask(one))
    assert.same({ billing = { country = "US", again = "***" } }, (function()
      local billing = { country = "US" }
      billing.again = billing
      return mask { billing = billing }
    end)())
  end)

  it("asks no metatable", function()
    local asked = setmetatable({ brand = "visa" }, {
      __index = function() error "asked" end, __pairs = function() error "asked" end, __len = function() error "asked" end,
      __tostring = function() error "asked" end, __call = function() error "asked" end,
    })
    assert.same({ brand = "visa", inner = { brand = "***" } }, mask { brand = "visa", inner = asked })
    assert.same({ brand = "visa" }, mask(asked))
  end)

  it("has no number that an encoder refuses", function()
    local policy = mask.policy { a = mask.keep, b = mask.keep, c = mask.fn(function() return { 0 / 0, 1 / 0, -1 / 0 } end), d = mask.keep, e = mask.keep }
    assert.same({ a = "***", b = "***", c = { "***", "***", "***" }, d = -12, e = "-************1111" },
      policy { a = 0 / 0, b = -1 / 0, c = 1, d = -12, e = -4111111111111111 })
  end)
end)
