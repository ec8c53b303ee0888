--- cards.load: mappings, policies and definitions that are files.

local cards = require "cards"
local load_script = require "cards.script.load"
local program = require "support.program"

local files = {}

local function file(text)
  local path = program.file(text)
  files[#files + 1] = path
  return path
end

after_each(function()
  for _, path in ipairs(files) do
    os.remove(path)
  end
  files = {}
end)

--- Loads a text and expects that error, at that line of the file.
local function refused(text, line, ...)
  local path = file(text)
  local made, err = cards.load(path)
  assert.is_nil(made)
  assert.equal("invalid_request", err.kind)
  assert.equal(1, (tostring(err):find(("cards.load: invalid_request: %s:%d: "):format(path, line), 1, true)), tostring(err))
  for _, part in ipairs { ... } do
    assert.truthy(err.message:find(part, 1, true), err.message)
  end
  assert.is_nil(tostring(err):find "\n")
end

local function record(fields, name)
  return setmetatable(fields, { __metatable = name })
end

describe("cards.load of a policy", function()
  it("gives its function, with the rules by their names", function()
    local show = assert(cards.load(file [[
      return { number = pan { first = 6, last = 4 }, exp_year = keep, cvv = hide, phone = phone, billing = { city = truncate(3), country = keep },
        email = fn(function(address) return (address:gsub("^[^@]+", "x")) end) }
    ]]))
    local shown = show { number = cards.secret("4111111111111111", "pan"), exp_year = 2027, cvv = cards.secret("111", "cvv"), phone = "+14155056227",
      billing = { city = "Burbank", country = "US" }, email = "john@example.com", holder_name = "John Doe" }
    assert.same({ number = "411111******1111", exp_year = 2027, cvv = "***", phone = "***6227", billing = { city = "Bur...", country = "US" },
      email = "x@example.com", holder_name = "***" }, shown)
  end)

  it("runs its functions confined", function()
    local show = assert(cards.load(file [[
      local function peek(value) return value:reveal() end
      return { token = fn(peek), status = fn(function() while true do end end), type = fn(function() return os.time() end) }
    ]]))
    assert.same({ token = "***", status = "***", type = "***" }, show { token = cards.secret("tok_1234567890abcdef", "token"), status = "a", type = "b" })
  end)

  it("takes a key from the environment, and says where it is not there", function()
    refused("return {\n  number = hash(from_env 'PATH') }", 2, "from_env: PATH is not among the variables")
    cards.configure { script_env = { "PATH", "CARDS_NO_*" } }
    refused("return {\n  number = hash(from_env 'CARDS_NO_SUCH_VARIABLE') }", 2, "CARDS_NO_SUCH_VARIABLE is not set")
    refused("return {\n  number = hash 'a key of sixteen bytes' }", 2, "from the environment")
    refused("return {\n  number = hash(from_env 'not a name 4111111111111111') }", 2, "from_env takes the name")
    local show = assert(cards.load(file "return { id = hash(from_env 'PATH') }"))
    assert.matches("^%x+$", show { id = "c_1" }.id)
  end)

  it("says which line would show too much", function()
    refused("return {\n  exp_year = keep,\n  cvv = keep,\n}", 3, "cvv")
    refused("return {\n  number = pan { first = 9 } }", 2, "PCI DSS")
    refused("return {\n  billing = {\n    city = keep,\n    country = 5,\n  },\n}", 4, "billing.country")
    refused("return {\n  exp_year = keep,\n  exp_month = {},\n  numbr = keep }", 4, "numbr", "number")
  end)
end)

describe("cards.load of a mapping", function()
  it("defines it, with the transforms by their names", function()
    assert.is_true(cards.load(file [[
      return {
        ["filed.show"] = { number = { "pan", digits }, exp_month = { "expiry", month_year }, exp_year = { "expiry", month_year }, phone = { "tel", phone },
          status = function(record) return record.open and "open" or nil end, brand = { "brand", map { V = "visa" }, default "other" } },
      }
    ]]))
    local fields = { pan = cards.secret("4111-1111-1111-1111", "pan"), expiry = "12/2025", tel = "+1 415 505-6227", open = true, brand = "X" }
    local card = assert(cards.card(record(fields, "filed.show")))
    assert.same({ 12, 2025, "+14155056227", "open", "other" }, { card.exp_month, card.exp_year, card.phone, card.status, card.brand })
    assert.equal("4111111111111111", card.number:reveal())
  end)

  it("has those that are called as well", function()
    assert.is_true(cards.load(file [[
      return {
        ["filed.parts"] = { id = { join({ "prefix", "id" }, "-") }, holder_name = { "name", base64 }, status = { "state", hex, map { A = "open" } },
          last4 = { "mask", slice(-4) }, exp_month = { "expiry", month_year "YYMM" }, exp_year = { "expiry", month_year "YYMM" }, type = join { "kind" } },
      }
    ]]))
    local fields = { prefix = "crd", id = 42, name = "Sm9obiBEb2U=", state = "41", mask = "411111******1111", expiry = 2512, kind = "virtual" }
    local card = cards.card(record(fields, "filed.parts"))
    assert.same({ provider = "filed", id = "crd-42", holder_name = "John Doe", status = "open", last4 = "1111", exp_month = 12, exp_year = 2025,
      type = "virtual" }, card)
    refused("return { ['filed.parts'] = {\n  id = { 'a', month_year 'MM' } } }", 2, "month_year takes how the two are spelled")
    refused("return { ['filed.parts'] = {\n  id = { 'a', slice 'x' } } }", 2, "slice takes the places")
    refused("return { ['filed.parts'] = {\n  id = { join {} } } }", 2, "join takes a list")
    refused("return { ['filed.parts'] = {\n  id = { 'a', hex() } } }", 2)
    refused("return { ['alix.private_info'] = {\n  id = { join {\n  'expMonth',\n  'expYaer' } } } }", 4, "id.1.2: the record has no 'expYaer'")
  end)

  it("runs its functions confined, and says their line", function()
    local path = file "return { ['filed.thief'] = {\n  status = function(record)\n    return record.pan:reveal()\n  end } }"
    assert.is_true(cards.load(path))
    local card, err = cards.card(record({ pan = cards.secret("4111111111111111", "pan") }, "filed.thief"))
    assert.is_nil(card)
    assert.truthy(err.message:find(path .. ":3", 1, true), err.message)
  end)

  it("says the line of every mistake", function()
    refused("return { ['alix.private_info'] = {\n  number = 'cardNo',\n  exp_yaer = 'expYear',\n} }", 3, "exp_yaer", "exp_year")
    refused("return { ['alix.private_info'] = {\n  number = { 'cardNo', digts } } }", 2, "unknown name 'digts' (did you mean 'digits'?)")
    refused("return { ['alix.private_info'] = { number = 'cardNo' },\n  alix = { number = 'cardNo' } }", 2, "alix is no name of an operation")
    refused("return { ['alix.private_info'] = {\n  number = 'cardNumber',\n  exp_yaer = 'expYear' } }", 2, "cardNumber", "(and 1 more)")
  end)
end)

describe("cards.load of a definition", function()
  local text = [[
return { name = "filed", base_url = "https://filed.example", auth = { type = "bearer", credential = "token" },
  operations = {
    show = { path = "/cards/{card_id}", params = { card_id = { required = true } },
      response = { fields = { id = "string", pan = "pan" } },
      card = { id = { "id", trim }, number = { "pan", digits } } } } }
]]

  it("gives the provider's module", function()
    local filed = assert(cards.load(file(text)))
    assert.equal("filed", filed.provider)
    local _, err = filed.new { token = "t", base_url = "https://localhost:1", retries = 0 }:show "c_1"
    assert.equal("network", err.kind)
  end)

  it("says the line of a mistake", function()
    refused(text:gsub("path = ", "metod = 'GET', path = "), 3, "metod", "method")
    refused(text:gsub('pan = "pan"', 'pan = "pna"'), 4, "response.fields.pan must be one of")
  end)
end)

describe("cards.load of anything else", function()
  it("says what is wrong", function()
    refused("local x = 1\nreturn 'x'", 2, "a string is returned")
    refused("local x = 1", 1, "a nil is returned")
    refused("return {\n  a = = 1 }", 2)
    refused("\nreturn { number = os.time() }", 2, "'os' is not available to a confined script")
    refused("\nwhile true do end", 2, "the script took ")
    refused("\nlocal x = ('x'):rep(1e9)", 2, "bytes of memory")
    refused("\nerror('the number is 4111111111111111')", 2, "the number is ************1111")
  end)

  it("does not run a flow", function()
    local made, err = cards.load(file "error 'run' return function(row) return row end")
    assert.is_nil(made)
    assert.matches("it is a flow", err.message)
    made, err = cards.load(file "local f = (function() return function() end end)() return f")
    assert.is_nil(made)
    assert.matches("it is a flow", err.message)
  end)

  it("says which file cannot be read", function()
    local made, err = cards.load "/nowhere/policy.lua"
    assert.is_nil(made)
    assert.matches("/nowhere/policy.lua: No such file", err.message, 1, true)
    made, err = cards.load(file "")
    assert.is_nil(made)
    assert.matches("empty", err.message)
    assert.is_nil((cards.load "/"))
    local path = file(("-"):rep(1024 * 1024))
    made, err = cards.load(path)
    assert.is_nil(made)
    assert.equal(path .. ": a script is no longer than 262144 bytes", err.message)
  end)

  it("shows nothing of a key or token in a file that is no script", function()
    local path = file "-----BEGIN PRIVATE KEY-----\nMIIEvQIBADANBgkqhkiG9w0BAQEFAASCBKcwggSjAgEAAoIBAQC7VJTUt9Us8cKj\n-----END PRIVATE KEY-----\n"
    assert.equal(("cards.load: invalid_request: %s: it is a PEM file, and no script"):format(path), tostring(select(2, cards.load(path))))
    for _, token in ipairs { "c2FuZGJveDpzYW5kYm94", "sk_live_51Habcdefghi", "'sk-live-51Habcdefghi" } do
      local _, err = cards.load(file("Basic " .. token .. "\n"))
      assert.matches(" near '+%*%*%*'$", tostring(err))
      assert.is_nil(tostring(err):find("Habc", 1, true))
    end
    refused("# of a service\nTOKEN=sk_live_51Habcdefghi\n", 2, "unknown name '***'")
    refused("return {\n  exp_year = kept keep }", 2, "near 'keep'")
    refused("return {\n  exp_month1 = keep exp_year2 }", 2, "near 'exp_year2'")
  end)

  it("refuses misuse at the caller's line", function()
    local ok, wrong = pcall(function() cards.load(5) end)
    assert.is_false(ok)
    assert.matches("load_spec.lua:%d+: cards.load: path must be a string", wrong)
  end)

  it("lists every mistake in the file's order", function()
    local path = file "return {\n  cvv = keep,\n  exp_year = keep,\n  number = keep,\n  billing = { country = 5 },\n}"
    local script = assert(load_script.read(path))
    assert.equal("policy", script.kind)
    local lines = {}
    for i, line in ipairs(load_script.check(script)) do
      lines[i] = line:match(":(%d+): ")
    end
    assert.same({ "2", "4", "5" }, lines)
  end)
end)

describe("cards.load of tables that have no end", function()
  it("says so", function()
    refused("local t = {}\nfor i = 1, 1e5 do t = { t } end\nreturn { billing = t }", 3, "tables nest too deeply")
    refused("local t = {}\nfor i = 1, 1e5 do t = { t } end\nreturn { ['alix.private_info'] = { number = t } }", 3, "tables nest too deeply")
    refused("local t = {}\nt.billing = t\nreturn t", 3, "tables nest too deeply")
  end)
end)
