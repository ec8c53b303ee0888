--- cards.limit, breaker and token_source of two nginx hosts that share a Redis, with two workers each.

local nginx = require "support.nginx"
if nginx.is_missing("shared in Redis", pending) then return end

local fleet = require "support.fleet"
local redis = require "support.redis"

local server, relay, hosts

local APP = [[
local cards, core = require "cards", require "cards.core"
local app = { phases = {} }
local URL, AWAY = "@url@", "@away@"

-- A Redis that does not answer within a second is away. Here it never is that slow, but the machine may be.
require("cards.resilience.remote").open(URL).patience = 30

function app.fine() return "passed" end
function app.fail() return nil, core.error { kind = "network", retryable = true, message = "made up", attempts = 1 } end
function app.said(value, err) return tostring(value or err) end

local function source(url, on_loss)
  return cards.token_source(function()
    ngx.shared.facts:incr("fetched", 1, 0)
    cards.sleep(0.1)
    return "planted-" .. ngx.worker.pid(), 1000
  end, { name = "alix", shared = url, on_loss = on_loss })
end

app.limited = cards.limit { rate = 1, per = 80000, burst = 5, max_wait = 0, key = "alix", shared = URL }
app.breaker = cards.breaker { failures = 3, open_for = 60, name = "alix", shared = URL }
app.source = source(URL)
for _, on_loss in ipairs { "local", "refuse" } do
  app[on_loss] = {
    limited = cards.limit { rate = 1, per = 80000, burst = 1, max_wait = 0, key = on_loss, shared = AWAY, on_loss = on_loss },
    breaker = cards.breaker { name = on_loss, shared = AWAY, on_loss = on_loss },
    source = source(AWAY, on_loss),
  }
  app.phases[on_loss] = cards.breaker { name = on_loss, shared = URL, on_loss = on_loss }
end

--- In a phase without sockets.
function app.phase(name)
  for on_loss, breaker in pairs(app.phases) do ngx.shared.facts:set(name .. on_loss, app.said(breaker(app.fine))) end
end

return app
]]

local SCRIPTS = {
  limited = "return app.said(app.limited(app.fine))",
  fail = "return app.said(app.breaker(app.fail))",
  try = "return app.said(app.breaker(app.fine))",
  token = "return app.source():reveal()",
  renew = "return app.source:renew(app.source()):reveal()",
  away = [[
    local own = app[ngx.var.arg_how]
    local token, err = own.source()
    return ("%s|%s|%s"):format(app.said(own.limited(app.fine)), app.said(own.breaker(app.fine)), app.said(token and token.class, err)) ]],
}

local function start(name)
  local locations = {}
  for path, source in pairs(SCRIPTS) do
    locations["/" .. path] = ('local app = require "app" local function run() %s end ngx.print(run())'):format(source)
  end
  return nginx.start(name, {
    app = APP:gsub("@(%l+)@", { url = server.url "fleet", away = relay.url "fleet" }), workers = 2,
    main = ("env CARDS_SHARED_KEY=%s;"):format((fleet.KEY:gsub(" ", "-"))),
    http = 'lua_socket_log_errors off; init_by_lua_block { require "cards" } init_worker_by_lua_block { require("app").phase "init_worker" }',
    server = [[location = /phases {
      content_by_lua_block { ngx.print "x" }
      header_filter_by_lua_block { require("app").phase "header_filter" }
      log_by_lua_block { require("app").phase "log" }
    }]],
    locations = locations,
  })
end

setup(function()
  server = redis.start()
  relay = redis.relay(server)
  hosts = { start "shared-redis-one", start "shared-redis-two" }
end)

teardown(function()
  for _, one in ipairs(hosts or {}) do one:stop() end
  redis.stop_all()
end)

--- What both hosts answer to so many requests each, made at the same time.
local function ask_both(path, count)
  local said, ask = {}, {}
  for i = 1, 2 * count do
    ask[i] = function()
      local what = hosts[i % 2 + 1]:body(path)
      said[#said + 1] = what
    end
  end
  nginx.together(table.unpack(ask))
  return said
end

local function count(list, pattern)
  local found = 0
  for _, what in ipairs(list) do found = found + (what:find(pattern) and 1 or 0) end
  return found
end

describe("two nginx hosts share", function()
  it("the rate of a limit", function()
    local said = ask_both("/limited", 10)
    assert.equal(5, count(said, "^passed$"))
    assert.equal(15, count(said, "^cards.limit: busy: the rate is used up"))
  end)

  it("the state of a breaker", function()
    assert.equal("passed", hosts[2]:body "/try")
    for _ = 1, 3 do assert.matches("network", hosts[1]:body "/fail") end
    nginx.wait_for("all to have heard of it", function() return count(ask_both("/try", 4), "the breaker 'alix' is open") == 8 end)
  end)

  it("a token, which one worker of one host fetches", function()
    local said = ask_both("/token", 10)
    for i = 2, 20 do assert.equal(said[1], said[i]) end
    assert.equal(1, (tonumber(hosts[1]:body "/fact?name=fetched") or 0) + (tonumber(hosts[2]:body "/fact?name=fetched") or 0))
    local renewed = hosts[1]:body "/renew"
    nginx.wait_for("both to have renewed it", function() return count(ask_both("/renew", 1), "^planted%-%d+$") == 2 end)
    assert.matches("^planted", renewed)
    local all = server.cli "--scan" .. server.cli "EVAL \"return redis.call('GET', redis.call('KEYS', '*token*')[1])\" 0"
    assert.matches("1:%d+:[%w_-]+", all)
    assert.is_nil(all:find("planted", 1, true))
  end)
end)

describe("a phase without sockets", function()
  it("goes by on_loss, and says nothing of Redis", function()
    hosts[1]:body "/phases"
    for _, phase in ipairs { "init_worker", "header_filter", "log" } do
      for on_loss, said in pairs { ["local"] = "^passed$", refuse = "^cards.breaker: busy: .*cannot be had" } do
        nginx.wait_for(phase, function() return hosts[1]:body("/fact?name=" .. phase .. on_loss):find(said) end)
      end
    end
    assert.is_nil(hosts[1]:log():find "cannot be had")
  end)
end)

describe("without their Redis hosts", function()
  it("go on by themselves, or refuse, and say so once for each worker", function()
    relay.down()
    for _ = 1, 4 do
      for _, what in ipairs(ask_both("/away?how=local", 3)) do
        assert.is_truthy(what:find "^passed|passed|credential$" or what:find "^cards.limit: busy: the rate is used up.*|passed|credential$", what)
      end
      for _, what in ipairs(ask_both("/away?how=refuse", 3)) do
        assert.matches("^cards.limit: busy: .*cannot be had.*|cards.breaker: busy: .*cannot be had.*|cards.token_source: busy: .*cannot be had", what)
      end
    end
    for _, host in ipairs(hosts) do
      local _, told = host:log():gsub("what hosts share in %S+ cannot be had: ", "")
      assert.is_true(told >= 1 and told <= 2, told)
    end
    relay.go()
    nginx.wait_for("Redis to be back", function() return count(ask_both("/away?how=refuse", 4), "cannot be had") == 0 end)
    nginx.wait_for("a worker that had said so to say that", function()
      ask_both("/away?how=refuse", 4)
      return hosts[1]:log():find("can be had again", 1, true)
    end)
  end)
end)

it("leaves nothing behind in the error log", function()
  for _, one in ipairs(hosts) do assert.same({}, one:complaints()) end
end)
