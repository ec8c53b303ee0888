--- cards.redact: text without card numbers.

local cards = require "cards"

local function becomes(expected, text)
  assert.equal(expected, cards.redact(text))
end

describe("cards.redact", function()
  it("masks a card number but for its last four digits", function()
    becomes("card ************1111.", "card 4111111111111111.")
    becomes("***********0005", "378282246310005")
    becomes("x************1111x", "x4111111111111111x")
  end)

  it("masks one that is written in groups, and keeps their separators", function()
    becomes("**** **** **** 1111", "4111 1111 1111 1111")
    becomes("****-****-****-1111", "4111-1111-1111-1111")
    becomes("**** - **** - **** - 1111", "4111 - 1111 - 1111 - 1111")
  end)

  it("masks each of several", function()
    becomes("************1111 ************4242", "4111111111111111 4242424242424242")
    becomes('{"a":"************1111","b":************4444}', '{"a":"4111111111111111","b":5555555555554444}')
  end)

  it("masks every length from 13 to 19 digits", function()
    for n = 13, 19 do
      for check = 0, 9 do
        local text = "6" .. ("0"):rep(n - 2) .. check
        if cards.secret(text):luhn() then
          becomes(("*"):rep(n - 4) .. text:sub(-4), text)
        end
      end
    end
  end)

  it("leaves what is no card number as it is", function()
    for _, text in ipairs {
      "", "no digits", "4111111111111112", "411111111111", "00000000000000000000", "at 2024-01-31 10:20:30", "4111.1111.1111.1111", "1", "a\0b", "\255\254",
    } do
      becomes(text, text)
    end
  end)

  it("keeps bytes around a number, NUL and broken UTF-8 as well", function()
    becomes("\0************1111\0\255", "\0004111111111111111\0\255")
  end)

  it("masks a number, all digits of which count", function()
    for _, number in ipairs { 4111111111111111, 4111111111111111 + 0.0 } do
      becomes("************1111", number)
    end
    becomes("-************1111", -4111111111111111)
    becomes("12.5", 12.5)
    becomes(tostring(1e300), 1e300)
  end)

  it("takes a text", function()
    for _, value in ipairs { false, {}, print } do
      assert.has_error(function() cards.redact(value) end)
    end
    assert.has_error(function() cards.redact() end)
  end)

  it("does not show a secret that it is given", function()
    local ok, result = pcall(cards.redact, cards.secret("4111111111111111", "pan"))
    assert.is_false(ok)
    assert.not_matches("4111", tostring(result), 1, true)
  end)
end)
