--- cards.redact: text without card numbers.

local cards = require "cards"
local program = require "support.program"

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
      "", "no digits", "4111111111111112", "411111111111", "00000000000000000000", "at 2024-01-31 10:20:30", "9999999999999995", "1", "a\0b", "\255\254",
    } do
      becomes(text, text)
    end
  end)

  it("finds a number however it is written", function()
    for text, shown in pairs {
      ["4111.1111.1111.1111"] = "****.****.****.1111", ["4111\t1111\n1111/1111"] = "****\t****\n****/1111",
      ["4111%201111%201111%201111"] = "****%20****%20****%201111",
      ["4111\\u00201111\\u00201111\\u00201111"] = "****\\u0020****\\u0020****\\u00201111", ["4111\194\1601111\226\128\1471111\226\128\1391111"] =
        "****\194\160****\226\128\147****\226\128\1391111",
      ["4111111111111111123"] = "************1111***", ["41111111111111111227"] = "************1111****", ["501800000009"] = "********0009",
      ["6761 0000 0006"] = "**** **** 0006",
    } do
      becomes(shown, text)
    end
  end)

  -- Each kind a thousand times: what is masked has a valid sum and begins as a card's number does, which one of some hundred does by chance.
  it("leaves times, ids, UUIDs and telephone numbers as they are", function()
    local function digits(n, seed) return (("%.0f"):format((seed * 2654435761) % 10 ^ 9) .. ("%.0f"):format((seed * 40503 + 7) % 10 ^ 9)):rep(3):sub(1, n) end
    for i = 1, program.watched and 200 or 1000 do
      for _, text in ipairs {
        ("2024-%02d-%02d %02d:%02d:%02d.%03d"):format(i % 12 + 1, i % 28 + 1, i % 24, i % 60, i % 59, i % 1000),
        ("%d"):format(1700000000 + i * 7919), ("%.0f"):format(1700000000000 + i * 7919),
        ("2024%02d%02d%02d%02d%02d"):format(i % 12 + 1, i % 28 + 1, i % 24, i % 60, i % 59), "id-" .. digits(12, i), "+1 (415) 505-" .. digits(4, i),
        "0" .. digits(15, i), "1" .. digits(15, i),
      } do
        becomes(text, text)
      end
    end
    becomes("6f1ed002-ab5c-4f38-9c4b-3a1f6d9b1d11", "6f1ed002-ab5c-4f38-9c4b-3a1f6d9b1d11")
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
