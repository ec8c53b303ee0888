--- s:reveal() where cards.configure was given a policy: what is refused, what the audit function gets, and that nothing is given without an entry.

local acts = require "cards.reveal.acts"
local cards = require "cards"
local program = require "support.program"
local testing = require "cards.testing"

local PAN = "4111111111111111"
local POLICY = { cardholder = { classes = { "pan", "cvv" }, purposes = { "show_card" } }, support = { classes = { "token" }, purposes = { "look" } } }
local ASKED = { role = "cardholder", purpose = "show_card" }

local entries, answer

local function audit(entry)
  entries[#entries + 1] = entry
  if answer then
    return answer(entry)
  end
end

before_each(function()
  entries, answer = {}, nil
  cards.configure { reveal = { policy = POLICY, audit = audit } }
end)
after_each(function() cards.configure { reveal = false } end)

local function number() return cards.secret(PAN, "pan") end

--- What changed in cards.reveals() while the function ran.
local function counted(call)
  local before = cards.reveals()
  call()
  local after = cards.reveals()
  return { revealed = after.revealed - before.revealed, sealed = after.sealed - before.sealed, refused = after.refused - before.refused }
end

--- Asserts that a call gives nothing but this error, and counts once as refused.
local function refused(message, call)
  assert.same({ revealed = 0, sealed = 0, refused = 1 }, counted(function()
    local bytes, err = call()
    assert.is_nil(bytes)
    local fields = {}
    for key, value in pairs(err) do fields[key] = value end
    assert.same({ kind = "invalid_request", provider = "cards", operation = "reveal", message = message, retryable = false, attempts = 0 }, fields)
    assert.equal("cards.reveal: invalid_request: " .. message, tostring(err))
  end))
end

describe("with a policy s:reveal()", function()
  it("gives the bytes where role, class and purpose fit", function()
    assert.same({ revealed = 2, sealed = 0, refused = 0 }, counted(function()
      assert.equal(PAN, number():reveal(ASKED))
      assert.equal("123", cards.secret("123", "cvv"):reveal(ASKED))
    end))
    assert.is_true(entries[1].allowed)
    assert.is_nil(entries[1].reason)
  end)

  it("says what does not fit, and tells the audit function", function()
    local cases = {
      { "a role is required by the policy that cards.configure was given" },
      { "a role is required by the policy that cards.configure was given", { purpose = "show_card" } },
      { "a purpose is required by the policy that cards.configure was given", { role = "cardholder" } },
      { 'role "suport" is none of the policy (did you mean \'support\'?)', { role = "suport", purpose = "look" } },
      { 'purpose "look" is none of role "cardholder"', { role = "cardholder", purpose = "look" } },
      { 'role "support" may not reveal a pan', { role = "support", purpose = "look" } },
      { "role must be a string that is not empty", { role = "", purpose = "look" } },
      { "role contains a line break, a NUL or another control character", { role = "a\nb", purpose = "look" } },
      { "purpose has a card's number in it, and is not encrypted", { role = "support", purpose = "for " .. PAN } },
      { "request_id is longer than 256 bytes", { role = "cardholder", purpose = "show_card", request_id = ("x"):rep(257) } },
    }
    for i, case in ipairs(cases) do
      refused(case[1], function() return number():reveal(case[2]) end)
      local entry = entries[i]
      assert.is_false(entry.allowed)
      assert.equal(case[1], entry.reason)
      for _, value in pairs(entry) do
        assert.is_nil(tostring(value):find(PAN, 1, true))
      end
    end
    assert.same({ nil, "look" }, { entries[7].role, entries[7].purpose })
    assert.is_nil(entries[9].purpose)
    assert.is_nil(entries[10].request_id)
    assert.equal("suport", entries[4].role)
  end)

  it("names each class as it is called", function()
    cards.configure { reveal = { policy = { none = { classes = {}, purposes = { "x" } } }, audit = audit } }
    for class, name in pairs { pan = "a pan", cvv = "a cvv", token = "a token", credential = "a credential", undeclared = "an undeclared value" } do
      refused('role "none" may not reveal ' .. name, function() return cards.secret("x", class):reveal { role = "none", purpose = "x" } end)
    end
  end)

  it("raises for options that are none, at the line that calls it", function()
    local function raises(expected, options)
      local line = debug.getinfo(1, "l").currentline + 1
      local ok, message = pcall(function() local _ = number():reveal(options) end)
      assert.is_false(ok)
      assert.equal(("reveal_spec.lua:%d: secret:reveal: %s"):format(line, expected), message:match "reveal_spec.*$")
    end
    for _, setting in ipairs { { policy = POLICY, audit = audit }, false } do
      cards.configure { reveal = setting }
      raises("unknown key 'porpose' (did you mean 'purpose'?)", { porpose = "show_card" })
      raises("role must be a string", { role = 5 })
      raises("purpose must be a string", { purpose = number() })
      raises("the options must be a table", "cardholder")
    end
    assert.same({}, entries)
  end)

  it("raises for a closed secret and for what is none before anything is audited", function()
    local closed = number()
    closed:close()
    local line = debug.getinfo(1, "l").currentline + 1
    local ok, message = pcall(function() local _ = closed:reveal(ASKED) end)
    assert.is_false(ok)
    assert.matches(("reveal_spec.lua:%d: the secret is closed"):format(line), message, 1, true)
    assert.matches("secret expected", select(2, pcall(closed.reveal, "x", ASKED)), 1, true)
    assert.same({}, entries)
  end)

  it("holds for the method that was taken out of a secret before, and for core's", function()
    cards.configure { reveal = false }
    local taken = number().reveal
    cards.configure { reveal = { policy = POLICY, audit = audit } }
    assert.is_nil((taken(number())))
    assert.is_nil((require "cards.core".secret(PAN, "pan"):reveal()))
    assert.equal(2, #entries)
  end)

  it("holds for secrets of records, and of the kit for tests", function()
    local record = testing.record("alix.private_info", { cardNo = PAN, cvv = "123" })
    assert.is_nil((record.cardNo:reveal()))
    assert.equal("123", record.cvv:reveal(ASKED))
    local card = cards.card(record)
    assert.equal(PAN, card.number:reveal(ASKED))
    for _, entry in ipairs(entries) do
      assert.same({ "alix", "private_info" }, { entry.provider, entry.operation })
    end
  end)

  it("is as before once the policy is taken away", function()
    cards.configure { reveal = false }
    assert.same({ revealed = 3, sealed = 0, refused = 0 }, counted(function()
      assert.equal(PAN, number():reveal())
      assert.equal(PAN, number():reveal {})
      assert.equal(PAN, number():reveal { role = "nobody", purpose = "x", request_id = "r" })
      pcall(number().reveal, "x")
    end))
    assert.same({}, entries)
  end)
end)

describe("an entry", function()
  it("has what is known, and nothing of the value", function()
    local before = os.time()
    local record = testing.record("whop.retrieve", { secrets = { card_number = PAN } })
    local line = debug.getinfo(1, "l").currentline + 1
    local bytes = record.secrets.card_number:reveal { role = "cardholder", purpose = "show_card", request_id = "r-1" }
    assert.equal(PAN, bytes)
    local entry = entries[1]
    assert.is_true(entry.time >= before and entry.time < os.time() + 2) -- whose clock is some milliseconds late
    entry.time = nil
    assert.matches(("reveal_spec.lua:%d$"):format(line), entry.where)
    entry.where = nil
    assert.same({
      act = "reveal", allowed = true, class = "pan", provider = "whop", operation = "retrieve", last4 = "1111", role = "cardholder", purpose = "show_card",
      request_id = "r-1",
    }, entry)
  end)

  it("has nothing where nothing is known", function()
    cards.secret("tok_123456789", "token"):reveal { role = "support", purpose = "look" }
    entries[1].time, entries[1].where = nil, nil
    assert.same({ act = "reveal", allowed = true, class = "token", role = "support", purpose = "look" }, entries[1])
  end)

  it("has a time with fractions", function()
    local fractions = 0
    for i = 1, 20 do
      number():reveal()
      fractions = fractions + (entries[i].time % 1 > 0 and 1 or 0)
    end
    assert.is_true(fractions > 0)
  end)

  it("says where the script is, through the library and tail calls", function()
    local s = number()
    local function within() return s:reveal(ASKED) end
    local line = debug.getinfo(1, "l").currentline + 1
    local first = { within() }
    assert.equal(PAN, first[1])
    assert.matches("reveal_spec.lua:%d+$", entries[1].where)
    assert.is_true(entries[1].where:match "%d+$" + 0 == line or entries[1].where:match "%d+$" + 0 == line - 2)
    cards.all { function() return (s:reveal(ASKED)) end }
    assert.matches(("reveal_spec.lua:%d$"):format(debug.getinfo(1, "l").currentline - 1), entries[2].where)
    cards.all { function() return s:reveal(ASKED) end } -- there is no line of a script on the stack but that of cards.all, which may be another one's
    assert.is_true(entries[3].where == nil or entries[3].where:find "reveal_spec.lua:%d+$" ~= nil)
    pcall(s.reveal, s, ASKED)
    assert.matches(("reveal_spec.lua:%d$"):format(debug.getinfo(1, "l").currentline - 1), entries[4].where)
  end)

  it("has a name of the chunk without card numbers and line breaks", function()
    local make = loadstring or load -- luacheck: ignore
    local chunk = make(("local s, asked = ... local x = s:reveal(asked) return x -- %s"):format(PAN), "=4111 1111 1111 1111\27")
    assert.equal(PAN, chunk(number(), ASKED))
    assert.equal("**** **** **** 1111?:1", entries[1].where)
  end)

  it("is the policy's word, whatever the audit function does with it", function()
    answer = function(entry) entry.allowed, entry.reason = true, nil end
    refused('role "support" may not reveal a pan', function() return number():reveal { role = "support", purpose = "look" } end)
  end)
end)

describe("an audit function that fails", function()
  local cases = {
    { "the audit failed: it returned false", function() return false end },
    { "the audit failed: the disk is full", function() return nil, "the disk is full" end },
    { "the audit failed: the disk is full", function() return false, "the disk is full" end },
    { "the audit failed: no: ************1111", function() error("no: " .. PAN, 0) end },
    { "the audit failed: a?b", function() error("a\nb", 0) end },
    { "the audit failed: cards.store: timeout: too late", function()
      return nil, testing.error { kind = "timeout", provider = "cards", operation = "store", message = "too late" }
    end },
    { "the audit failed: an error that is no text", function() error(setmetatable({}, { __tostring = function() return nil end })) end },
  }

  it("refuses the act, which is not audited again", function()
    for i, case in ipairs(cases) do
      answer = case[2]
      refused(case[1], function() return number():reveal(ASKED) end)
      assert.equal(i, #entries)
      assert.is_true(entries[i].allowed)
    end
  end)

  it("is told beside the refusal of the policy", function()
    answer = cases[2][2]
    refused('role "support" may not reveal a pan; and the audit failed: the disk is full', function()
      return number():reveal { role = "support", purpose = "look" }
    end)
  end)

  it("is not one that returns nothing, true, or anything else", function()
    for _, value in ipairs { true, 0, "", {} } do
      answer = function() return value end
      assert.equal(PAN, number():reveal(ASKED))
    end
    answer = function() return nil end
    assert.equal(PAN, number():reveal(ASKED))
  end)
end)

describe("an audit function", function()
  it("is called before anything is given", function()
    local s, given = number(), false
    answer = function() assert.is_false(given) end
    given = s:reveal(ASKED) == PAN
    assert.is_true(given)
  end)

  it("cannot reveal itself, directly or in cards.all", function()
    local other, said = cards.secret("123", "cvv"), {}
    answer = function()
      said[1] = { other:reveal(ASKED) }
      said[2] = cards.all { function() return other:reveal(ASKED) end }
    end
    assert.same({ revealed = 1, sealed = 0, refused = 2 }, counted(function() assert.equal(PAN, number():reveal(ASKED)) end))
    assert.equal(1, #entries)
    for _, one in ipairs(said) do
      assert.is_nil(one[1])
      assert.equal("an audit function may not reveal or seal, as that would have to be audited itself", one[2].message)
    end
    assert.equal("123", other:reveal(ASKED))
  end)

  it("cannot do so in coroutines that it makes, whoever asks", function()
    local said = {}
    answer = function()
      local function ask() said[#said + 1] = select(2, number():reveal(ASKED)).message end
      coroutine.wrap(ask)()
      coroutine.wrap(function() coroutine.wrap(ask)() end)()
    end
    local function asks() return number():reveal(ASKED) end
    assert.equal(PAN, asks())
    assert.equal(PAN, coroutine.wrap(asks)())
    assert.same({ PAN }, (cards.all { asks }))
    assert.equal(3, #entries)
    assert.equal(6, #said)
    for _, message in ipairs(said) do
      assert.equal("an audit function may not reveal or seal, as that would have to be audited itself", message)
    end
  end)

  it("keeps no other coroutine from revealing while it waits", function()
    answer = function(entry) return entry.request_id ~= "waits" or coroutine.yield() end
    local waits = coroutine.create(function()
      return number():reveal { role = "cardholder", purpose = "show_card", request_id = "waits" }
    end)
    local ok = coroutine.resume(waits)
    assert.equal(program.lua ~= "5.1", ok and coroutine.status(waits) == "suspended") -- 5.1 cannot yield through a pcall
    assert.equal(PAN, number():reveal(ASKED))
    assert.equal(PAN, coroutine.wrap(function() return number():reveal(ASKED) end)())
    if coroutine.status(waits) == "suspended" then
      assert.same({ true, PAN }, { coroutine.resume(waits, true) })
    end
  end)

  it("can close the secret, which raises where it was asked for", function()
    local s = number()
    answer = function() s:close() end
    local line = debug.getinfo(1, "l").currentline + 1
    local ok, message = pcall(function() local _ = s:reveal(ASKED) end)
    assert.is_false(ok)
    assert.matches(("reveal_spec.lua:%d: the secret is closed"):format(line), message, 1, true)
    assert.equal(1, #entries)
  end)

  it("can change the setting: an act keeps what it began with", function()
    answer = function() cards.configure { reveal = false } end
    assert.equal(PAN, number():reveal(ASKED))
    assert.equal(PAN, number():reveal())
    assert.equal(1, #entries)
  end)

  it("can wait in cards.all, while others reveal", function()
    local order = {}
    answer = function(entry)
      if entry.request_id == "slow" then
        cards.sleep(0.05)
      end
      order[#order + 1] = entry.request_id
    end
    local function asks(id)
      return function() return number():reveal { role = "cardholder", purpose = "show_card", request_id = id } end
    end
    local slow, quick = cards.all { asks "slow", asks "quick" }
    assert.same({ PAN, PAN }, { slow[1], quick[1] })
    assert.same({ "quick", "slow" }, order)
  end)

  it("gives nothing where it waits longer than the deadline around it", function()
    answer = function() return assert(cards.sleep(60)) end
    local bytes, err = cards.deadline(0.02, function() return number():reveal(ASKED) end)
    assert.is_nil(bytes)
    assert.matches("^the audit failed: ", err.message)
  end)
end)

describe("an act", function()
  it("accounts for several secrets, whose classes are all to be allowed", function()
    local record = testing.record("alix.private_info", { cardNo = PAN, cvv = "123" })
    local request = {
      act = "seal", secrets = { record.cvv, record.cardNo, cards.secret("5555555555554444", "pan") }, role = "cardholder", purpose = "show_card",
      audience = "https://shop.example", thumbprint = "t", request_id = "r",
    }
    assert.same({ revealed = 0, sealed = 1, refused = 0 }, counted(function() assert.is_true(acts.account(request)) end))
    entries[1].time, entries[1].where = nil, nil
    assert.same({
      act = "seal", allowed = true, class = "cvv,pan", provider = "alix", operation = "private_info", last4 = "1111", role = "cardholder",
      purpose = "show_card", audience = "https://shop.example", thumbprint = "t", request_id = "r",
    }, entries[1])
    table.insert(request.secrets, cards.secret("t", "token"))
    local ok, err = acts.account(request)
    assert.is_nil(ok)
    assert.same({ "seal", 'role "cardholder" may not seal a token' }, { err.operation, err.message })
    assert.equal("cvv,pan,token", entries[2].class)
  end)

  it("wants a role and a purpose where there is no secret, too", function()
    local ok, err = acts.account { act = "seal", secrets = {} }
    assert.is_nil(ok)
    assert.matches("^a role is required", err.message)
    assert.is_true(acts.account { act = "seal", secrets = {}, role = "support", purpose = "look" })
    assert.is_nil(entries[2].class)
  end)
end)

it("the functions of files have nothing to reveal", function()
  local path = program.file [[
    return { token = fn(function(value) return value.class .. " " .. tostring(value.present) .. " " .. tostring(value.reveal) end) }
  ]]
  local show = assert(cards.load(path))
  os.remove(path)
  assert.equal("token true nil", show({ token = cards.secret("tok_1234567890abcdef", "token") }).token)
  assert.same({}, entries)
end)
