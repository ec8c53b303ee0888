--- A policy for revealing in nginx: it is set before the fork, its audit function may wait, and entries have the request's id.

local nginx = require "support.nginx"
if nginx.is_missing("reveal", pending) then return end

local PAN = "4111111111111111"

local APP = [[
local cards = require "cards"
local app = { PAN = "4111111111111111", entries = {} }

local function ask(role, purpose) return cards.secret(app.PAN, "pan"):reveal { role = role, purpose = purpose } end

--- What the audit function does, by the purpose.
local does = { quick = function() end }

function does.waits() ngx.sleep(0.05) end

function does.long()
  ngx.shared.facts:incr("waiting", 1, 0)
  repeat ngx.sleep(0.01) until ngx.shared.facts:get "go"
  ngx.shared.facts:incr("waited", 1, 0)
end

function does.fails() ngx.sleep(0.01) error "the disk is full" end

local function nested()
  local bytes, err = ask("holder", "quick")
  app.nested = tostring(bytes) .. " " .. tostring(err)
end
does.nested = nested
function does.nested_all() cards.all { nested } end
function does.nested_coroutine() coroutine.wrap(function() coroutine.wrap(nested)() end)() end
function app.set()
  local purposes = {}
  for purpose in pairs(does) do purposes[#purposes + 1] = purpose end
  cards.configure { reveal = {
    policy = { holder = { classes = { "pan" }, purposes = purposes } },
    audit = function(entry)
      app.entries[#app.entries + 1] = entry
      local act = does[entry.purpose]
      return entry.allowed and act and act()
    end,
  } }
end

app.ask = ask

--- What a request asks for.
function app.asked() return ask(ngx.var.arg_role or "holder", ngx.var.arg_purpose or "quick") end

function app.last(name) return tostring(app.entries[#app.entries][name]) end

return app
]]

local SCRIPTS = {
  ask = "local bytes, err = app.asked() return bytes or err",
  id = "app.asked() return app.last 'request_id', ngx.var.request_id",
  ids = "app.asked() local first = app.last 'request_id' app.asked() return first, app.last 'request_id'",
  own_id = "cards.secret(app.PAN, 'pan'):reveal { role = 'holder', purpose = 'quick', request_id = 'r-1' } return app.last 'request_id'",
  where = "local s = cards.secret(app.PAN, 'pan')\nlocal bytes = s:reveal()\nreturn app.last 'where', bytes",
  time = "app.asked() return math.abs(app.last 'time' - ngx.now()) < 5",
  all = [[
    local order = {}
    local function asks(purpose)
      return function()
        local bytes = app.ask("holder", purpose)
        order[#order + 1] = purpose .. "=" .. tostring(bytes)
      end
    end
    cards.all { asks "waits", asks "quick" }
    return table.concat(order, ",") ]],
  threads = [[
    local thread = ngx.thread.spawn(function() ngx.sleep(0.02) return app.ask("holder", "quick") end)
    local own = app.ask("holder", "waits")
    return own, select(2, ngx.thread.wait(thread)) ]],
  nested = "local bytes = app.asked() return bytes, app.nested",
  timer = [[
    ngx.timer.at(0, function()
      local bytes = app.ask("holder", "waits")
      ngx.shared.facts:set("timer", tostring(bytes) .. " " .. app.last "request_id")
    end) ]],
  counts = "local counts = cards.reveals() return counts.revealed, counts.refused, ngx.worker.pid()",
  sealed = [[
    local jwk = { kty = "EC", crv = "P-256", x = "MKBCTNIcKUSDii11ySs3526iDZ8AiTo7Tu6KPAqv7D4", y = "4Etl6SRW2YiLUrN5vfvVHuhp7x8PxltmWWlbbM4IFyM" }
    local sealed = cards.secret(app.PAN, "pan"):seal { key = jwk, role = "holder", purpose = "waits" }
    return sealed and #sealed > 100, app.last "act", app.last "thumbprint" ]],
  log = "return tostring(app.logged)",
  go = "ngx.shared.facts:set('go', true)",
  taken_away = "cards.configure { reveal = false } local bytes = cards.secret(app.PAN, 'pan'):reveal() app.set() return bytes",
}

local server

setup(function()
  local locations = {}
  for path, source in pairs(SCRIPTS) do
    locations["/" .. path] = ([[local app, cards = require "app", require "cards" local function run() %s
      end
      local values = { run() }
      for i = 1, table.maxn(values) do values[i] = tostring(values[i]) end
      ngx.print(table.concat(values, " ")) ]]):format(source)
  end
  local function start(name, workers, more)
    return nginx.start(name, {
      app = APP, workers = workers, locations = locations,
      http = "init_by_lua_block { require('app').set() }\n",
      server = (more or "") .. [[
        lua_check_client_abort on;
        location = /phases {
          access_by_lua_block { ngx.ctx.access = require("app").ask("holder", "waits") }
          content_by_lua_block { ngx.print(tostring(ngx.ctx.access)) }
          header_filter_by_lua_block { ngx.header.x_phase = require("app").ask("holder", "quick") == require("app").PAN and "given" or "refused" }
          log_by_lua_block {
            local app = require "app"
            app.logged = tostring(app.ask("holder", "quick")) .. " " .. tostring(select(2, app.ask("holder", "waits")))
          }
        } ]],
    })
  end
  server = { one = start("reveal-one", 1, "set $named $request_id;"), many = start("reveal-many", 2) }
end)

teardown(function()
  for _, one in pairs(server or {}) do one:stop() end
end)

local function body(path, options) return server.one:body(path, options) end

describe("in nginx a policy for revealing", function()
  it("that is set before the fork holds in each worker, which counts for itself", function()
    local workers, asked = {}, 0
    nginx.wait_for("both workers to answer", function()
      assert.equal(PAN, server.many:body "/ask")
      assert.matches('purpose "other" is none of role "holder"', server.many:body "/ask?purpose=other", 1, true)
      asked = asked + 1
      local revealed, refused, pid = server.many:body "/counts":match "^(%d+) (%d+) (%d+)$"
      workers[pid] = { tonumber(revealed), tonumber(refused) }
      return next(workers, next(workers)) ~= nil
    end)
    for _, counts in pairs(workers) do
      assert.is_true(counts[1] <= asked and counts[2] <= asked)
    end
  end)

  it("can be taken away and set again", function()
    assert.equal(PAN, body "/taken_away")
    assert.matches('role "nobody" is none of the policy', body "/ask?role=nobody", 1, true)
  end)

  it("has entries with nginx's id of the request, unless the script says another one", function()
    for _, path in ipairs { "/id", "/ids" } do
      local one, other = body(path):match "^(%x+) (%x+)$"
      assert.equal(32, #one)
      assert.equal(one, other)
    end
    local one, other = server.many:body "/ids":match "^(%x+) (%x+)$" -- where the configuration does not name the id
    assert.equal(one, other)
    assert.equal("r-1", body "/own_id")
  end)

  it("has entries with the place in the block of the configuration, and the time", function()
    assert.matches("^content_by_lua%(nginx%.conf:%d+%):3$", body "/where")
    assert.equal("true", body "/time")
  end)

  it("holds in timers, which have no id of a request", function()
    body "/timer"
    nginx.wait_for("the timer", function() return body "/fact?name=timer" ~= "nil" end)
    assert.equal(PAN .. " nil", body "/fact?name=timer")
  end)

  it("holds in phases that wait, and in those that do not where the audit function need not wait", function()
    local answer = server.one:get "/phases"
    assert.same({ PAN, "given" }, { answer.body, answer.headers["x-phase"] })
    nginx.wait_for("the phase log", function() return body "/log" ~= "nil" end)
    assert.matches("^" .. PAN .. " cards%.reveal: invalid_request: the audit failed: .*API disabled", body "/log")
  end)

  it("holds for what is sealed", function()
    assert.matches("^true seal [%w_-]+$", body "/sealed")
    assert.equal(43, #body "/sealed":match "%S+$")
  end)
end)

describe("in nginx an audit function", function()
  it("may wait, while the worker goes on", function()
    assert.equal(PAN, body "/ask?purpose=waits")
    assert.equal(("quick=%s,waits=%s"):format(PAN, PAN), body "/all")
    assert.equal(("%s %s"):format(PAN, PAN), body "/threads")
  end)

  it("that fails after it waited refuses the act", function()
    assert.matches("^cards%.reveal: invalid_request: the audit failed: .*the disk is full$", body "/ask?purpose=fails")
  end)

  it("cannot reveal itself, in cards.all and coroutines of its own either", function()
    for _, purpose in ipairs { "nested", "nested_all", "nested_coroutine" } do
      assert.equal(PAN .. " nil cards.reveal: invalid_request: an audit function may not reveal or seal, as that would have to be audited itself",
        body("/nested?purpose=" .. purpose))
    end
  end)

  it("keeps nobody else waiting, and gives nothing to a request that is gone", function()
    local function waiting() return tonumber(body "/fact?name=waiting") or 0 end
    for i = 1, 3 do
      server.one:get("/ask?purpose=long", { give_up = function()
        nginx.wait_for("the audit function to wait", function() return waiting() == i end)
      end })
    end
    local before = tonumber((body "/counts":match "^%d+"))
    nginx.together(
      function() assert.equal(PAN, body "/ask?purpose=long") end,
      function()
        nginx.wait_for("a fourth one to wait", function() return waiting() == 4 end)
        for _ = 1, 20 do assert.equal(PAN, body "/ask?purpose=waits") end
        body "/go"
      end)
    assert.equal("1", body "/fact?name=waited")
    assert.equal(before + 21, tonumber((body "/counts":match "^%d+")))
  end)
end)

it("leaves nothing behind in the error log", function()
  for _, one in pairs(server) do
    assert.same({}, one:complaints())
    assert.is_nil(one:log():find(PAN, 1, true))
  end
end)
