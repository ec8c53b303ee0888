--- JSON for files of rows: core.json_encode and core.json_decode.

local cards = require "cards"
local core = require "cards.core"

local encode, decode = core.json_encode, core.json_decode

describe("core.json_encode", function()
  it("writes plain values, with sorted names", function()
    assert.equal('{"a":1,"b":[1,2,{"c":"x\\n\\u0001"}],"d":{},"k\\"":true,"n":-1.5}', encode {
      d = {}, b = { 1, 2, { c = "x\n\1" } }, a = 1, ['k"'] = true, n = -1.5,
    })
    assert.equal('"é"', encode "é")
    assert.equal("null", encode(nil))
    assert.equal("false", encode(false))
    assert.equal("9007199254740992", encode(2 ^ 53))
    assert.equal("0.1", encode(0.1))
    assert.equal(1 / 3, decode("[" .. encode(1 / 3) .. "]")[1])
    if math.type then
      assert.equal("9223372036854775807", encode(math.maxinteger))
    end
  end)

  it("writes many names in their order", function()
    local names, expected = {}, {}
    for i = 1, 200 do
      names[("n%03d"):format(i)] = i
      expected[i] = ('"n%03d":%d'):format(i, i)
    end
    assert.equal("{" .. table.concat(expected, ",") .. "}", encode(names))
  end)

  it("shows masks of secrets", function()
    local closed = cards.secret("4111111111111111", "pan")
    closed:close()
    assert.equal('{"closed":"*** (closed)","cvv":"***","number":"************1111","token":"***"}', encode {
      number = cards.secret("4111111111111111", "pan"), cvv = cards.secret("123", "cvv"), token = cards.secret("tok_1234567890", "token"), closed = closed,
    })
  end)

  it("names the path of what has no place in JSON, and goes on afterwards", function()
    local endless = {}
    endless.t = endless
    for expected, value in pairs {
      ["card.list.2 is a function, a coroutine or userdata"] = { card = { list = { 1, print } } },
      ["it is a function, a coroutine or userdata"] = io.stdout,
      ["name is no UTF-8, or has a NUL"] = { name = "\255" },
      ["nul is no UTF-8, or has a NUL"] = { nul = "a\0b" },
      ["a has places and names, or places with holes"] = { a = { 1, x = 2 } },
      ["holes has places and names, or places with holes"] = { holes = { [1] = 1, [3] = 3 } },
      ["b is no number that JSON has"] = { b = 0 / 0 },
      ["c is no number that JSON has"] = { c = -1 / 0 },
      ["it has a key that is no name"] = { [true] = 1 },
    } do
      local ok, wrong = pcall(encode, value)
      assert.is_false(ok)
      assert.equal(expected, wrong)
      assert.equal("[1]", encode { 1 })
    end
    assert.matches("nested too deeply", select(2, pcall(encode, endless)))
    assert.has_error(function() encode() end)
    assert.is_false((pcall(encode, { [("x"):rep(1000)] = print })))
  end)
end)

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
    local texts = { "", "{", "[1,]", '{"a":1,"a":2}', "{'a':1}", "nul", "4111111111111111 4111111111111111", '"\255"', "9007199254740993", ("["):rep(100) }
    for _, text in ipairs(texts) do
      local value, wrong = decode(text)
      assert.is_nil(value)
      assert.matches(" at byte %d+$", wrong)
      assert.is_nil(wrong:find "4111")
    end
  end)

  it("reads what the other one writes", function()
    math.randomseed(os.time())
    local function random(depth)
      local kind = math.random(depth > 4 and 4 or 6)
      if kind == 1 then
        return math.random(-1000, 1000)
      elseif kind == 2 then
        local text = {}
        for i = 1, math.random(0, 20) do
          text[i] = string.char(math.random(1, 126))
        end
        return table.concat(text)
      elseif kind == 3 then
        return math.random() < 0.5
      elseif kind == 4 then
        return (math.random() - 0.5) * 10 ^ math.random(-20, 20)
      end
      local made = {}
      for i = 1, math.random(40) do
        made[kind == 5 and i or "k" .. math.random(1000)] = random(depth + 1 + math.random(2))
      end
      return made
    end
    for _ = 1, 200 do
      local value = { v = random(0) }
      local text = encode(value)
      assert.same(value, decode(text))
      assert.equal(text, encode(decode(text)))
    end
  end)
end)
