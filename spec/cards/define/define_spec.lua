--- cards.define: the example of the interface as it stands there, over the wire; what is only in definitions is in the other specs here.

local cards = require "cards"
local sandbox = require "support.sandbox"

local function define_acme()
  return cards.define {                        -- a provider as a Lua table: same engine, same secrets, same errors; no C, no rebuild
    name = "acme", base_url = "https://api.acme.example/v1",
    auth = { type = "bearer", credential = "token" },            -- also "header" (name = …), "basic", "body" (path = …), or a signer function
    operations = {
      show = {
        method = "GET", path = "/cards/{card_id}",
        params   = { card_id = { required = true }, expand = { into = "query" } },   -- into: path, query, header or a body path; type, enum, default, wire name
        success  = { path = "ok", equals = true },               -- besides a 2xx status
        response = { root = "data", fields = { id = "string", pan = "pan", cvv = "cvv", exp_month = "integer", ["holder.name"] = "string" } },
        error    = { code = "error.code", message = "error.message" },
        card     = { number = "pan", cvv = "cvv", exp_month = "exp_month", holder_name = "holder.name" },   -- its mapping to the neutral record
      },
    },
  }
end

local function client(acme, overrides)
  local config = { token = "acme_token_sandbox", base_url = sandbox.url "HTTPS_URL" .. "/acme", tls = { ca_file = sandbox.url "CA_FILE" } }
  for key, value in pairs(overrides or {}) do
    config[key] = value
  end
  return acme.new(config)
end

describe("the interface's example of cards.define", function()
  local acme

  before_each(function() acme = define_acme() end)

  it("is called like a built-in provider", function()
    local id = sandbox.unique_id "acme"
    local rec, err = client(acme):show(id)
    assert.is_nil(err)
    assert.equal("acme.show", getmetatable(rec))
    assert.equal(id, rec.id)
    assert.equal("************1111", tostring(rec.pan))
    assert.equal("pan", rec.pan.class)
    assert.equal("***", tostring(rec.cvv))
    assert.equal(7, rec.exp_month)
    assert.equal("John Doe", rec.holder.name)
    assert.equal("undeclared", rec.note.class)
    local last = sandbox.seen(id).last
    assert.equal("/acme/cards/" .. id, last.uri)
    assert.equal("Bearer acme_token_sandbox", last.headers.authorization)
  end)

  it("takes its parameters as a table, secrets as well, and encodes them", function()
    local id = sandbox.unique_id "acme"
    assert(client(acme):show { card_id = cards.secret(id), expand = "a&b c" })
    assert.equal(("/acme/cards/%s?expand=a%%26b%%20c"):format(id), sandbox.seen(id).last.uri)
    assert(acme.show(client(acme, { defaults = { expand = "all" } }), { card_id = id }))
    assert.equal(("/acme/cards/%s?expand=all"):format(id), sandbox.seen(id).last.uri)
  end)

  it("has a neutral card and a mask", function()
    local card = cards.card(client(acme):show(sandbox.unique_id "acme"))
    assert.equal("acme", card.provider)
    assert.equal("1111", card.last4)
    assert.equal("411111", card.bin)
    assert.equal(7, card.exp_month)
    assert.equal("John Doe", card.holder_name)
    assert.equal("************1111", cards.mask(card).number)
  end)

  it("has the errors of every provider", function()
    local id = sandbox.unique_id "acme"
    local _, err = client(acme, { token = "wrong" }):show(id)
    assert.equal("acme.show: auth (HTTP 401, code ***): Unauthorized", (tostring(err):gsub("code [^)]*", "code ***")))
    _, err = client(acme, { retries = 0 }):show "sandbox-status=404"
    assert.equal("not_found", err.kind)
    assert.equal("acme", err.provider)
    assert.equal("show", err.operation)
    _, err = client(acme):show {}
    assert.equal("acme.show: invalid_request: card_id is required", tostring(err))
    _, err = client(acme):show { card_id = "x", expnad = "y" }
    assert.matches("there is no parameter 'expnad' (did you mean 'expand'?)", tostring(err), 1, true)
    local ok, message = pcall(client, acme, { tokn = "x" })
    assert.is_false(ok)
    assert.matches("cards.acme.new: unknown key 'tokn' (did you mean 'token'?)", message, 1, true)
  end)

  it("declines where its success rule says otherwise", function()
    local id = sandbox.unique_id "acme"
    local _, err = client(acme):show { card_id = "sandbox-echo_secrets=200", expand = id }
    assert.equal("declined", err.kind)
    assert.is_nil(tostring(err):find("acme_token_sandbox", 1, true))
    assert.is_nil(tostring(err):find("4111111111111111", 1, true))
  end)

  it("is called by cards.all, from event loops and with functions as credentials", function()
    local made = client(acme, { token = function() return cards.secret "acme_token_sandbox" end })
    local a, b = cards.all { function() return made:show(sandbox.unique_id "acme") end, function() return client(acme):show(sandbox.unique_id "acme") end }
    assert.equal(7, a[1].exp_month)
    assert.equal(7, b[1].exp_month)
    local job = made:start("show", sandbox.unique_id "acme")
    assert.equal(7, assert(job:result()).exp_month)
  end)

  it("takes a table that is called like a function for a credential", function()
    local source = setmetatable({}, { __call = function() return "acme_token_sandbox" end })
    assert(client(acme, { token = source }):show(sandbox.unique_id "acme"))
  end)

  it("is described like the others", function()
    for _, of in ipairs { acme, "acme", client(acme) } do
      local about = cards.describe(of, "show")
      assert.equal("acme", about.provider)
      assert.equal("GET", about.method)
      assert.equal("/cards/{card_id}", about.path)
      assert.equal("path", about.params.card_id.into)
      assert.is_true(about.params.card_id.required)
      assert.equal("query", about.params.expand.into)
      assert.same({ id = "string", pan = "pan", cvv = "cvv", exp_month = "integer", ["holder.name"] = "string" }, about.response.fields)
      assert.equal("data", about.response.root)
      assert.same({ code = { "error.code" }, message = { "error.message" } }, about.error)
    end
    assert.equal("show", next(cards.describe(acme)))
  end)
end)
