--- The rate of a definition or an operation: its calls wait for their turn, within their deadline.

local bank = require "support.bank"
local cards = require "cards"
local core = require "cards.core"
local sandbox = require "support.sandbox"

local function id() return sandbox.unique_id "bank" end

--- A definition with a name of its own, as limits are kept for the life of the process; `rate` is that of the operation, or of all.
local names = 0
local function definition(operation, all)
  names = names + 1
  local made = bank.definition(nil, nil, { name = "rated_" .. names, rate = all })
  made.operations.show.auth = { type = "header", name = "X-Token", credential = "key" }
  made.operations.show.rate = operation
  made.operations.other = { path = "/bank/cards/{card_id}", params = { card_id = {} }, auth = made.operations.show.auth }
  return made
end

--- The seconds that these calls take together, all refused by the provider, and how many were sent.
local function timed(calls)
  local began, sent = core.now(), 0
  for _, result in ipairs { cards.all(calls) } do
    sent = sent + (result[2].status == 401 and 1 or 0)
  end
  return core.now() - began, sent
end

local function shows(client, count, operation, options)
  local list = {}
  for i = 1, count do list[i] = function() return client[operation or "show"](client, id(), options) end end
  return list
end

describe("a rate", function()
  it("has calls wait for their turn", function()
    local client = bank.client(definition { 1, per = 0.2 })
    local seconds, sent = timed(shows(client, 4))
    assert.equal(4, sent)
    assert.is_true(seconds >= 0.6 - 0.01)
    local function blocking() return client:show(id()) end
    local began = core.now()
    blocking()
    blocking()
    assert.is_true(core.now() - began >= 0.2 - 0.01)
    local jobs = { client:start("show", id()), client:start("show", id()) }
    for _, job in ipairs(jobs) do assert.equal(401, select(2, job:result()).status) end
    assert.is_true(core.now() - began >= 0.6 - 0.01)
  end)

  it("is of one operation, or of all that have none of their own", function()
    local client = bank.client(definition { 1, per = 60 })
    assert.equal(401, select(2, client:show(id())).status)
    for _ = 1, 3 do assert.equal(401, select(2, client:other(id())).status) end
    client = bank.client(definition(nil, { 1, per = 60 }))
    assert.equal(401, select(2, client:show(id())).status)
    assert.equal("rate_limited", select(2, client:other(id(), { timeout = 1 })).kind)
    client = bank.client(definition({ 2, per = 1 }, { 1, per = 60 }))
    for _ = 1, 2 do assert.equal(401, select(2, client:show(id())).status) end
    assert.equal(401, select(2, client:other(id())).status)
  end)

  it("refuses a call that would have to wait for too long, and sends nothing", function()
    local client = bank.client(definition { 1, per = 60 })
    local card = id()
    client:show(card)
    local record, err = client:show(card, { timeout = 5 })
    assert.is_nil(record)
    assert.equal("rate_limited", err.kind)
    assert.matches("^rated_%d+%.show: rate_limited: the rate is used up for [%d.]+ seconds, longer than the call may wait$", tostring(err))
    assert.is_true(err.retryable)
    assert.equal(0, err.attempts)
    assert.is_true(err.retry_after > 50 and err.retry_after <= 60)
    assert.equal(1, sandbox.seen(card).count)
    local _, late = cards.deadline(1, client.show, client, card)
    assert.equal("rate_limited", late.kind)
  end)

  it("is shared by clients with the same credentials, and by no others", function()
    local made = definition { 1, per = 1000 }
    local function call(config) return select(2, bank.client(made, config):show(id(), { timeout = 20 })) end
    assert.equal(401, call({}).status)
    assert.equal("rate_limited", call({}).kind)
    assert.equal("rate_limited", call({ key = cards.secret "bank_key_sandbox", tenant = "another", retries = 1 }).kind)
    assert.equal(401, call({ key = "another" }).status)
    local function key() return "bank_key_sandbox" end
    assert.equal(401, call({ key = key }).status)
    assert.equal("rate_limited", call({ key = key }).kind)
    assert.equal(401, call({ key = function() return "bank_key_sandbox" end }).status)
  end)

  it("of all is none of what gives tokens", function()
    local made = definition(nil, { 1, per = 60 })
    made.operations.show.auth = nil
    local client, tenant = bank.client(made)
    assert(client:show(id(), { timeout = 30 }))
    assert.equal(1, sandbox.seen(tenant).count)
    assert(client:login())
    assert.is_nil(cards.describe(client, "login").rate)
  end)

  it("comes before the steps", function()
    local made = bank.with_steps(definition(), { rate = { 1, per = 60 } })
    local client = bank.client(made)
    assert(client:vault(id()))
    local card = id()
    assert.equal("rate_limited", select(2, client:vault(card, { timeout = 1 })).kind)
    assert.equal(0, sandbox.seen("step-" .. card).count)
  end)

  it("is no reason to wait for a call that was cancelled", function()
    local client = bank.client(definition { 1, per = 60 })
    client:show(id())
    local job = client:start("show", id(), { timeout = 80 })
    assert.is_false(job:done())
    job:cancel()
    assert.equal("cancelled", select(2, job:result()).kind)
  end)

  it("is described, and wrong ones are named", function()
    local made = definition { 600, per = 60 }
    assert.same({ 600, per = 60 }, cards.describe(cards.define(made), "show").rate)
    for wrong, message in pairs {
      ["operations.show.rate must be a table"] = 5,
      ["operations.show.rate must be a number of calls, and `per` how many seconds: { 600, per = 60 }"] = { per = 60 },
      ["operations.show.rate.1 must be a number from 0.001 to 1000000"] = { 0 },
      ["operations.show.rate.1 must be a number"] = { "5" },
      ["operations.show.rate.per must be a number from 0.001 to 86400"] = { 5, per = 0 },
      ["operations.show.rate.pre: unknown key (did you mean 'per'?)"] = { 5, pre = 1 },
      ["operations.show.rate.2: unknown key"] = { 5, 6 },
    } do
      local found = (cards.define.check(definition(message))[1] or { message = "no mistake" }).message
      assert.equal(wrong, found:sub(1, #wrong))
    end
  end)
end)
