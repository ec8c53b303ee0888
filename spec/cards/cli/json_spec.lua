--- JSON for files of rows, as cards run and --json write it.

local cards = require "cards"
local decode = require "cards.core".json_decode
local encode = require "cards.cli.json"

describe("cards.cli.json", function()
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

  it("names the path of what has no place in JSON", function()
    local endless = {}
    endless.t = endless
    for expected, value in pairs {
      ["card.list.2 is a function, a coroutine or userdata"] = { card = { list = { 1, print } } },
      ["it is a function, a coroutine or userdata"] = io.stdout,
      ["name is no UTF-8, or has a NUL"] = { name = "\255" },
      ["nul is no UTF-8, or has a NUL"] = { nul = "a\0b" },
      ["a has places and names"] = { a = { 1, x = 2 } },
      ["list.1.holes has places with holes"] = { list = { { holes = { [1] = 1, [3] = 3 } } } },
      ["it has places with holes"] = { 1, [1.5] = 2, [3] = 3 },
      ["it has a name that is no UTF-8, or has a NUL"] = { ["\255"] = 1 },
      ["b is no number that JSON has"] = { b = 0 / 0 },
      ["c is no number that JSON has"] = { c = -1 / 0 },
      ["it has a key that is no name"] = { [true] = 1 },
    } do
      local text, wrong = encode(value)
      assert.is_nil(text)
      assert.equal(expected, wrong)
    end
    assert.matches("nested too deeply", select(2, encode(endless)))
    assert.matches("^x+ is a function", select(2, encode { [("x"):rep(1000)] = print }))
  end)

  it("writes what core.json_decode reads", function()
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
