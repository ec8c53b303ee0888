--- Steps: operations that are called before another one, and what is taken from their answers into its request.

local bank = require "support.bank"
local cards = require "cards"
local core = require "cards.core"
local sandbox = require "support.sandbox"

local function id() return sandbox.unique_id "bank" end

local function client(config, more, change)
  local definition = bank.with_steps(bank.definition(), more)
  if change then change(definition.operations) end
  return bank.client(definition, config)
end

--- How often the step was made for a card, and the call itself.
local function counts(card)
  return sandbox.seen("step-" .. card).count, sandbox.seen(card).count
end

describe("a step", function()
  it("is made before the call, and gives a parameter of it, which stays a secret", function()
    local made = client()
    local card = id()
    local record, err = made:vault(card)
    assert.is_nil(err)
    assert.equal("4111111111111111", record.pan:reveal())
    assert.same({ 1, 1 }, { counts(card) })
    assert.equal(('{"card_id":"%s"}'):format(card), sandbox.seen("step-" .. card).last.body)
    assert.matches("^ct%-", sandbox.seen(card).last.headers["x-card-token"])
    assert.matches("^Bearer bank%.", sandbox.seen("step-" .. card).last.headers.authorization)
    assert.is_nil(sandbox.seen(card).last.headers.authorization)
  end)

  it("is made anew for each call", function()
    local made = client()
    local card = id()
    for n = 1, 3 do
      assert(made:vault { card_id = cards.secret(card) })
      assert.same({ n, n }, { counts(card) })
    end
  end)

  it("works in cards.all, in cards.each and in an event loop", function()
    local made, tenant = client()
    local functions, list = {}, {}
    for i = 1, 10 do
      list[i] = id()
      functions[i] = function() return made:vault(list[i]) end
    end
    for _, result in ipairs { cards.all(functions) } do assert.is_truthy(result[1], tostring(result[2])) end
    for _, card, record, err in cards.each(list, function(card) return made:vault(card) end) do
      assert.is_truthy(record, tostring(err))
      assert.equal(card, record.id)
    end
    assert.equal(1, sandbox.seen(tenant).count)
    local jobs = {}
    for i = 1, 5 do jobs[i] = made:start("vault", list[i]) end
    for i = 1, 5 do
      local record, err = jobs[i]:result()
      assert.is_truthy(record, tostring(err))
      assert.same({ 3, 3 }, { counts(list[i]) })
    end
  end)

  it("that was cancelled ends its call", function()
    local made = client { headers = { ["X-Sandbox"] = "slow_first_byte=60" } }
    local job = made:start("vault", id())
    assert.is_false(job:done())
    job:cancel()
    local record, err = job:result()
    assert.is_nil(record)
    assert.equal("cancelled", err.kind)
  end)

  it("gives numbers and what is true or false, too", function()
    local function sent(take, params)
      local made = client(nil, { params = params, before = { operation = "take_token", with = { card_id = "card_id" }, take = take } })
      local card = id()
      made:vault(card)
      return sandbox.seen(card).last
    end
    local params = { card_id = {}, token = { into = "header", wire = "X-Card-Token" }, number = { into = "header", wire = "X-Number", type = "integer" },
      flag = { into = "query", type = "boolean" } }
    local last = sent({ token = "tokenId", number = "number", flag = "flag" }, params)
    assert.equal("7", last.headers["x-number"])
    assert.matches("?flag=true", last.uri, 1, true)
    assert.matches("^ct%-", sent({ token = "nested.tokenId" }, params).headers["x-card-token"])
  end)

  it("may use what an earlier one gave, and credentials and settings", function()
    local definition = bank.with_steps(bank.definition())
    local vault = definition.operations.vault
    vault.params.again = { into = "none" }
    vault.before = {
      { operation = "take_token", with = { card_id = "card_id" }, take = { again = "tokenId" } },
      { operation = "take_token", with = { card_id = "card_id", url = "again", without = "tenant" }, take = { token = "tokenId" } },
    }
    definition.settings.tenant = { into = "body.tenant", operations = { "login" } }
    local made, tenant = bank.client(definition)
    local card = id()
    assert(made:vault(card))
    assert.same({ 2, 1 }, { counts(card) })
    assert.matches(('^{"card_id":"%s","url":"ct%%-[^"]+","without":"%s"}$'):format(card:gsub("%-", "%%-"), tenant:gsub("%-", "%%-")),
      sandbox.seen("step-" .. card).last.body)
  end)

  it("declares a parameter that is nowhere else, which then goes where parameters go", function()
    local made = client(nil, { path = "/bank_vault/cards/{card_id}?n={number}", params = { card_id = {} },
      before = { operation = "take_token", with = { card_id = "card_id" }, take = { token = "tokenId", number = "number" } } })
    local card = id()
    made:vault(card)
    assert.matches("?n=7&token=ct-", sandbox.seen(card).last.uri, 1, true)
  end)

  it("gives a parameter that no caller can", function()
    local made = client()
    local _, err = made:vault { card_id = "c", token = "t" }
    assert.matches("bank.vault: invalid_request: there is no parameter 'token'", tostring(err), 1, true)
    local described = cards.describe(made, "vault")
    assert.is_nil(described.params.token)
    assert.equal("none", described.params.without.into)
    assert.same({ { operation = "take_token", with = { card_id = "card_id", without = "without" }, take = { token = "tokenId" } } }, described.before)
  end)

  it("is not made where a parameter of the caller is wrong", function()
    local made, tenant = client()
    local record, err = made:vault { card_id = "a\nb" }
    assert.is_nil(record)
    assert.equal("bank.vault: invalid_request: card_id contains a line break, a NUL or another control character", tostring(err))
    record, err = made:vault {}
    assert.is_nil(record)
    assert.equal("bank.vault: invalid_request: card_id is required", tostring(err))
    assert.equal(0, sandbox.seen(tenant).count)
  end)

  it("leaves none of its secrets open", function()
    local made = client()
    assert(made:vault(id()))
    collectgarbage()
    collectgarbage()
    local before = cards.memory().open
    collectgarbage "stop"
    local record = made:vault(id())
    local after = cards.memory().open
    collectgarbage "restart"
    assert.is_truthy(record)
    assert.equal(2, after - before) -- pan and cvv
  end)
end)

describe("a step that fails", function()
  it("is the call's error, with its name, and nothing more is sent", function()
    local made = client()
    local card = "unknown" .. id()
    local record, err = made:vault(card)
    assert.is_nil(record)
    assert.matches("^bank.take_token: not_found %(HTTP 404, code no_card%): ", tostring(err))
    assert.same({ 1, 0 }, { counts(card) })
  end)

  it("is a protocol error where what is taken is not there", function()
    local made = client()
    local card = id()
    local _, err = made:vault { card_id = card, without = "tokenId" }
    assert.equal("bank.take_token: protocol: the answer has no value at 'tokenId'", tostring(err))
    assert.same({ 1, 0 }, { counts(card) })
    made = client(nil, { before = { operation = "take_token", with = { card_id = "card_id" }, take = { token = "nested" } } })
    assert.equal("bank.take_token: protocol: the answer has no value at 'nested'", tostring(select(2, made:vault(card))))
  end)

  it("may give nothing for a parameter with a default, or that is not required", function()
    for _, token in ipairs { { default = "none" }, { required = false } } do
      token.into, token.wire = "header", "X-Card-Token"
      local made = client(nil, { params = { card_id = {}, token = token, without = { into = "none" } } })
      local card = id()
      local _, err = made:vault { card_id = card, without = "tokenId" }
      assert.equal("bank.vault: auth (HTTP 401, code invalid_token): The card's token is not valid", tostring(err))
      assert.equal(token.default, sandbox.seen(card).last.headers["x-card-token"])
    end
  end)

  it("is not repeated where the call is, and not for a 401 of the call", function()
    local made = client { retries = 1 }
    local card = ("sandbox-fail_then_ok=1,slow_first_byte=0.00%08d"):format(math.floor(core.now() * 1e6) % 1e8)
    assert(made:vault(card))
    assert.same({ 1, 2 }, { counts(card) })
    local tenant
    made, tenant = client({ mode = "once" }, nil, function(operations)
      operations.both = { path = "/bank/cards/{card_id}", params = { card_id = {} }, before = { operation = "take_token", with = { card_id = "card_id" } },
        response = operations.show.response }
    end)
    card = id()
    assert(made:both(card)) -- the step has used the token up
    assert.same({ 1, 2 }, { counts(card) })
    assert.equal(2, sandbox.seen(tenant).count)
  end)

  it("has the deadline of the call: together they take no longer", function()
    local made = client { headers = { ["X-Sandbox"] = "slow_first_byte=0.4" } }
    local card = id()
    local record, err = made:vault(card, { timeout = 0.7 })
    assert.is_nil(record)
    assert.equal("timeout", err.kind)
    assert.not_equal("vault", err.operation) -- the login and the step take longer
    assert.equal(0, sandbox.seen(card).count)
    local _, late = cards.deadline(0.2, made.vault, made, id())
    assert.equal("timeout", late.kind)
  end)

  it("gives no part of a path that would lead to another one", function()
    for _, given in ipairs { ".", ".." } do
      local made = client({}, {
        path = "/bank_vault/cards/{place}", params = { card_id = { into = "none" }, url = { into = "none" }, place = {} }, echo = {},
        before = { operation = "take_token", with = { card_id = "card_id", url = "url" }, take = { place = "callbackUrl" } },
      })
      local card = id()
      local record, err = made:vault { card_id = card, url = given }
      assert.is_nil(record)
      assert.equal("bank.vault: invalid_request: place is no id but a path", tostring(err))
      assert.equal(1, (counts(card)))
    end
  end)

  it("says which function gave no credential, and nothing of what that said", function()
    local definition = bank.with_steps(bank.definition())
    definition.operations.take_token.auth = {}
    definition.operations.vault.auth = { type = "header", name = "X-Key", credential = "key" }
    definition.operations.vault.before.with.without = "key"
    definition.operations.vault.params.without = nil
    for _, give in ipairs {
      function() error "planted-word" end, function() error { "planted-word" } end, function() return nil, "planted-word" end,
      function() return nil end, function() return 5 end,
    } do
      local made = bank.client(definition, { key = give })
      local card = id()
      local record, err = made:vault(card)
      assert.is_nil(record)
      assert.equal("bank.take_token: auth: key: the function gave no credential", tostring(err))
      assert.same({ 0, 0 }, { counts(card) })
    end
    local busy = core.error { kind = "busy", provider = "other", operation = "get", message = "full", retryable = true, attempts = 0 }
    local _, err = bank.client(definition, { key = function() return nil, busy end }):vault(id())
    assert.equal("bank.take_token: auth: key: the function gave no credential: other.get: busy: full", tostring(err))
    assert.is_true(err.retryable)
  end)

  it("is told to on_event, by each call", function()
    local events = {}
    local made = client { on_event = function(event) events[#events + 1] = ("%s %s %s"):format(event.event, event.operation, tostring(event.kind)) end }
    assert(made:vault(id()))
    made:vault("unknown" .. id())
    assert.same({
      "try login nil", "call login nil", "try take_token nil", "call take_token nil", "try vault nil", "call vault nil",
      "try take_token not_found", "call take_token not_found", "call vault not_found",
    }, events)
  end)
end)

describe("the steps of a definition", function()
  local function mistake(more, change)
    local definition = bank.with_steps(bank.definition(), more)
    if change then change(definition.operations) end
    return (cards.define.check(definition)[1] or { message = "no mistake" }).message
  end

  it("name what is wrong with them", function()
    local function step(with, take, more)
      local made = { operation = "take_token", with = with or { card_id = "card_id" }, take = take or { token = "tokenId" } }
      for key, value in pairs(more or {}) do made[key] = value or nil end
      return { before = made }
    end
    for _, case in ipairs {
      { { before = "take_token" }, "operations.vault.before must be a table" },
      { step(nil, nil, { operation = "take_tokn" }),
        "operations.vault.before.operation must be one of login, reveal, show, take_token, vault (did you mean 'take_token'?)" },
      { step(nil, nil, { operation = false }), "operations.vault.before.operation must be one of" },
      { step(nil, nil, { tak = {} }), "operations.vault.before.tak: unknown key (did you mean 'take'?)" },
      { step {}, "operations.vault.before: take_token needs 'card_id', which `with` does not give" },
      { step { card_id = "card" }, "operations.vault.before.with.card_id is no parameter, credential or setting (known are " },
      { step { card_id = "card_id", urll = "card_id" },
        "operations.vault.before.with.urll: take_token has no parameter of that name (did you mean 'url'?)" },
      { step { card_id = "Card" }, "operations.vault.before.with.card_id must be a name such as" },
      { step { card_id = "token" }, "operations.vault.before.with.card_id is taken by no step before this one" },
      { step(nil, { token = "a..b" }), "operations.vault.before.take.token must be a path such as" },
      { step(nil, { ["to ken"] = "a" }), "operations.vault.before.take.to ken: the name of a parameter has letters, digits and _" },
      { step(nil, nil, { url = "" }), "operations.vault.before.url must be a string that is not empty" },
      { { before = { step(nil, nil, { url = "a" }).before, step(nil, {}, { url = "b" }).before } },
        "operations.vault.before.2.url is given by another step already" },
      { { before = { step().before, step().before } }, "operations.vault.before.2.take.token is taken by another step already" },
    } do
      assert.equal(case[2], mistake(case[1]):sub(1, #case[2]))
    end
    assert.equal("operations.vault.before.take.token: its value is always the same",
      mistake { params = { card_id = {}, token = { value = "t", into = "header", wire = "X-Token" } }, before = step().before })
    assert.equal("operations.vault.path must be a path that begins with /", mistake { path = false })
  end)

  it("are read without a metamethod of params", function()
    local function fail() error "a metamethod was called" end
    local params = setmetatable({ card_id = {}, token = { into = "header", wire = "X-Token" } }, { __pairs = fail, __index = fail })
    assert.equal("no mistake", mistake { params = params,
      before = { operation = "take_token", with = { card_id = "card_id" }, take = { token = "tokenId" } } })
  end)

  it("must not go in a circle", function()
    local function circle(a, b)
      return mistake(nil, function(operations)
        for _, pair in ipairs { { "vault", a }, { "take_token", b } } do
          operations[pair[1]].before = pair[2] and { operation = pair[2], with = pair[2] ~= "login" and { card_id = "card_id" } or nil }
        end
      end)
    end
    assert.equal("operations.take_token.before: goes in a circle: take_token, vault, take_token", circle("take_token", "vault"))
    assert.equal("operations.take_token.before: goes in a circle: take_token, take_token", circle("take_token", "take_token"))
    assert.equal("no mistake", circle("take_token", "login"))
    assert.equal("operations.login.before: goes in a circle: login, take_token, login", mistake(nil, function(operations)
      operations.login.before = { operation = "take_token", with = { card_id = "key" } } -- whose token the login gives
    end))
  end)
end)

describe("a card's number", function()
  local acme = require "support.acme"

  --- A client with an operation `follow`, whose step is `show`.
  local function made(params, before)
    local definition = acme.definition()
    definition.operations.follow = { path = "/cards/{card_id}", params = params, before = before, response = definition.operations.show.response }
    return acme.client(cards.define(definition))
  end

  it("that a step gives is refused for the URL or a header, unless the definition allows it", function()
    local card = sandbox.unique_id "acme"
    local number = { into = "query" }
    local before = { operation = "show", with = { card_id = "card_id" }, take = { number = "pan" } }
    local record, err = made({ card_id = {}, number = number }, before):follow(card)
    assert.is_nil(record)
    assert.equal("invalid_request", err.kind)
    assert.equal("number is a card's number, and would stand in the query of the request: a definition can allow it (allow_pan = true)", err.message)
    assert.equal(1, sandbox.seen(card).count)
    number.allow_pan = true
    assert.is_table(made({ card_id = {}, number = number }, before):follow(card))
  end)

  it("that a step gives to the next one is an error of the call, and raises nothing", function()
    local card = sandbox.unique_id "acme"
    local before = {
      { operation = "show", with = { card_id = "card_id" }, take = { number = "pan" } },
      { operation = "show", with = { card_id = "number" }, take = { name = "holder.name" } },
    }
    local record, err = made({ card_id = {}, number = { into = "none" }, name = { into = "query" } }, before):follow(card)
    assert.is_nil(record)
    assert.equal("invalid_request", err.kind)
    assert.equal("card_id is a card's number, and would stand in the path of the request: a definition can allow it (allow_pan = true)", err.message)
    assert.equal(1, sandbox.seen(card).count)
  end)

  it("that a caller gives to a step raises at the caller's line", function()
    local before = { operation = "show", with = { card_id = "number" }, take = { name = "holder.name" } }
    local client_of_acme = made({ card_id = {}, number = { into = "none" }, name = { into = "query" } }, before)
    local line = debug.getinfo(1, "l").currentline + 1
    local ok, message = pcall(function() return (client_of_acme:follow { card_id = sandbox.unique_id "acme", number = "4111111111111111" }) end)
    assert.is_false(ok)
    assert.matches(("steps_spec.lua:%d: cards.acme.follow: card_id is"):format(line), message, 1, true)
    assert.matches("card_id is a card's number, and would stand in the path of the request", message, 1, true)
    assert.is_nil(message:find "4111")
  end)
end)
