--- cards.check: what is wrong with a value, naming its key and never the value.

local cards = require "cards"
local check = require "cards.util.check"

describe("check.meant", function()
  local known = { timeout = true, retries = true, base_url = true, connect_timeout = true }
  local LIST = " (known are base_url, connect_timeout, retries, timeout)"

  local function meant(name, names) return (check.meant(name, names or known)) end

  it("is the known name that is a slip or two away, or begins the same, whatever its case and separators", function()
    for name, expected in pairs {
      timout = "timeout", tiemout = "timeout", time_out = "timeout", Timeout = "timeout", timeouts = "timeout", retires = "retries", baseUrl = "base_url",
      baseURL = "base_url", ["base-url"] = "base_url", BASE_URL = "base_url", base = "base_url", connect_time = "connect_timeout",
      connection_timeout = "connect_timeout",
      timeout_ms = "timeout",
    } do
      assert.equal((" (did you mean '%s'?)"):format(expected), meant(name), name)
    end
  end)

  it("is none of them for a name that is like none: they are listed", function()
    for _, name in ipairs { "verify", "x", "", "url", "ba", "trs", "tries" } do
      assert.equal(LIST, meant(name), name)
    end
    assert.equal(LIST, meant(5))
    assert.equal(LIST, meant(true))
    assert.equal(" (known is a)", meant("zz", { a = true }))
    assert.equal("", meant("x", {}))
    assert.same({ LIST }, { check.meant("verify", known) })
    assert.same({ " (did you mean 'timeout'?)", "timeout", 1 }, { check.meant("timout", known) })
  end)

  it("does not depend on the order of the table: of equals, the one that is spelled most alike, then the first by alphabet", function()
    for _ = 1, 20 do
      local names = {}
      for _, name in ipairs { "name_b", "name_a", "name_c", "name_d" } do
        names[name] = true
      end
      assert.equal(" (did you mean 'name_a'?)", meant("name_z", names))
    end
    assert.equal(" (did you mean 'exp_year'?)", meant("exp_yeer", { expYear = true, exp_year = true }))
    assert.equal(" (did you mean 'expYear'?)", meant("expYeer", { expYear = true, exp_year = true }))
  end)

  it("says how many names there was no room for", function()
    local names = {}
    for i = 1, 100 do
      names[("field_%03d"):format(i)] = true
    end
    local count, more = select(2, meant("x", names):gsub("field_", "")), meant("x", names):match " and (%d+) more%)$"
    assert.equal(100, count + tonumber(more))
    assert.is_true(#meant("x", names) < 400)
  end)

  it("is part of the message for an unknown key", function()
    assert.equal("unknown key 'x'", check.unknown("x", {}))
    assert.equal("unknown key 'timout' (did you mean 'timeout'?)", check.unknown("timout", known))
    assert.equal("unknown key 'x'" .. LIST, check.unknown("x", known))
  end)

  it("shows no card number that stands in the place of a name, and no line break", function()
    assert.equal("unknown key '************1111'", check.unknown("4111111111111111", {}))
    assert.equal("unknown key 'a?b'", check.unknown("a\nb", {}))
    assert.equal("unknown key '" .. ("x"):rep(64) .. "'", check.unknown(("x"):rep(300), {}))
  end)
end)

describe("a check", function()
  it("of a number", function()
    local test = check.number(1, 10)
    assert.is_nil(test(1, "k"))
    assert.is_nil(test(10, "k"))
    assert.is_nil(test(1.5, "k"))
    for _, value in ipairs { 0.9, 10.1, -1 / 0, 1 / 0 } do
      assert.equal("k must be a number from 1 to 10", test(value, "k"))
    end
    for _, value in ipairs { "5", {}, true, 0 / 0 } do
      assert.equal("k must be a number", test(value, "k"))
    end
  end)

  it("of a whole number", function()
    local test = check.number(0, 10, true)
    assert.is_nil(test(0, "k"))
    assert.is_nil(test(10, "k"))
    assert.equal("k must be a whole number from 0 to 10", test(1.5, "k"))
    assert.equal("k must be a whole number from 0 to 10", test(11, "k"))
  end)

  it("of true or false", function()
    assert.is_nil(check.boolean(true, "k"))
    assert.is_nil(check.boolean(false, "k"))
    assert.equal("k must be true or false", check.boolean("true", "k"))
    assert.equal("k must be true or false", check.boolean(nil, "k"))
  end)

  it("of a function", function()
    assert.is_nil(check.callback(print, "k"))
    assert.equal("k must be a function", check.callback("print", "k"))
  end)

  it("of a few words", function()
    local test = check.one_of("a", "b")
    assert.is_nil(test("a", "k"))
    assert.equal("k must be one of a, b", test("c", "k"))
    assert.equal("k must be one of a, b", test(1, "k"))
  end)

  it("of a text", function()
    assert.is_nil(check.text("x y", "k"))
    assert.is_nil(check.text("\195\164", "k"))
    for _, value in ipairs { "", 5, {}, true } do
      assert.equal("k must be a string that is not empty", check.text(value, "k"))
    end
    for _, value in ipairs { "a\nb", "a\rb", "\0", "\127", "\t" } do
      assert.matches("k contains a line break, a NUL", check.text(value, "k"), 1, true)
    end
  end)

  it("of a credential", function()
    assert.is_nil(check.credential("x", "k"))
    assert.is_nil(check.credential(cards.secret "x", "k"))
    assert.is_nil(check.credential("a\nb", "k", true))
    assert.matches("contains", check.credential("a\nb", "k"), 1, true)
    assert.matches("contains", check.credential("a\nb\0", "k", true), 1, true)
    local closed = cards.secret "x"
    closed:close()
    assert.equal("k is a secret that is closed", check.credential(closed, "k"))
    assert.is_nil(check.credential(cards.secret "", "k")) -- an error of the call
    for _, value in ipairs { "", 5, {}, io.stdout } do
      assert.matches("k must be a string that is not empty, a secret", check.credential(value, "k"), 1, true)
    end
  end)

  it("of a table names the key that is wrong", function()
    local known = { a = check.boolean, b = check.text }
    assert.is_nil(check.table({ a = true, b = "x" }, known))
    assert.is_nil(check.table({}, known))
    assert.equal("a must be true or false", check.table({ a = 1 }, known))
    assert.equal("in.a must be true or false", check.table({ a = 1 }, known, "in."))
    assert.equal("in: unknown key 'aa' (did you mean 'a'?)", check.table({ aa = 1 }, known, "in."))
    assert.equal("in must be a table", check.table("x", known, "in."))
  end)

  it("of what is a secret is not deceived by a table or another userdata", function()
    assert.is_true(check.is_secret(cards.secret "x"))
    for _, value in ipairs { "x", {}, io.stdout, setmetatable({}, { __metatable = "cards.secret" }) } do
      assert.is_false(check.is_secret(value))
    end
  end)
end)

describe("check.digits", function()
  it("has all digits of a whole number, and none of anything else", function()
    assert.equal("5", check.digits(5.0))
    assert.equal("-1", check.digits(-1))
    assert.equal("9007199254740992", check.digits(2 ^ 53))
    assert.is_nil(check.digits(0.5))
    assert.is_nil(check.digits(1 / 0))
    assert.is_nil(check.digits "5")
  end)
end)

describe("check.argument", function()
  local function public(value)
    check.argument("cards.public", check.callable(value, "the first argument"))
    return "called"
  end

  it("raises at the line of the caller, where something is wrong", function()
    local ok, message = pcall(function()
      public(5)
      return nil
    end)
    assert.is_false(ok)
    assert.matches(("check_spec.lua:%d: cards.public: the first argument must be a function"):format(debug.getinfo(1, "l").currentline - 4), message, 1, true)
    assert.equal("called", public(print))
    assert.equal("called", public(setmetatable({}, { __call = print })))
  end)
end)
