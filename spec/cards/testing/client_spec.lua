--- testing.client.

local cards = require "cards"
local assert_refused = require "support.assert_refused"
local heard = require "support.heard"
local program = require "support.program"
local testing = require "cards.testing"

local CARD = { cardNo = "4111111111111111", cvv = "123" }

local function card() return CARD end

--- What a function raises.
local function raised(call)
  local ok, err = pcall(call)
  assert.is_false(ok)
  return tostring(err)
end

describe("a client of testing.client", function()
  it("answers what a function returns, by method, by the module's function and by start", function()
    local asked
    local client = testing.client("alix", {
      private_info = function(parameters, options)
        asked = { parameters, options }
        return CARD
      end,
    })
    local record = assert(client:private_info "c_1")
    assert.equal("alix.private_info", getmetatable(record))
    assert.same({ "pan", "cvv" }, { record.cardNo.class, record.cvv.class })
    assert.same({ { card_id = "c_1" } }, asked)
    assert.equal("************1111", tostring(cards.alix.private_info(client, { card_id = "c_2" }, { timeout = 2 }).cardNo))
    assert.same({ { card_id = "c_2" }, { timeout = 2 } }, asked)
    local job = client:start("private_info", "c_3")
    assert.is_true(job:done())
    assert.equal("pan", job:result().cardNo.class)
    assert.equal(3, #client.calls)
  end)

  it("notes what it was asked, which nobody changes afterwards", function()
    local client = testing.client("alix", { private_info = card })
    local parameters, options = { card_id = "c_1" }, { retries = 0, headers = { ["X-A"] = "b" } }
    client:private_info(parameters, options)
    client:private_info "c_2"
    parameters.card_id, options.headers["X-A"] = "other", "other"
    assert.same({
      { operation = "private_info", parameters = { card_id = "c_1" }, options = { retries = 0, headers = { ["X-A"] = "b" } } },
      { operation = "private_info", parameters = { card_id = "c_2" } },
    }, client.calls)
  end)

  it("notes a secret as one, which stays open when the caller closes its own", function()
    local client = testing.client("alix", { private_info = card })
    local id = cards.secret "c_secret"
    client:private_info(id)
    client:private_info { card_id = id }
    id:close()
    for _, call in ipairs(client.calls) do
      assert.equal("cards.secret", getmetatable(call.parameters.card_id))
      assert.is_true(call.parameters.card_id:equals "c_secret")
      assert.is_nil(tostring(call.parameters.card_id):find("c_secret", 1, true))
    end
  end)

  it("checks parameters and options as a real one, and notes no call that is refused", function()
    local client, real = testing.client("alix", { private_info = card }), cards.alix.new { base_url = "https://localhost:1", access_token = "t" }
    for _, parameters in ipairs { {}, { card_id = 12 }, { cardid = "c" }, { "c" }, "", 12, { card_id = "4111111111111111" } } do
      local of_real, of_client = { pcall(real.private_info, real, parameters) }, { pcall(client.private_info, client, parameters) }
      assert.same(of_real, of_client)
    end
    assert_refused(nil, select(2, client:private_info()), "invalid_request", "card_id")
    assert.matches("unknown key 'timeut' (did you mean 'timeout'?)", raised(function() client:private_info("c", { timeut = 1 }) end), 1, true)
    assert.matches("client_spec.lua:%d+: cards.whop.retrieve: the first argument must be a cards.whop client, not a cards.alix client",
      raised(function() cards.whop.retrieve(client, "c") end))
    for _, use in ipairs {
      function(of) of:private_inf "c" end, function(of) of.private_info { card_id = "c" } end, function(of) of:start("private_inf", "c") end,
    } do
      assert.equal(raised(function() use(real) end), raised(function() use(client) end))
    end
    assert.same({}, client.calls)
    assert.same(cards.describe(cards.alix, "private_info"), cards.describe("alix", "private_info"))
  end)

  it("returns the errors that a function returns, with the call's names", function()
    local client = testing.client("alix", { private_info = function(parameters)
      if parameters.card_id == "plain" then return nil, { kind = "not_found", code = "E1" } end
      return nil, testing.error { kind = "timeout", attempts = 3 }
    end })
    local record, err = client:private_info "plain"
    assert.is_nil(record)
    assert.equal("alix.private_info: not_found (HTTP 404, code E1): the provider does not know it", tostring(err))
    err = select(2, client:private_info "made")
    assert.equal("alix.private_info: timeout: no answer in time", tostring(err))
    assert.same({ 3, true }, { err.attempts, err.retryable })
  end)

  it("returns an error that a function returns first, as one in a list or table", function()
    local client = testing.client("alix", { private_info = function() return testing.error { kind = "timeout" } end })
    local record, err = client:private_info "c"
    assert.is_nil(record)
    assert.equal("alix.private_info: timeout: no answer in time", tostring(err))
  end)

  it("has the errors of an answer that is none", function()
    local client = testing.client("alix", { private_info = function() return { cardNo = { a = 1 } } end })
    assert.equal("alix.private_info: protocol (HTTP 200): cardNo: an object or array stands where a single value is documented",
      tostring(select(2, client:private_info "c")))
    client = testing.client("alix", { private_info = "[" })
    assert.equal("protocol", select(2, client:private_info "c").kind)
  end)

  it("answers a list in order, a table by the value of a parameter, or always the same", function()
    local function own(parameters) return { cvv = parameters.card_id } end
    local client = testing.client("alix", { private_info = { CARD, testing.error { kind = "provider" }, own } })
    assert.equal("pan", client:private_info "1".cardNo.class)
    assert.equal("provider", select(2, client:private_info "2").kind)
    assert.is_true(client:private_info "3".cvv:equals "3")
    assert.matches("client_spec.lua:%d+: cards.testing: alix.private_info was called, and its client has used up its list of answers for it$", raised(function()
      local record = client:private_info "4"
      return record
    end))

    client = testing.client("alix", { private_info = { c_1 = CARD, c_2 = testing.error { kind = "declined" }, [7] = { cvv = "7" } } })
    assert.equal("pan", client:private_info(cards.secret "c_1").cardNo.class)
    assert.equal("declined", select(2, client:private_info "c_2").kind)
    assert.equal("not_found", select(2, client:private_info "c_3").kind)

    client = testing.client("whop", { retrieve = { id = "c_1", secrets = { card_number = "4242424242424242" } } })
    assert.equal("pan", client:retrieve "a".secrets.card_number.class)
    assert.equal("c_1", client:retrieve "b".id)
    client = testing.client("nayax", { get_token = { tokenInfo = { nayaxTokenId = "T" } } })
    assert.equal("T", client:get_token "T".tokenInfo.nayaxTokenId)
  end)

  it("gives a record that it was given", function()
    local record = testing.record("alix.private_info", CARD)
    local client = testing.client("alix", { private_info = function() return record end })
    assert.equal(record, client:private_info "c")
    client = testing.client("alix", { private_info = function() return testing.answer("alix.private_info", 200, { success = false, errorCode = 5 }) end })
    assert.equal("alix.private_info: declined (HTTP 200, code 5): the provider refused", tostring(select(2, client:private_info "c")))
  end)

  it("raises an error at the caller's line for an operation without an answer, and for an answer that is none", function()
    local client = testing.client("alix", {})
    assert.matches("client_spec.lua:%d+: cards.testing: alix.private_info was called, and its client has no answer for it$", raised(function()
      local record = client:private_info "c"
      return record
    end))
    assert.equal(1, #client.calls)
    for wrong, answer in pairs {
      ["is neither a record nor nil and an error"] = function() end,
      ["the body must be a table"] = function() return 7 end,
      ["unknown kind 'gone'"] = function() return nil, { kind = "gone" } end,
      ["mine"] = function() error "mine" end,
    } do
      client = testing.client("alix", { private_info = answer })
      assert.matches(wrong, raised(function() client:private_info "c" end), 1, true)
    end
  end)

  it("is of every provider, with settings but without addresses and credentials", function()
    local answers = { alix = "private_info", netxd = "get_cvv", whop = "retrieve", payengine = "retrieve_token", nayax = "get_token" }
    for provider, operation in pairs(answers) do
      assert.matches("^cards." .. provider .. " client", tostring(testing.client(provider, { [operation] = {} })))
    end
    local events = {}
    local client = testing.client("netxd", { get_cvv = { card = { cvv = "123" } } }, {
      defaults = { product = "P", program = "P", channel = "PULSE", customer_id = "1", account_number = "2" }, signature = "s",
      on_event = heard.calls(events),
    })
    assert.equal("cvv", client:get_cvv "c_1".card.cvv.class)
    assert.same({ product = "P", program = "P", channel = "PULSE", customer_id = "1", account_number = "2", card_id = "c_1" }, client.calls[1].parameters)
    assert.same({ "netxd", "get_cvv", true, 1, 200 }, { events[1].provider, events[1].operation, events[1].ok, events[1].attempts, events[1].status })
    assert.is_true(events[1].seconds >= 0)
  end)

  it("raises an error at the caller's line for what cannot be", function()
    for wrong, args in pairs {
      ["unknown provider 'alx' (did you mean 'alix'?)"] = { "alx", {} },
      ["unknown operation 'private' (did you mean 'private_info'?)"] = { "alix", { private = card } },
      ["the answers must be a table by the names of operations"] = { "alix" },
      ["private_info must be a function, or a table or text of answers"] = { "alix", { private_info = 7 } },
      ["unknown key 'timeut' (did you mean 'timeout'?)"] = { "alix", {}, { timeut = 1 } },
      ["the settings must be a table"] = { "alix", {}, 7 },
    } do
      local err = raised(function() return (testing.client(args[1], args[2], args[3])) end)
      assert.matches("client_spec.lua:%d+: cards.testing.client: ", err)
      assert.matches(wrong, err, 1, true)
    end
  end)
end)

describe("a client of testing.client of a definition", function()
  local acme = cards.define {
    name = "acme", base_url = "https://api.acme.example", settings = { tenant = { into = "header", wire = "X-Tenant" } },
    credentials = { private_key = { type = "pem" } },
    auth = {
      { type = "token", operation = "login", value = "access_token" },
      { type = "signature", name = "X-Signature", algorithm = "rsa-sha256", key = "private_key", over = "{body}" },
    },
    operations = {
      login = { method = "POST", path = "/login", auth = {}, response = { fields = { access_token = "token" } } },
      token = { path = "/token/{card_id}", params = { card_id = {} }, response = { fields = { token = "token" } } },
      show = {
        path = "/cards/{token}",
        params = {
          card_id = { into = "none", required = true }, token = {}, count = { into = "query", type = "integer" }, names = { into = "query", type = "list" },
        },
        before = { { operation = "token", with = { card_id = "card_id" }, take = { token = "token" } } }, rate = { 1, per = 3600 },
        response = { fields = { id = "string", pan = "pan" } },
      },
      list = {
        path = "/cards", params = { after = { into = "query" } }, response = { fields = { ["items[].pan"] = "pan", next = "string" } },
        pages = { items = "items", cursor = "next", into = "after" },
      },
    },
  }

  it("answers an operation with steps, tokens, keys and a rate as a whole, and nothing of it waits", function()
    local client = testing.client(acme, { show = { id = "1", pan = "4111111111111111" } })
    for _ = 1, 3 do
      assert.equal("pan", client:show { card_id = "c_1", count = 7, names = { "a", "b" } }.pan.class)
    end
    assert.same({ card_id = "c_1", count = 7, names = { "a", "b" } }, client.calls[3].parameters)
    assert.equal(3, #client.calls)
    assert.matches("'card_id'", select(2, client:show { card_i = "c_1" }).message, 1, true)
    client = testing.client("acme", { show = { id = "1" } })
    assert.equal("1", client:show "c_1".id)
    assert.is_true(client.calls[1].parameters.card_id == "c_1")
  end)

  it("answers without a body where the definition allows that", function()
    local empty = cards.define {
      name = "acme_empty", base_url = "https://api.acme.example", auth = { type = "bearer" },
      operations = { block = { method = "POST", path = "/block", empty = true, response = { fields = { id = "string" } } } },
    }
    local client = testing.client(empty, { block = { {}, { id = "1" }, "" } })
    for _, expected in ipairs { "nil", "1", "nil" } do
      assert.equal(expected, tostring(assert(client:block()).id))
    end
    assert.equal("acme_empty.block", getmetatable(testing.record(empty, "block", {})))
  end)

  it("turns pages", function()
    local client = testing.client(acme, { list = {
      { items = { { pan = "4111111111111111" } }, next = "p2" }, { items = { { pan = "5555555555554444" } } },
    } })
    local seen = {}
    for page in client:pages("list", {}) do
      seen[#seen + 1] = tostring(page.items[1].pan)
    end
    assert.same({ "************1111", "************4444" }, seen)
    assert.equal("p2", client.calls[2].parameters.after)
  end)
end)

describe("clients of testing.client", function()
  it("work in cards.all, cards.each, cards.fallback, cards.retry and cards.breaker", function()
    local answers = { testing.error { kind = "provider" }, CARD, CARD, CARD, testing.error { kind = "timeout" }, CARD }
    local client = testing.client("alix", { private_info = answers })
    local function call() return client:private_info "c_1" end
    assert.equal("pan", cards.retry(call, { base = 0 }).cardNo.class)
    local a, b = cards.all { call, call }
    assert.same({ "pan", "pan" }, { a[1].cardNo.class, b[1].cardNo.class })
    assert.equal("pan", cards.fallback { call, call }.cardNo.class)
    client = testing.client("alix", { private_info = function(parameters) return { cvv = parameters.card_id } end })
    local seen = {}
    for _, id, record in cards.each({ "1", "2", "3" }, function(id) return client:private_info(id) end, { concurrency = 2 }) do
      seen[#seen + 1] = record.cvv:equals(id)
    end
    assert.same({ true, true, true }, seen)
    local breaker = cards.breaker { failures = 1 }
    local down = testing.client("alix", { private_info = testing.error { kind = "network" } })
    for _, kind in ipairs { "network", "busy" } do
      assert.equal(kind, select(2, breaker(function() return down:private_info "c" end)).kind)
    end
    assert.equal(1, #down.calls)
  end)

  it("may call other clients, and wait, in their answers", function()
    local inner = testing.client("alix", { private_info = CARD })
    local outer = testing.client("whop", { retrieve = function(parameters)
      local record = inner:private_info(parameters.card_id)
      cards.sleep(0)
      return { id = parameters.card_id, secrets = { card_number = record.cardNo } }
    end })
    local a, b = cards.all { function() return outer:retrieve "1" end, function() return outer:retrieve "2" end }
    assert.same({ "1", "2" }, { a[1].id, b[1].id })
    assert.equal("************1111", tostring(a[1].secrets.card_number))
    assert.equal(2, #inner.calls)
  end)

  it("leave a program that does not require them as it is", function()
    local output, status = program.run [[
      local cards, core = require "cards", require "cards.core"
      local before = {}
      for key, value in pairs(core) do before[key] = value end
      for name in pairs(package.loaded) do assert(not name:find "^cards.testing", name) end
      require "cards.testing"
      for key, value in pairs(before) do assert(core[key] == value, key) end
      print "unchanged" ]]
    assert.equal(0, status, output)
    assert.equal("unchanged\n", output)
  end)
end)
