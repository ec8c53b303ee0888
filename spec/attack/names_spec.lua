--- A value where a name belongs: whoever mixes the two up does not find the value in a message.

local cards = require "cards"
local core = require "cards.core"

--- What a refusal says. @param made nothing
local function said(made, err)
  assert.is_nil(made)
  assert.equal("invalid_request", err.kind)
  return tostring(err)
end

describe("a value where the name of an environment variable belongs", function()
  it("is not shown", function()
    for _, value in ipairs { "sk-live-2fb8", "p@ss word", "4111111111111111", "A4111111111111111", "_4111_1111_1111_1111", "9lives", "",
      "a=b", "tok\27en", "t\195\182ken", ("a"):rep(129), "line\nbreak" } do
      assert.equal("cards.secret: invalid_request: the name of an environment variable is expected", said(cards.secret.from_env(value)))
    end
  end)

  it("is shown where it is a name", function()
    for _, name in ipairs { "CARDS_NOT_THERE", "_x9", ("a"):rep(128) } do
      assert.matches("the environment variable " .. name .. " is not set or empty", said(cards.secret.from_env(name)), 1, true)
    end
  end)
end)

describe("a value where a path belongs", function()
  it("is not shown", function()
    for _, value in ipairs { "p@ss word", "4111111111111111", "/x/4111111111111111", "4111-1111-1111-1111", "4111 1111.1111 1111", "key=value", "",
      "a/b\27[2J", "a.b\nc", "a.\127", "123456789012.pem",
      "-----BEGIN PRIVATE KEY-----\nMIIEvQIBADANBgkqhkiG9w0BAQEF/AASCBKcw\n", "/" .. ("a"):rep(4096) } do
      assert.equal("cards.secret: invalid_request: the path of a file is expected", said(cards.secret.from_file(value)))
    end
  end)

  it("is shown where it is a path", function()
    for _, path in ipairs { "/nowhere/at/all", "not there.pem", "not-there_1", "./2026-01-02/not there/12345678901" } do
      assert.matches(path .. ": No such file or directory", said(cards.secret.from_file(path)), 1, true)
    end
  end)

  it("is not shown either where there is such a file", function()
    local path = os.tmpname()
    os.rename(path, path .. "-4111111111111111")
    assert.equal("cards.secret: invalid_request: the file: it is empty", said(cards.secret.from_file(path .. "-4111111111111111")))
    os.remove(path .. "-4111111111111111")
  end)
end)

describe("a key where workers share names", function()
  it("is found in none of them, whatever it is", function()
    for _, key in ipairs { "order 17", "4111111111111111", 17, cards.secret("4111111111111111", "pan"), cards.secret "sk-live-2fb8", "" } do
      local name = core.shared_name(key)
      assert.matches("^%x+$", name)
      assert.equal(64, #name)
      assert.equal(name, core.shared_name(key))
      assert.not_equal(name, core.hash("cards", key))
    end
  end)

  it("has one name as a text, a number and a secret, and others have others", function()
    assert.equal(core.shared_name "17", core.shared_name(17))
    assert.equal(core.shared_name "17", core.shared_name(cards.secret "17"))
    assert.equal(core.shared_name "4111111111111111", core.shared_name(cards.secret("4111 1111 1111 1111", "pan")))
    assert.not_equal(core.shared_name "17", core.shared_name "18")
    assert.not_equal(core.shared_name "", core.shared_name "\0")
  end)

  it("is refused where it has no name", function()
    local closed = cards.secret "x"
    closed:close()
    for _, key in ipairs { closed, {}, true, print } do
      assert.is_false(pcall(core.shared_name, key))
    end
    assert.is_false(pcall(core.shared_name))
  end)
end)
