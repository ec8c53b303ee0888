--- cards.secret: making, reading, closing, and all the ways that must not show it.

local cards = require "cards"
local program = require "support.program"

local NUMBER = "4111111111111111"
local CLASSES = { "pan", "cvv", "token", "credential", "undeclared" }

--- Runs the function; asserts that it raises an error that says this.
local function raises(what, f, ...)
  local ok, message = pcall(f, ...)
  assert.is_false(ok)
  assert.matches(what, tostring(message), 1, true)
end

local function with_file(content, check)
  local path = program.file(content)
  local secret, err = cards.secret.from_file(path)
  os.remove(path)
  return check(secret, err)
end

local function refused(secret, err)
  assert.is_nil(secret)
  assert.equal("invalid_request", err.kind)
  return tostring(err)
end

describe("cards.secret", function()
  it("holds the bytes of a string, whatever they are", function()
    for _, text in ipairs { "x", NUMBER, "a\0b\0", "\255\254", "line\nline\r\n", ("y"):rep(100000) } do
      assert.equal(text, cards.secret(text):reveal())
      assert.equal(#text, #cards.secret(text))
    end
  end)

  it("holds the empty string", function()
    local secret = cards.secret ""
    assert.equal("", secret:reveal())
    assert.equal(0, #secret)
    assert.equal("***", tostring(secret))
  end)

  it("has the class that was asked for, and is a credential otherwise", function()
    for _, class in ipairs(CLASSES) do
      assert.equal(class, cards.secret("x", class).class)
    end
    assert.equal("credential", cards.secret("x").class)
    assert.equal("credential", cards.secret("x", nil).class)
  end)

  it("takes a string and a class, and nothing else", function()
    raises("string", cards.secret)
    for _, value in ipairs { 4111111111111111, true, {}, cards.secret "x", print } do
      raises("string", cards.secret, value)
    end
    raises("pan, cvv, token, credential, undeclared", cards.secret, "x", "PAN")
    raises("pan, cvv, token, credential, undeclared", cards.secret, "x", "")
    raises("string", cards.secret, "x", {})
  end)

  it("does not show the value in the error of a wrong class", function()
    local _, message = pcall(cards.secret, NUMBER, NUMBER)
    assert.not_matches(NUMBER, tostring(message), 1, true)
  end)

  it("refuses more than 1 MiB", function()
    assert.equal(1048576, #cards.secret(("z"):rep(1048576)))
    assert.matches("1048576", refused(cards.secret(("z"):rep(1048577))), 1, true)
  end)
end)

describe("cards.secret.from_env", function()
  it("reads a variable", function()
    local output = program.run([[
      local secret = require "cards".secret.from_env "CARDS_SPEC_SECRET"
      print(secret.class, tostring(secret), secret:reveal() == "s3cret value")
    ]], { env = { CARDS_SPEC_SECRET = "s3cret value" } })
    assert.equal("credential\t***\ttrue\n", output)
  end)

  it("leaves one line break at the end out", function()
    for value, expected in pairs { ["tok_1\n"] = "tok_1", ["tok_1\r\n"] = "tok_1", ["tok_1\n\n"] = "tok_1\n", ["\ntok_1"] = "\ntok_1", ["a\nb\r"] = "a\nb" } do
      local output = program.run("io.write(require 'cards'.secret.from_env 'CARDS_SPEC_SECRET':reveal())", { env = { CARDS_SPEC_SECRET = value } })
      assert.equal(expected, output)
    end
    local output = program.run("print(select(2, require 'cards'.secret.from_env 'CARDS_SPEC_SECRET'))", { env = { CARDS_SPEC_SECRET = "\n" } })
    assert.matches("CARDS_SPEC_SECRET is not set or empty", output, 1, true)
  end)

  it("refuses one that is not set, or empty, naming it", function()
    assert.matches("CARDS_SPEC_NOT_SET", refused(cards.secret.from_env "CARDS_SPEC_NOT_SET"), 1, true)
    local output = program.run([[
      local secret, err = require "cards".secret.from_env "CARDS_SPEC_EMPTY"
      print(secret, err.kind, (tostring(err):find("CARDS_SPEC_EMPTY", 1, true)) ~= nil)
    ]], { env = { CARDS_SPEC_EMPTY = "" } })
    assert.equal("nil\tinvalid_request\ttrue\n", output)
  end)

  it("says in nginx that a line of its configuration may be missing", function()
    assert.not_matches("nginx", tostring(refused(cards.secret.from_env "CARDS_SPEC_NOT_SET")), 1, true)
    rawset(_G, "ngx", {})
    finally(function() rawset(_G, "ngx", nil) end)
    assert.matches("CARDS_SPEC_NOT_SET is not set or empty (nginx keeps from its workers what no line `env CARDS_SPEC_NOT_SET;` names)",
      refused(cards.secret.from_env "CARDS_SPEC_NOT_SET"), 1, true)
  end)

  it("takes a name", function()
    local _, err = cards.secret.from_env "CARDS\nSPEC"
    assert.equal("cards.secret: invalid_request: the name of an environment variable is expected", tostring(err))
    raises("string", cards.secret.from_env)
    raises("string", cards.secret.from_env, {})
    raises("NUL", cards.secret.from_env, "CARDS_SPEC_SECRET\0more")
  end)
end)

describe("cards.secret.from_file", function()
  local function reveals(expected)
    return function(secret, err)
      assert.is_nil(err)
      assert.equal("credential", secret.class)
      assert.equal(expected, secret:reveal())
    end
  end

  it("reads a file as it is", function()
    with_file("tok_1", reveals "tok_1")
    with_file("a\0b", reveals "a\0b")
    with_file(" spaced ", reveals " spaced ")
  end)

  it("leaves one line break at the end out", function()
    with_file("tok_1\n", reveals "tok_1")
    with_file("tok_1\r\n", reveals "tok_1")
    with_file("tok_1\n\n", reveals "tok_1\n")
    with_file("two\nlines\n", reveals "two\nlines")
    with_file("\ntok_1", reveals "\ntok_1")
  end)

  it("leaves a byte order mark out", function()
    with_file("\239\187\191tok_1\r\n", reveals "tok_1")
    assert.matches("is empty", with_file("\239\187\191\n", refused), 1, true)
  end)

  it("refuses an empty one, and one of a line break only", function()
    for _, content in ipairs { "", "\n", "\r\n" } do
      assert.matches("is empty", with_file(content, refused), 1, true)
    end
  end)

  it("takes 64 KiB and refuses more", function()
    with_file(("k"):rep(65536), reveals(("k"):rep(65536)))
    assert.matches("larger than 65536 bytes", with_file(("k"):rep(65537), refused), 1, true)
  end)

  it("refuses what is missing or no file, naming it and the reason", function()
    assert.matches("/nowhere/at/all: No such file or directory", refused(cards.secret.from_file "/nowhere/at/all"), 1, true)
    assert.matches("/tmp: Is a directory", refused(cards.secret.from_file "/tmp"), 1, true)
    assert.matches("/proc/self/comm/x: Not a directory", refused(cards.secret.from_file "/proc/self/comm/x"), 1, true)
  end)

  it("refuses a device", function()
    for _, path in ipairs { "/dev/zero", "/dev/null" } do
      assert.matches(path .. ": it is no regular file", refused(cards.secret.from_file(path)), 1, true)
    end
  end)

  it("reads a pipe to its end, as of a shell's <(command)", function()
    local pipe = os.tmpname()
    os.remove(pipe)
    assert(os.execute(("mkfifo %s && { { printf to; echo ken; } > %s & }"):format(pipe, pipe)))
    assert.equal("token", cards.secret.from_file(pipe):reveal())
    os.remove(pipe)
  end)

  it("takes a path", function()
    raises("string", cards.secret.from_file)
    raises("NUL", cards.secret.from_file, "/proc/self/comm\0.txt")
  end)
end)

describe("a secret that is printed", function()
  local number = cards.secret(NUMBER, "pan")
  local password = cards.secret("hunter2hunter2", "credential")

  it("shows its mask in tostring and on either side of ..", function()
    assert.equal("************1111", tostring(number))
    assert.equal("***", tostring(password))
    assert.equal("card ************1111", "card " .. number)
    assert.equal("************1111 is it", number .. " is it")
    assert.equal("************1111***", number .. password)
    assert.equal("7***", 7 .. password)
  end)

  it("shows its mask with print", function()
    local output = program.run([[
      local cards = require "cards"
      print(cards.secret("4111111111111111", "pan"), cards.secret "hunter2")
    ]])
    assert.equal("************1111\t***\n", output)
  end)

  it("shows its mask in the error that it is thrown as, or in", function()
    local output, status = program.run [[error("no: " .. require "cards".secret("hunter2"))]]
    assert.matches("no: ***", output, 1, true)
    assert.not_equal(0, status)
    output, status = program.run [[error(require "cards".secret("hunter2"))]]
    assert.not_matches("hunter2", output, 1, true)
    assert.not_equal(0, status)
  end)

  it("never shows its value, wherever a string is expected: it shows the mask or fails", function()
    local cjson = require "cjson"
    local attempts = {
      function(s) return ("%s"):format(s) end, function(s) return ("%q"):format(s) end, function(s) return ("%d"):format(s) end,
      function(s) return table.concat { s } end, function(s) return string.rep(s, 1) end, function(s) return string.sub(s, 1) end,
      function(s) return cjson.encode(s) end, function(s) return cjson.encode { s } end, function(s) return tonumber(s) end,
      function(s) return io.open "/dev/null":write(s) end, function(s) return assert(false, s) end, function(s) return s + 1 end,
      function(s) return s < s end, function(s) return next(s) end, function(s) return s[1] end, function(s) return s.bytes end,
      function(s) return s() end, function(s) return os.getenv(s) end, function(s) return require(s) end,
      function(s) return error(s, 0) end, function(s) return rawget(s, 1) end, function(s) return ("x"):gsub("x", s) end,
    }
    for place, attempt in ipairs(attempts) do
      for _, secret in ipairs { number, password } do
        local _, result = pcall(attempt, secret)
        result = tostring(result)
        assert.not_matches("hunter2", result, 1, true, "attempt " .. place)
        assert.not_matches("411111", result, 1, true, "attempt " .. place)
      end
    end
  end)

  it("concatenates with strings and numbers only", function()
    raises("concatenate", function() return number .. {} end)
    raises("concatenate", function() return nil .. number end)
  end)
end)

describe("a secret's fields", function()
  local secret = cards.secret("x", "token")

  it("are its class, its state and its methods; nothing else is there", function()
    assert.equal("open", secret.state)
    assert.is_nil(secret.value)
    assert.is_nil(secret[1])
    assert.is_nil(secret[secret])
    assert.is_function(secret.reveal)
  end)

  it("cannot be set", function()
    for _, key in ipairs { "class", "reveal", "x", 1 } do
      raises("takes no fields", function() secret[key] = "pan" end)
    end
    assert.equal("token", secret.class)
  end)

  it("have a metatable that nobody gets or changes", function()
    assert.equal("cards.secret", getmetatable(secret))
    raises("", setmetatable, secret, {})
  end)

  it("belong to secrets: a method on anything else is an error", function()
    for _, value in ipairs { "x", {}, io.stdout } do
      raises("secret expected", secret.reveal, value)
      raises("secret expected", secret.close, value)
    end
    raises("secret expected", secret.reveal)
  end)
end)

describe("s:digits()", function()
  it("is a new secret of the same class, without what is no digit", function()
    local secret = cards.secret("4111-1111 1111x1111", "pan")
    local digits = secret:digits()
    assert.equal(NUMBER, digits:reveal())
    assert.equal("pan", digits.class)
    digits:close()
    assert.equal("4111-1111 1111x1111", secret:reveal())
    assert.equal("", cards.secret("none", "token"):digits():reveal())
  end)
end)

describe("s:luhn()", function()
  it("checks a number of 13 to 19 digits, and of 12 where it is Maestro's", function()
    for _, text in ipairs { NUMBER, "4111 1111 1111 1111", "378282246310005", "4222222222222", "6304000000000000000", "501800000009", "6761 0000 0006" } do
      assert.is_true(cards.secret(text):luhn(), text)
    end
    for _, text in ipairs { "4111111111111112", "", "0", "000000000000", "411111111117", "501800000008", "00000000000000000000", "4111111111111111x" } do
      assert.is_false(cards.secret(text):luhn(), text)
    end
  end)
end)

describe("s:equals()", function()
  it("compares with a secret of any class, and with a string", function()
    local secret = cards.secret(NUMBER, "pan")
    assert.is_true(secret:equals(cards.secret(NUMBER, "token")))
    assert.is_true(secret:equals(NUMBER))
    assert.is_true(secret:equals(secret))
    assert.is_false(secret:equals(cards.secret "4111111111111112"))
    assert.is_false(secret:equals "")
    assert.is_false(secret:equals(NUMBER .. "\0"))
    assert.is_true(cards.secret "":equals "")
  end)

  it("takes nothing else", function()
    for _, value in ipairs { 4111, {}, true } do
      raises("secret or string", function() return cards.secret("4111"):equals(value) end)
    end
    raises("secret or string", function() return cards.secret("4111"):equals() end)
  end)
end)
