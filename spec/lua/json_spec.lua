--- JSON of files of rows: core.json_decode.

local decode = require "cards.core".json_decode

describe("core.json_decode", function()
  it("makes plain values; null is absent", function()
    local value = decode '{"a":[1,2.5,null,"x"],"b":{"c":true,"d":null},"e":9007199254740992}'
    assert.same({ a = { 1, 2.5, nil, "x" }, b = { c = true }, e = 2 ^ 53 }, value)
    if math.type then
      assert.equal("integer", math.type(value.a[1]))
    end
    assert.equal("x", decode '"x"')
  end)

  it("says what is wrong, and where, and nothing of the text", function()
    local texts = { "", "{", "[1,]", '{"a":1,"a":2}', "{'a':1}", "nul", "4111111111111111 4111111111111111", '"\255"', ("["):rep(100) }
    for _, text in ipairs(texts) do
      local value, wrong = decode(text)
      assert.is_nil(value)
      assert.matches(" at byte %d+$", wrong)
      assert.is_nil(wrong:find "4111")
    end
  end)

  it("changes nothing: integers are exact, or wrong, and so is a text with a character that is none", function()
    for _, text in ipairs { "18446744073709551617", "[1e400]", '{"a":"4111\\u0000"}', '["\\ud800"]' } do
      local value, wrong = decode(text)
      assert.is_nil(value)
      assert.matches(text:find '"' and "half a surrogate pair" or "too large to be exact", wrong)
    end
    local value, wrong = decode "1618065507111835497"
    if math.type then
      assert.equal("1618065507111835497", ("%d"):format(value))
    else
      assert.equal("a number that is too large to be exact", wrong)
    end
    assert.equal(2 ^ 60, decode "1152921504606846976")
    assert.equal(0.1, decode "\239\187\1910.10")
  end)
end)
