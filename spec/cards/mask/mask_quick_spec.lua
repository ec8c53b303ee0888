--- A card is walked over in C, and by Lua where a table has a key that is no text: both show the same.

local cards = require "cards"
local cjson = require "cjson"

local mask = cards.mask
local PAN = "4539148803436467"

local function closed(text, class)
  local secret = cards.secret(text, class)
  secret:close()
  return secret
end

local values = {
  "", " ", "a", "John Doe", "  John   Doe ", "John 2 Doe", "4 You", "john\tdoe", "J\195\182rg \195\137mile", "\195\137mile Zola", "O'Neil-Smith",
  "a\0b c", ("John "):rep(100),
  "john.doe@example.com", "j@example.com", ".j@example.com", "@example.com", "john@", "a@b@c", "a b@c", "john@exam ple",
  "J\195\182rg@example.com", PAN .. "@example.com",
  "+1 (415) 505-6227", "505-62", "123456", "1234567", "\195\1821234567", ("1"):rep(12),
  ("1"):rep(13), "4222222222222", "4222 2222 2222 2", ("1 "):rep(12), ("1"):rep(200),
  PAN, "4539 1488 0343 6467", "4539-1488-0343-6467 ", "4539148803436468", "card " .. PAN .. " is open",
  "4539  1488   0343    6467", "453914880343646x7", "2023-11-07T05:31:56Z",
  "1234", "12345", "12345678", "123456789", "icrd_xxxxxxxxxxxxx", "2027", "12/2027",
  0, -12, 6.9, 2027, 1e12 - 1, 1e12, -1e12, 4539148803436467, -4539148803436467, 1e300, 0 / 0, 1 / 0, -1 / 0, true, false,
  print, coroutine.create(function() end), cjson.null, {}, { "a", "b" }, { field = "a", last4 = PAN }, { deep = { deep = { PAN } } }, { [PAN] = 1 },
  cards.secret(PAN, "pan"), cards.secret("4539 1488 0343 6467", "pan"), cards.secret("1234", "pan"), cards.secret("987", "cvv"),
  cards.secret("tok_0123456789", "token"),
  cards.secret(("x"):rep(100), "credential"), cards.secret(PAN, "undeclared"), closed(PAN, "pan"), closed("987", "cvv"),
}

--- Texts of what the rules look for.
local pieces = { "4", "53", "9148", "8803436467", " ", "  ", "-", "@", ".", "J", "doe", "\195\182", "\t", "+", "_" }
local seed = 1
for _ = 1, 300 do
  local made = {}
  for i = 1, 1 + seed % 9 do
    seed = (seed * 1103515245 + 12345) % 2 ^ 31
    made[i] = pieces[1 + math.floor(seed / 65536) % #pieces]
  end
  values[#values + 1] = table.concat(made)
end

local rules = {
  keep = mask.keep, drop = mask.drop, hide = mask.hide, initials = mask.initials, email = mask.email, phone = mask.phone, year_only = mask.year_only,
  pan = mask.pan(), ["pan {}"] = mask.pan {}, ["pan { 6, 4 }"] = mask.pan { first = 6, last = 4 }, last = mask.last(4), truncate = mask.truncate(6),
  hash = mask.hash "a key of 16 bytes", fn = mask.fn(function(value) return type(value) == "string" and #value or nil end),
  ["a table"] = { field = mask.keep, deep = { deep = mask.keep } },
}

describe("both ways over a card", function()
  local function compare(policy)
    for _, value in ipairs(values) do
      for _, name in ipairs { "field", "last4", "bin", "other" } do
        local said = name .. ": " .. tostring(value)
        local inner, general = policy { inner = { [name] = value } }.inner, policy { inner = { [name] = value, [1] = true } }.inner
        assert.same(policy { [name] = value, [1] = true } [name], policy { [name] = value } [name], said)
        assert.same(general[name], inner[name], said)
      end
    end
  end

  for name, rule in pairs(rules) do
    it("are the same for " .. name, function()
      compare(mask.policy { field = rule, last4 = rule, bin = rule, inner = { field = rule, last4 = rule, bin = rule } })
    end)
  end

  it("are the same without rules", function() compare(mask.policy {}) end)
end)

describe("a masked card", function()
  it("has its own rule for every name, however long and alike", function()
    local fields, card, expected = {}, {}, {}
    for i = 1, 60 do
      for _, name in ipairs { "f" .. i, ("a_field_with_a_name_%02d_of_more_than_forty_bytes"):format(i), ("x"):rep(i + 2) } do
        fields[name] = i % 2 == 0 and mask.keep or mask.drop
      end
    end
    local function again(name) return (name .. "_"):sub(1, -2) end -- a long text is another one than that of the policy
    for name, rule in pairs(fields) do
      local one = mask.policy(fields) { [again(name)] = "v", [name .. "_"] = "v" }
      assert.same({ rule == mask.keep and "v" or nil, fields[name .. "_"] == mask.keep and "v" or fields[name .. "_"] == nil and "***" or nil },
        { one[name], one[name .. "_"] })
    end
    for name, rule in pairs(fields) do
      card[again(name)], expected[name] = "v", rule == mask.keep and "v" or nil
    end
    assert.same(expected, mask.policy(fields)(card))
  end)

  it("calls a policy's function once", function()
    local calls = 0
    local policy = mask.policy { label = mask.fn(function() calls = calls + 1 return "x" end) }
    for _, more in ipairs { "text", PAN, { PAN }, { [PAN] = 1 } } do
      calls = 0
      assert.equal("x", policy { label = "a", more = more, [more] = type(more) == "string" and "b" or nil }.label)
      assert.equal(1, calls)
    end
  end)
end)
