--- What is sealed: cards.seal and s:seal(). That others open it is in spec/crypto.

local cards = require "cards"
local openssl = require "support.openssl"
local testing = require "cards.testing"

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

--- Calls a function whenever garbage is collected, until it returns true.
local function on_collection(call)
  local function finalize()
    if not call() then on_collection(call) end
  end
  if newproxy then -- luacheck: ignore
    getmetatable(newproxy(true)).__gc = finalize -- luacheck: ignore
  else
    setmetatable({}, { __gc = finalize })
  end
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

describe("with a policy a seal", function()
  local entries, answer

  before_each(function()
    entries, answer = {}, nil
    cards.configure {
      reveal = {
        policy = { cardholder = { classes = { "pan", "cvv" }, purposes = { "show_card" } }, support = { classes = { "pan" }, purposes = { "show_card" } } },
        audit = function(entry)
          table.insert(entries, entry)
          if answer then return answer(entry) end
        end,
      },
    }
  end)
  after_each(function() cards.configure { reveal = false } end)

  local function asked(role, purpose)
    return { key = KEY, role = role, purpose = purpose, audience = "https://shop.example", request_id = "r-1" }
  end

  local function refused(message, sealed, err)
    assert.is_nil(sealed)
    assert.equal("cards.seal: invalid_request: " .. message, tostring(err))
  end

  it("is made for a role and purpose that it has, of all the classes in it", function()
    local record = testing.record("alix.private_info", { cardNo = PAN, cvv = "123" })
    local values = { number = record.cardNo, more = { { cvv = record.cvv } }, exp_month = 1 }
    local before = cards.reveals()
    assert.is_string(cards.seal(values, asked("cardholder", "show_card")))
    assert.is_string(record.cardNo:seal(asked("support", "show_card")))
    refused('role "support" may not seal a cvv', cards.seal(values, asked("support", "show_card")))
    refused('role "support" may not seal a cvv', record.cvv:seal(asked("support", "show_card")))
    refused("a role is required by the policy that cards.configure was given", record.cvv:seal(KEY))
    refused('purpose "other" is none of role "support"', cards.seal({}, asked("support", "other")))
    local after = cards.reveals()
    assert.same({ 0, 2, 4 }, { after.revealed - before.revealed, after.sealed - before.sealed, after.refused - before.refused })
    assert.same({ true, true, false, false, false, false }, {
      entries[1].allowed, entries[2].allowed, entries[3].allowed, entries[4].allowed, entries[5].allowed, entries[6].allowed,
    })
  end)

  it("is written down with its key and audience", function()
    local record = testing.record("alix.private_info", { cardNo = PAN, cvv = "123" })
    local line = debug.getinfo(1, "l").currentline + 1
    assert(cards.seal({ number = record.cardNo, cvv = record.cvv }, asked("cardholder", "show_card")))
    local entry = entries[1]
    assert.matches("seal_spec.lua:" .. line, entry.where, 1, true)
    assert.matches("^[%w_-]+$", entry.thumbprint)
    assert.equal(43, #entry.thumbprint)
    entry.where, entry.thumbprint, entry.time = nil, nil, nil
    assert.same({
      act = "seal", allowed = true, class = "cvv,pan", provider = "alix", operation = "private_info", last4 = "1111", role = "cardholder",
      purpose = "show_card", audience = "https://shop.example", request_id = "r-1",
    }, entry)
  end)

  it("is not given where the audit function fails", function()
    answer = function() return nil, "the disk is full" end
    refused("the audit failed: the disk is full", cards.secret(PAN, "pan"):seal(asked("cardholder", "show_card")))
  end)

  it("is not written down where it could not be made", function()
    assert.is_nil((cards.seal({ print }, asked("cardholder", "show_card"))))
    assert.is_nil((cards.secret(("x"):rep(65537), "pan"):seal(asked("cardholder", "show_card"))))
    assert.is_nil((cards.secret("x", "pan"):seal { key = "no key", role = "cardholder", purpose = "show_card" }))
    assert.same({}, entries)
  end)

  it("leaves no copy open while the audit function runs", function()
    local number = cards.secret(PAN, "pan")
    collectgarbage()
    local open, within = cards.memory().open, nil
    answer = function() within = cards.memory().open end
    assert(cards.seal({ number = number }, asked("cardholder", "show_card")))
    assert.equal(open, within)
  end)

  it("has the classes of what is in it, whatever a finalizer does to the table meanwhile", function()
    local pause, speed = collectgarbage("setpause", 1), collectgarbage("setstepmul", 1000000)
    finally(function()
      collectgarbage("setpause", pause)
      collectgarbage("setstepmul", speed)
    end)
    local empty = #assert(cards.seal({}, asked("support", "show_card")))
    for round = 1, 100 do
      local values, runs = {}, 0
      for i = 1, 5 do values[("name"):rep(50) .. i] = cards.secret("123", "cvv") end
      on_collection(function()
        runs = runs + 1
        if runs == round then
          for name in pairs(values) do values[name] = nil end
          collectgarbage()
        end
        return next(values) == nil
      end)
      local sealed = cards.seal(values, asked("support", "show_card"))
      assert.is_true(sealed == nil or #sealed == empty)
      for name in pairs(values) do values[name] = nil end
    end
  end)
end)
