--- How a card is walked over: tables of every size, names of every length, and functions that meddle with what is masked.

local cards = require "cards"
local program = require "support.program"

local mask = cards.mask
local PAN = "4539148803436467"

--- What a policy with one rule makes of one value.
local function shows(rule, value)
  return mask.policy { field = rule } { field = value }.field
end

local function again(name) return (name .. "_"):sub(1, -2) end -- a long text is another one than that of the policy

describe("a masked card", function()
  it("has its own rule for every name, however long and alike", function()
    local fields, card, expected = {}, {}, {}
    for i = 1, program.watched and 20 or 60 do
      for _, name in ipairs { "f" .. i, ("a_field_with_a_name_%02d_of_more_than_forty_bytes"):format(i), ("x"):rep(i + 2) } do
        fields[name] = i % 2 == 0 and mask.keep or mask.drop
      end
    end
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

  it("is whole, however many fields and places it has", function()
    for _, count in ipairs { 0, 1, 31, 32, 33, 63, 64, 65, 200 } do
      local rules, card, list = {}, {}, {}
      for i = 1, count do
        rules["f" .. i], card["f" .. i], list[i] = mask.keep, i, i
      end
      assert.same(card, mask.policy(rules)(card))
      local shown = mask { list = list, twice = { list, list } }
      assert.same({ count, count }, { #shown.list, #shown.twice[2] })
      card[4111111111111111], card["4000056670071111"] = true, true
      shown = mask.policy(rules)(card)
      assert.same({ "***", "***" }, { shown["************1111"], shown["************1111#2"] })
      assert.equal(count > 0 and count or nil, shown["f" .. count])
    end
  end)

  it("has what is left of texts of any length", function()
    for _, length in ipairs { 50, 60, 61, 62, 63, 64, 120, 125, 126, 127, 1000 } do
      local words = ("Jo "):rep(length)
      assert.equal(("J. "):rep(length):sub(1, -2), shows(mask.initials, words))
      assert.equal("j***@" .. ("x"):rep(length), shows(mask.email, "jo@" .. ("x"):rep(length)))
      assert.equal("***" .. ("x"):rep(length), shows(mask.last(length), ("y"):rep(length) .. ("x"):rep(length)))
      assert.equal(("y"):rep(length) .. "...", shows(mask.truncate(length), ("y"):rep(length) .. ("x"):rep(length)))
    end
  end)

  it("has nothing of a card number in a text, whatever the rule", function()
    local rules = { mask.keep, mask.initials, mask.email, mask.phone, mask.year_only, mask.last(100), mask.last(12), mask.truncate(100), mask.truncate(12),
      mask.fn(function(text) return text end) }
    for _, rule in ipairs(rules) do
      for _, text in ipairs { PAN, "card " .. PAN, PAN .. "@" .. PAN .. ".example", "2027-12-" .. PAN, (PAN:gsub("%d%d%d%d", "%0 ")) } do
        local shown = shows(rule, text):gsub("%D", "")
        assert.is_nil(PAN:find(shown:sub(1, 7), 1, true) and #shown > 6 and shown or nil, shown)
      end
    end
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

describe("a policy's function", function()
  it("shows nothing of a secret that it closes", function()
    for _, result in ipairs { "text", PAN, { PAN:sub(1, 8), PAN:sub(9) } } do
      assert.equal("***", shows(mask.fn(function(secret) secret:close() return result end), cards.secret(PAN, "pan")))
    end
  end)

  it("shows no digits in an order of names either", function()
    assert.equal("***", shows(mask.fn(function(secret)
      local made, at = {}, 0
      for digits in secret:reveal():gmatch "%d%d" do
        at = at + 1
        made["part" .. ("hgfedcba"):sub(9 - at, 9 - at)] = digits
      end
      return made
    end), cards.secret(PAN, "pan")))
    assert.same({ a = "45391488", b = { c = 6467 } }, shows(mask.fn(function(secret)
      return { a = secret:first(8), b = { c = tonumber(secret:last(4)) } }
    end), cards.secret(PAN, "pan")))
  end)

  it("may empty the card that is masked, and mask another one", function()
    local card, inner = { label = "a", brand = "visa", extra = { 1, 2 } }, nil
    local policy
    policy = mask.policy { brand = mask.keep, label = mask.fn(function(text)
      if not inner then
        inner = true
        inner = policy { label = "b", brand = "mc" }
        for name in pairs(card) do card[name] = nil end
        collectgarbage()
      end
      return text .. text
    end) }
    local shown = policy(card)
    assert.same({ label = "bb", brand = "mc" }, inner)
    assert.equal("aa", shown.label)
    assert.is_nil(next(card))
  end)
end)
