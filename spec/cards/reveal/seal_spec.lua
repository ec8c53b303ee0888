--- What is sealed: cards.seal and s:seal(). That others open it is in spec/crypto.

local cards = require "cards"
local openssl = require "support.openssl"

local PAN = "4111111111111111"
local KEY = openssl.run("pkey -pubout", openssl.run("genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 2>/dev/null", ""))

--- What is said of values that cannot be sealed.
local function refusal(values)
  local sealed, err = cards.seal(values, KEY)
  assert.is_nil(sealed)
  assert.equal("invalid_request", err.kind)
  assert.equal("cards", err.provider)
  assert.equal("seal", err.operation)
  return err.message
end

--- The bytes of what is encrypted, which a GCM leaves as many as they were.
local function length(jwe)
  local parts = {}
  for part in (jwe .. "."):gmatch "([^.]*)%." do table.insert(parts, part) end
  assert.equal(5, #parts)
  assert.equal("", parts[2]) -- a key that is agreed upon is not sent
  return math.floor(#parts[4] * 3 / 4)
end

describe("cards.seal", function()
  it("has all of a table in it, and shows none", function()
    local number = cards.secret(PAN, "pan")
    local billing = { city = "Rāma", lines = { "a", "b" } }
    local sealed = cards.seal({ number = number, cvv = cards.secret("123", "cvv"), exp_month = 1, billing = billing, ok = true }, KEY)
    assert.equal(#('{"billing":{"city":"Rāma","lines":["a","b"]},"cvv":"123","exp_month":1,"number":"4111111111111111","ok":true}'), length(sealed))
    assert.matches("^[%w_-]+%.%.[%w_-]+%.[%w_-]+%.[%w_-]+$", sealed)
    assert.equal(sealed, cards.redact(sealed))
    assert.equal("open", number.state)
  end)

  it("is another text each time", function()
    local seen = {}
    for _ = 1, 50 do
      local sealed = cards.seal({ number = cards.secret(PAN, "pan") }, KEY)
      assert.is_nil(seen[sealed])
      seen[sealed] = true
    end
  end)

  it("takes an empty table, and one of 64 KiB but no longer one", function()
    assert.equal(2, length(cards.seal({}, KEY)))
    local frame = #'{"a":""}'
    assert.equal(65536, length(assert(cards.seal({ a = ("x"):rep(65536 - frame) }, KEY))))
    assert.equal("the table is longer than 64 KiB", refusal { a = ("x"):rep(65537 - frame) })
  end)

  it("refuses what JSON does not have", function()
    local closed, loop = cards.secret "x", {}
    closed:close()
    loop.loop = loop
    assert.equal("the table has a secret that is not open", refusal { a = closed })
    assert.equal("the table has a value that is no text, number, boolean, secret or table", refusal { a = print })
    assert.equal("the table is nested too deeply", refusal(loop))
    assert.equal("the table is a list with a hole or a name in it", refusal { [1] = "a", b = "c" })
    assert.equal("the table has a text that is not valid UTF-8, or is too long", refusal { a = cards.secret "\255" })
    assert.equal("the table has a number that is not finite", refusal { a = 0 / 0 })
  end)
end)

describe("s:seal()", function()
  it("has the bytes of the secret in it", function()
    for _, text in ipairs { "", "x", "a\0b\255", PAN, ("x"):rep(65536) } do
      assert.equal(#text, length(assert(cards.secret(text):seal(KEY))))
    end
    local sealed, err = cards.secret(("x"):rep(65537)):seal(KEY)
    assert.is_nil(sealed)
    assert.equal("cards.seal: invalid_request: the secret is longer than 64 KiB", tostring(err))
    assert.equal("recipient.purpose must be a string that is not empty", select(2, cards.secret "x":seal { key = KEY, purpose = "" }).message)
  end)

  it("raises at the line that calls it where the program is wrong", function()
    local closed, secret = cards.secret "x", cards.secret "x"
    closed:close()
    local function raised(call)
      local ok, message = pcall(call)
      assert.is_false(ok)
      assert.matches("^spec/cards/reveal/seal_spec.lua:%d+: ", message)
      return (message:gsub("^[^ ]+ ", ""))
    end
    assert.equal("the secret is closed", raised(function() return (closed:seal(KEY)) end))
    assert.equal("bad argument #1 to 'seal' (secret expected)", raised(function() return (secret.seal("x", KEY)) end))
    assert.equal("s:seal: the recipient must be a public key or a table of settings with one", raised(function() return (secret:seal()) end))
    assert.matches("unknown key 'colour'", raised(function() return (secret:seal { key = KEY, colour = "x" }) end))
  end)
end)
