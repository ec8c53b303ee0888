--- `shared = "redis://…"` of a client: hosts with the same credentials have its token and its rates in common.

local bank = require "support.bank"
local fleet = require "support.fleet"
local redis = require "support.redis"
local sandbox = require "support.sandbox"

local server

setup(function() server = fleet.begin() end)
teardown(fleet.finish)

local function id() return sandbox.unique_id "bank" end

describe("hosts that share a Redis", function()
  it("log in once with the same credentials", function()
    local tenant = sandbox.unique_id "fleet"
    local function client(config)
      local all = { tenant = tenant, shared = server.url "fleet" }
      for key, value in pairs(config or {}) do all[key] = value end
      return bank.client(nil, all)
    end
    assert(client():show(id()))
    assert(client():show(id()))
    assert.equal(1, sandbox.seen(tenant).count)
    assert(client { shared = server.url "others" }:show(id()))
    assert.equal(2, sandbox.seen(tenant).count)
    assert(client { key = function() return "bank_key_sandbox" end }:show(id())) -- nobody knows whose it is
    assert.equal(3, sandbox.seen(tenant).count)
    assert.is_nil((server.cli "--scan":find(tenant, 1, true)))
  end)

  it("have one rate for the same credentials", function()
    local outputs = fleet.run(3, ([[
      local bank, sandbox = require "support.bank", require "support.sandbox"
      local definition = bank.definition(nil, nil, { name = "rated", rate = { 1, per = 1000 } })
      definition.operations.show.auth = { type = "header", name = "X-Token", credential = "key" }
      local client = bank.client(definition, { shared = %q, tenant = "t", timeout = 60 })
      for _ = 1, 4 do print((select(2, client:show(sandbox.unique_id "bank")).kind)) end]]):format(server.url "fleet"))
    local _, sent = table.concat(outputs):gsub("auth\n", "")
    local _, held = table.concat(outputs):gsub("rate_limited\n", "")
    assert.same({ 1, 11 }, { sent, held })
  end)

  it("have their own, or call nothing, while it is away", function()
    local own = redis.start()
    local alone = bank.client(nil, { shared = own.url "fleet" })
    local refusing = bank.client(nil, { shared = own.url "fleet", on_loss = "refuse" })
    own.stop()
    assert(alone:show(id()))
    local card, err = refusing:show(id())
    assert.is_nil(card)
    assert.equal("busy", err.kind)
    assert.is_true(err.retryable)
  end)

  it("are told what cannot be", function()
    for message, config in pairs {
      ["cards.bank.new: shared: the host or port cannot be read: an address of Redis is redis://"] = { shared = "redis://" },
      ["cards.bank.new: on_loss is for what is shared in a Redis"] = { on_loss = "local", shared = "tokens" },
    } do
      local ok, why = pcall(bank.client, nil, config)
      assert.is_false(ok)
      assert.matches(message, why, 1, true)
    end
  end)
end)
