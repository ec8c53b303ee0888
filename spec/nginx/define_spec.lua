--- Tokens, steps and rates of a definition in nginx: they let the worker go on, and workers share a token.

local nginx = require "support.nginx"
if nginx.is_missing("define", pending) then return end

local sandbox = require "support.sandbox"

local server, gate, tenant

local APP = [[
local bank, cards = require "support.bank", require "cards"
local app = {}

local function client(name, change, config)
  local definition = bank.with_steps(bank.definition(nil, nil, { name = name }), nil, { auth = {} })
  if change then change(definition.operations) end
  local whole = { tenant = "@tenant@-" .. name, timeout = 20 }
  for key, value in pairs(config or {}) do whole[key] = value end
  return (bank.client(definition, whole))
end

app.shared = client("bank_shared", nil, { shared = "tokens" })
app.brief = client("bank_brief", nil, { shared = "tokens", mode = "brief" })
app.once = client("bank_once", nil, { shared = "tokens", mode = "once" })
app.own = client("bank_own")
app.slow = client("bank_slow", nil, { headers = { ["X-Sandbox"] = "slow_first_byte=0.5" } })
app.lost = client("bank_lost", nil, { base_url = "@gate@", insecure_http = true })
app.gated = client("bank_gated", nil, { base_url = "@gate@", insecure_http = true })
app.rated = client("bank_rated", function(operations) operations.vault.rate = { 1, per = 60 } end)

function app.said(record, err) return record and tostring(record.pan) or tostring(err) end

return app
]]

local SCRIPTS = {
  show = "return ngx.worker.pid(), app.said(app.shared:show(ngx.var.arg_id))",
  brief = "return app.said(app.brief:show(ngx.var.arg_id))",
  once = "return app.said(app.once:show(ngx.var.arg_id))",
  vault = "return app.said(app.own:vault(ngx.var.arg_id))",
  reveal = "return app.said(app.own:reveal(ngx.var.arg_id))",
  slow = "return app.said(app.slow:vault(ngx.var.arg_id))",
  lost = "return app.said(app.lost:vault(ngx.var.arg_id))",
  gated = "return app.said(app.gated:vault(ngx.var.arg_id))",
  short = "return app.said(app.slow:vault(ngx.var.arg_id, { timeout = 0.7 }))",
  all = [[
    local calls = {}
    for i = 1, 8 do calls[i] = function() return app.own:vault(ngx.var.arg_id .. i) end end
    local said = {}
    for i, result in ipairs { cards.all(calls) } do said[i] = app.said(result[1], result[2]) end
    return table.concat(said, ",") ]],
  rated = "return app.said(app.rated:vault(ngx.var.arg_id, { timeout = 20 }))",
  keys = [[
    local all = {}
    for _, key in ipairs(ngx.shared.tokens:get_keys(0)) do all[#all + 1] = key .. "=" .. tostring(ngx.shared.tokens:get(key)) end
    return (table.concat(all, "\n")) ]],
}

-- In front of the sandbox: it holds logins while it is told to.
local GATE = [[
    lua_check_client_abort on;
    location / { proxy_pass @url@; }
    location /bank_login/ {
      access_by_lua_block {
        ngx.shared.facts:incr("logins", 1, 0)
        while ngx.shared.facts:get "hold" do ngx.sleep(0.01) end
      }
      proxy_pass @url@;
    }
]]

setup(function()
  gate = nginx.start("define-gate", { server = GATE:gsub("@url@", (sandbox.url "HTTP_URL")), locations = {
    ["/hold"] = 'ngx.shared.facts:set("hold", true)', ["/go"] = 'ngx.shared.facts:delete "hold"',
  } })
  tenant = sandbox.unique_id "tenant"
  local locations = {}
  for path, source in pairs(SCRIPTS) do
    locations["/" .. path] = ([[
      local app, cards = require "app", require "cards"
      local function run() %s end
      local values = { run() }
      for i = 1, table.maxn(values) do values[i] = tostring(values[i]) end
      ngx.print(table.concat(values, " ")) ]]):format(source)
  end
  local function start(name, workers)
    return nginx.start(name, {
      app = APP:gsub("@(%l+)@", { tenant = tenant .. "-" .. workers, gate = "http://127.0.0.1:" .. gate.port }), workers = workers, locations = locations,
      server = "lua_check_client_abort on;",
      http = "lua_shared_dict tokens 1m;\ninit_by_lua_block { require 'cards' }",
    })
  end
  server = { one = start("define-one", 1), many = start("define-many", 4) }
end)

after_each(function() gate:body "/go" end)

teardown(function()
  for _, one in pairs(server or {}) do one:stop() end
  if gate then gate:stop() end
end)

local MASKED = "************1111"

local function id() return sandbox.unique_id "bank" end

local function logins(which, name)
  return sandbox.seen(("%s-%d-%s"):format(tenant, which == "many" and 4 or 1, name)).count
end

--- How many logins have come to the gate.
local function at_gate() return tonumber(gate:body "/fact?name=logins") or 0 end

--- Sends so many requests at once. @return what each said
local function ask(which, path, count)
  local said, list = {}, {}
  for i = 1, count do
    list[i] = function()
      local what = server[which]:body(path .. "?id=" .. id())
      said[#said + 1] = what
    end
  end
  nginx.together(table.unpack(list))
  assert.equal(count, #said)
  return said
end

describe("in nginx a token", function()
  it("is fetched once for all workers, and lies nowhere in plain", function()
    local workers, seen = {}, 0
    nginx.wait_for("several workers to answer", function()
      for _, said in ipairs(ask("many", "/show", 12)) do
        local pid, what = said:match "^(%d+) (.*)$"
        assert.equal(MASKED, what)
        seen = seen + (workers[pid] and 0 or 1)
        workers[pid] = true
      end
      return seen > 1
    end)
    assert.equal(1, logins("many", "bank_shared"))
    local all = server.many:body "/keys"
    assert.matches("cards.token:%x+=%d+", all)
    assert.is_nil(all:find("bank.", 1, true))
  end)

  it("is fetched anew after a 401, and when its time is over", function()
    for _ = 1, 3 do assert.equal(MASKED, server.one:body("/once?id=" .. id())) end
    assert.equal(3, logins("one", "bank_once"))
    assert.equal(MASKED, server.one:body("/brief?id=" .. id()))
    nginx.wait_for("another login", function()
      assert.equal(MASKED, server.one:body("/brief?id=" .. id()))
      return logins("one", "bank_brief") > 1
    end)
  end)

  it("is fetched by another request where the one that fetches is gone", function()
    local first, before, second = id(), at_gate(), nil
    gate:body "/hold"
    server.one:get("/lost?id=" .. first, { give_up = function()
      nginx.wait_for("the login", function() return at_gate() == before + 1 end)
    end })
    nginx.together(function() second = server.one:body("/lost?id=" .. id()) end, function()
      nginx.wait_for("another login", function() return at_gate() == before + 2 end)
      gate:body "/go"
    end)
    assert.equal(MASKED, second)
    assert.equal(before + 2, at_gate())
    assert.equal(0, sandbox.seen("step-" .. first).count)
  end)
end)

describe("in nginx a step", function()
  it("is made before its call, in cards.all too", function()
    for _ = 1, 2 do
      for _, path in ipairs { "/vault", "/reveal" } do
        for _, said in ipairs(ask("one", path, 5)) do assert.equal(MASKED, said) end
      end
      assert.equal((MASKED .. ","):rep(8):sub(1, -2), server.one:body("/all?id=" .. id()))
    end
    assert.equal(1, logins("one", "bank_own"))
  end)

  it("lets the worker go on", function()
    local order, before = {}, at_gate()
    gate:body "/hold"
    nginx.together(
      function()
        assert.equal(MASKED, server.one:body("/gated?id=" .. id()))
        order[#order + 1] = "gated"
      end,
      function()
        nginx.wait_for("the login", function() return at_gate() == before + 1 end)
        assert.equal(MASKED, server.one:body("/vault?id=" .. id()))
        order[#order + 1] = "quick"
        gate:body "/go"
      end)
    assert.same({ "quick", "gated" }, order)
  end)

  it("has the deadline of the call", function()
    assert.equal(MASKED, server.one:body("/slow?id=" .. id())) -- so that it has a token
    local steps
    for _ = 1, 10 do
      local card = id()
      assert.matches("bank_slow%.[%w_]+: timeout: no answer in time", server.one:body("/short?id=" .. card))
      steps = sandbox.seen("step-" .. card).count
      if steps > 0 then break end -- else the machine was busy until the time was over
    end
    assert.equal(1, steps)
  end)
end)

it("in nginx a rate holds for the calls of a worker", function()
  local passed, refused = 0, 0
  for _, said in ipairs(ask("one", "/rated", 6)) do
    passed = passed + (said == MASKED and 1 or 0)
    refused = refused + (said:find "bank_rated.vault: rate_limited: the rate is used up" and 1 or 0)
  end
  assert.same({ 1, 5 }, { passed, refused })
end)

it("leaves nothing behind in the error log", function()
  for _, one in pairs(server) do assert.same({}, one:complaints()) end
end)
