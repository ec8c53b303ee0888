--- What may be shown of a secret: never more than the first 8 and the last 4, never the whole, never anything of a cvv.

local cards = require "cards"

local CLASSES = { "pan", "cvv", "token", "credential", "undeclared" }
local DIGITS = "5105105105105100999"

local function raises(what, f, ...)
  local ok, message = pcall(f, ...)
  assert.is_false(ok)
  assert.matches(what, tostring(message), 1, true)
end

--- The number's first n digits.
local function number(n)
  return DIGITS:sub(1, n)
end

describe("the mask of a pan", function()
  it("has a star for each digit but the last four", function()
    for n = 13, 19 do
      assert.equal(("*"):rep(n - 4) .. number(n):sub(-4), tostring(cards.secret(number(n), "pan")))
    end
  end)

  it("has as many of a number of Maestro's with 12 digits, and hides two of them at least", function()
    local secret = cards.secret("5018 0000 0009", "pan")
    assert.equal("********0009", tostring(secret))
    assert.equal("501800**0009", secret:mask { first = 8, last = 4 })
    assert.equal("501800", secret:first(8))
    assert.equal("0009", secret:last(8))
  end)

  it("leaves separators out", function()
    assert.equal("************1234", tostring(cards.secret("4111 1111-1111 1234", "pan")))
  end)

  it("is fixed where it is no card number", function()
    for _, text in ipairs { "", "1", "4111", "411111111111", number(19) .. "1", "4111-1111-1111-111x", "4111111111111111\n", "tok_12345678901234567" } do
      assert.equal("***", tostring(cards.secret(text, "pan")), text)
    end
  end)

  it("shows first and last as asked", function()
    local secret = cards.secret("4111111111111234", "pan")
    assert.equal("411111******1234", secret:mask { first = 6, last = 4 })
    assert.equal("41**************", secret:mask { first = 2 })
    assert.equal("**************34", secret:mask { last = 2 })
    assert.equal("****************", secret:mask {})
    assert.equal("************1234", secret:mask())
    assert.equal("************1234", secret:mask(nil))
  end)

  it("shows never more than the first 8 and the last 4", function()
    assert.equal("41111111****1234", cards.secret("4111111111111234", "pan"):mask { first = 16, last = 16 })
    assert.equal("41111111*******1234", cards.secret("4111111111111111234", "pan"):mask { first = 1000, last = 1000 })
  end)

  it("hides at least three digits", function()
    for n = 13, 19 do
      local mask = cards.secret(number(n), "pan"):mask { first = 8, last = 4 }
      assert.equal(n, #mask)
      assert.is_true(select(2, mask:gsub("%*", "")) >= 3, mask)
    end
  end)
end)

describe("the mask of anything else", function()
  it("is the same whatever the length", function()
    for _, class in ipairs { "cvv", "token", "credential", "undeclared" } do
      for _, text in ipairs { "", "1", "123", "1234567", "4111111111111111", ("x"):rep(1000) } do
        assert.equal("***", tostring(cards.secret(text, class)), class .. " " .. #text)
        assert.equal("***", cards.secret(text, class):mask())
      end
    end
  end)

  it("shows ends of a longer token, a quarter at most", function()
    local token = cards.secret("tok_abcdefgh", "token")
    assert.equal("tok***fgh", token:mask { first = 3, last = 3 })
    assert.equal("tok***fgh", token:mask { first = 99, last = 99 })
    assert.equal("***gh", token:mask { last = 2 })
    assert.equal("***", cards.secret("1234567", "token"):mask { first = 4, last = 4 })
  end)

  it("shows nothing of a cvv", function()
    for _, text in ipairs { "1", "123", "1234", "12345678901234567890" } do
      assert.equal("***", cards.secret(text, "cvv"):mask { first = 8, last = 4 })
    end
  end)
end)

describe("s:mask", function()
  local secret = cards.secret("4111111111111111", "pan")

  it("refuses options that it does not have", function()
    raises("middle", secret.mask, secret, { middle = 3 })
    raises("first and last", secret.mask, secret, { 6, 4 })
    raises("table", secret.mask, secret, 6)
    raises("table", secret.mask, secret, "6")
  end)

  it("takes any number of characters for as many as may be shown", function()
    for _, n in ipairs { 1e6, 1e7, 2 ^ 53, 1e300 } do
      assert.equal("41111111****1111", secret:mask { first = n, last = n })
      assert.equal("41111111 1111", secret:first(n) .. " " .. secret:last(n))
    end
  end)

  it("refuses what is no count", function()
    for _, value in ipairs { -1, 1.5, "4", true, 0 / 0, 1 / 0, {} } do
      raises("first must be a whole number", secret.mask, secret, { first = value })
      raises("last must be a whole number", secret.mask, secret, { last = value })
    end
  end)
end)

describe("s:first and s:last", function()
  it("count digits of a number", function()
    local secret = cards.secret("4111-2222 3333-1234", "pan")
    assert.equal("411122", secret:first(6))
    assert.equal("1234", secret:last(4))
    assert.equal("", secret:first(0))
    assert.equal("", secret:last(0))
  end)

  it("show as much as may be shown", function()
    local secret = cards.secret("4111222233331234", "pan")
    assert.equal("41112222", secret:first(16))
    assert.equal("1234", secret:last(16))
    assert.equal("", cards.secret("123", "cvv"):first(3))
    assert.equal("", cards.secret("123", "cvv"):last(1))
    assert.equal("", cards.secret("1234567", "token"):first(1))
    assert.equal("to", cards.secret("tok_1234", "token"):first(8))
    assert.equal("34", cards.secret("tok_1234", "token"):last(8))
  end)

  it("refuse what is no count", function()
    local secret = cards.secret("4111222233331234", "pan")
    for _, value in ipairs { -1, 1.5, "4", true, 0 / 0, {} } do
      raises("whole number", secret.first, secret, value)
      raises("whole number", secret.last, secret, value)
    end
    raises("whole number", secret.first, secret)
  end)

  it("together leave three digits of a number hidden, and half of anything else", function()
    for n = 13, 19 do
      local secret = cards.secret(number(n), "pan")
      assert.is_true(#secret:first(99) + #secret:last(99) <= n - 3, n .. " digits")
    end
    for _, class in ipairs(CLASSES) do
      for n = 0, 12 do
        local secret = cards.secret(number(n), class)
        assert.is_true(#secret:first(99) + #secret:last(99) <= n / 2, class .. " of " .. n)
      end
    end
  end)

  it("show of any value in any class no more than 8 and 4, from its ends", function()
    for _, class in ipairs(CLASSES) do
      for n = 0, 80 do
        local text = {}
        for i = 1, n do
          text[i] = string.char(97 + (i * 7) % 26)
        end
        text = table.concat(text)
        local secret = cards.secret(text, class)
        local first, last = secret:first(1000), secret:last(1000)
        assert.is_true(#first <= 8 and #last <= 4 and (n == 0 or #first + #last < n), class .. " of " .. n)
        if class ~= "pan" then -- which counts digits, and here are none
          assert.equal(text:sub(1, #first), first)
          assert.equal(text:sub(n - #last + 1), last)
        end
      end
    end
  end)

  it("names an option that it does not have, where that is a word", function()
    local secret = cards.secret("4111111111111111", "pan")
    assert.matches("mask has no option 'frist'", select(2, pcall(secret.mask, secret, { frist = 6 })), 1, true)
    assert.matches("mask has no option '?'", select(2, pcall(secret.mask, secret, { ["4111111111111111"] = 6 })), 1, true)
  end)
end)
