--- Redis over cosockets.

local nginx = require "support.nginx"
if nginx.is_missing("redis", pending) then return end

local redis = require "support.redis"
local sandbox = require "support.sandbox"

local APP = [[
local cards = require "cards"
local cjson = require "cjson"
local redis = require "cards.redis"
local app = { servers = {} }

function app.server(url)
  app.servers[url] = app.servers[url] or assert(redis.new(url, "shared"))
  return app.servers[url]
end

--- What came of a command, as JSON.
function app.outcome(reply, err)
  if reply == nil then
    return cjson.encode { kind = err.kind, code = err.code, message = err.message, attempts = err.attempts, retryable = err.retryable }
  end
  return cjson.encode { reply = reply }
end

function app.call(url, ...)
  return app.outcome(app.server(url):call(...))
end

function app.run(hex)
  local source = hex:gsub("%x%x", function(pair) return string.char(tonumber(pair, 16)) end)
  local made = assert(loadstring(source))
  setfenv(made, setmetatable({ app = app, cards = cards, core = require "cards.core", redis = redis }, { __index = _G }))
  return tostring(made())
end

app.phases = {}
return app
]]

local plain, relay, secured, names, server, bare

local function decode(text)
  return require("cjson").decode(text)
end

--- What Lua source returns in a request.
local function run(one, source, ...)
  local hex = source:format(...):gsub(".", function(byte) return ("%02x"):format(byte:byte()) end)
  return one:body("/run?code=" .. hex)
end

--- What came of a command.
local function call(one, url, ...)
  local words = { ("%q"):format(url) }
  for i, word in ipairs { ... } do
    words[i + 1] = ("%q"):format(word)
  end
  return decode(run(one, "return app.call(%s)", table.concat(words, ", ")))
end

setup(function()
  plain = redis.start()
  relay = redis.relay(plain)
  secured = redis.start { tls = true, client_certificate = true, users = { "default off", "worker on >wrong-horse ~* +@all" } }
  names = redis.names()
  local certificates = nginx.absolute(redis.certificates())
  local url = plain.url "spec"
  local function phase(name)
    return ('%s_by_lua_block { require "app".phases.%s = require "app".call(%q, "PING") }'):format(name, name, url)
  end
  server = nginx.start("redis", {
    app = APP,
    main = ("env CARDS_REDIS_PASSWORD=wrong-horse; env CARDS_REDIS_CERT_FILE=%s/client.pem; env CARDS_REDIS_KEY_FILE=%s/client.key;"):format(
      certificates, certificates),
    http = ("resolver 127.0.0.1:%d ipv6=off; lua_ssl_trusted_certificate %s; lua_ssl_verify_depth 3;"):format(
      names.port, nginx.absolute(sandbox.url "CA_FILE")),
    locations = { ["/run"] = [[ngx.print(require "app".run(ngx.var.arg_code))]] },
  })
  bare = nginx.start("redis-bare", {
    app = APP,
    http = ('init_by_lua_block { local app = require "app" app.phases.init = app.call(%q, "PING") }\n%s'):format(url, phase "init_worker"),
    server = ([[
      location = /phases { %s %s %s content_by_lua_block { ngx.print "x" } }
      location = /seen { content_by_lua_block { ngx.print(require "cjson".encode(require "app".phases)) } }
    ]]):format(phase "header_filter", phase "body_filter", phase "log"),
    locations = { ["/run"] = [[ngx.print(require "app".run(ngx.var.arg_code))]] },
  })
end)

teardown(function()
  for _, one in pairs { server, bare } do one:stop() end
  redis.stop_all()
end)

describe("a command in nginx", function()
  local url

  setup(function() url = plain.url "spec" end)

  it("gives what it gives in plain Lua", function()
    assert.same({ reply = "OK" }, call(bare, url, "SET", "a", "text"))
    assert.same({ reply = "text" }, call(bare, url, "GET", "a"))
    assert.same({ reply = false }, call(bare, url, "GET", "none"))
    assert.same({ reply = 4 }, call(bare, url, "STRLEN", "a"))
    assert.same({ reply = { "text", false } }, call(bare, url, "MGET", "a", "none"))
    assert.same({ reply = "1-0" }, call(bare, url, "XADD", "s", "1-0", "line", "x"))
    assert.same({ reply = { { "1-0", { "line", "x" } } } }, call(bare, url, "XRANGE", "s", "-", "+"))
  end)

  it("has the same errors", function()
    local err = call(bare, url, "NONSENSE", "planted-value")
    assert.same({ "provider", "ERR", 1, false }, { err.kind, err.code, err.attempts, err.retryable })
    assert.falsy(err.message:find "planted")
    err = call(bare, url, "EVAL", "return { 'first', redis.error_reply('PLANT in the list'), { 'last' } }", "0")
    assert.equal("PLANT", err.code)
    assert.same({ reply = "PONG" }, call(bare, url, "PING"))
  end)

  it("uses connections again", function()
    local id = call(bare, url, "CLIENT", "ID").reply
    call(bare, url, "NONSENSE")
    for _ = 1, 5 do
      assert.equal(id, call(bare, url, "CLIENT", "ID").reply)
    end
  end)

  it("lets others go on", function()
    assert.equal("sent first", run(bare, [[
      local order = {}
      cards.all {
        function()
          app.server(%q):call("XREAD", "BLOCK", 5000, "STREAMS", "later", "0")
          table.insert(order, "first")
        end,
        function()
          ngx.sleep(0.05)
          table.insert(order, "sent")
          app.server(%q):call("XADD", "later", "*", "a", "b")
        end,
      }
      return table.concat(order, " ") ]], url, url))
  end)

  it("ends with the deadline around it", function()
    local err = decode(run(bare, [[
      return cards.deadline(0.05, function() return app.call(%q, "XREAD", "BLOCK", 5000, "STREAMS", "none", "$") end)]], url))
    assert.same({ "timeout", 1, false }, { err.kind, err.attempts, err.retryable })
    assert.same({ reply = "PONG" }, call(bare, url, "PING"))
  end)

  it("runs in a timer", function()
    assert.same({ reply = "PONG" }, decode(run(bare, [[
      local outcome
      ngx.timer.at(0, function() outcome = app.call(%q, "PING") end)
      while not outcome do ngx.sleep(0.01) end
      return outcome ]], url)))
  end)

  it("is an error, and not raised, in a phase that has no sockets", function()
    bare:get "/phases"
    local seen = nginx.wait_for("the phase log", function()
      local found = decode(bare:body "/seen")
      return found.log and found
    end)
    for _, phase in ipairs { "init", "init_worker", "header_filter", "body_filter", "log" } do
      local err = decode(seen[phase])
      assert.same({ "busy", 0 }, { err.kind, err.attempts })
      assert.truthy(err.message:find(("nginx's phase '%s' has no sockets"):format(phase), 1, true), err.message)
    end
    local err = decode(run(bare, [[
      local outcome
      string.gsub("x", "x", function() outcome = app.call(%q, "PING") end)
      return outcome ]], url))
    assert.equal("busy", err.kind)
    for _, line in ipairs(bare:complaints()) do
      assert.truthy(line:find("lua tcp socket read timed out", 1, true), line) -- of the deadline above
    end
  end)

  it("is sent again where its connection had ended, and else says what is not known", function()
    local behind = relay.url "spec"
    assert.same({ reply = "PONG" }, call(bare, behind, "PING"))
    relay.cut()
    assert.same({ reply = "PONG" }, call(bare, behind, "PING"))
    relay.cut_after(4)
    relay.cut()
    assert.same({ reply = 1 }, call(bare, behind, "INCR", "counter")) -- ":1\r\n" is all that comes back
    relay.wait_for_cut()
    assert.same({ reply = 2 }, call(bare, behind, "INCR", "counter"))
    relay.cut_after(3)
    relay.cut()
    local err = call(bare, behind, "INCR", "counter")
    assert.same({ "network", 1, false }, { err.kind, err.attempts, err.retryable })
    relay.go()
    assert.same({ reply = "3" }, call(bare, behind, "GET", "counter"))
    relay.mute()
    relay.cut()
    err = decode(run(bare, [[return cards.deadline(1, function() return app.call(%q, "INCR", "counter") end)]], behind))
    relay.go()
    assert.same({ "timeout", 1, false }, { err.kind, err.attempts, err.retryable })
    assert.truthy(err.message:find("whether Redis ran the command is not known", 1, true))
  end)

  it("ends with its time where what is there never stops to reply, and lets others go on", function()
    for i, torrent in ipairs(redis.TORRENTS) do
      local stranger = redis.torrent(torrent[1], torrent[2], torrent[3])
      local seen = decode(run(bare, [[
        local began, message, turns = core.now(), nil, 0
        cards.all {
          function() message = cards.deadline(%g, app.call, %q, "GET", "a") end,
          function()
            while not message do
              cards.sleep(0.01)
              turns = turns + 1
            end
          end,
        }
        return app.outcome { message, turns, core.now() - began } ]], torrent[5], stranger.url "x")).reply
      stranger.stop()
      assert.truthy(seen[1]:find(torrent[4], 1, true), i .. ": " .. seen[1])
      assert.is_true(seen[2] > 0)
      assert.is_true(seen[3] < 20, i .. ": " .. seen[3]) -- it does not hang
    end
  end)

  it("fails at once while Redis is away", function()
    local behind = relay.url "away"
    relay.down()
    local err = call(bare, behind, "PING")
    assert.same({ "network", 0, true }, { err.kind, err.attempts, err.retryable })
    assert.equal("away", run(bare, [[
      local seen
      for _ = 1, 100 do
        local _, err = app.server(%q):call "PING"
        seen = seen or err.message:find "is away" and err.retry_after and "away"
      end
      return seen ]], behind))
    relay.go()
    nginx.wait_for("Redis to be back", function() return call(bare, behind, "PING").reply == "PONG" end)
    bare:forget_log()
  end)
end)

describe("Redis with TLS in nginx", function()
  it("gets a user, a password and a certificate", function()
    local url = secured.url("spec", "worker", "?db=2")
    assert.same({ reply = "OK" }, call(server, url, "SET", "a", "b"))
    assert.equal("b", secured.cli "--user worker --pass wrong-horse --no-auth-warning -n 2 GET a")
    assert.same({ reply = "b" }, call(server, url, "GET", "a"))
  end)

  it("is refused where it is not who it should be", function()
    local other = secured.url("spec", "worker"):gsub("localhost", "other.example")
    local err = call(server, other, "PING")
    assert.same({ "tls", 0, false }, { err.kind, err.attempts, err.retryable })
    err = call(bare, secured.url("spec", "worker"):gsub("localhost", "127.0.0.1"), "PING") -- where no authority is trusted
    assert.equal("tls", err.kind)
  end)

  it("refuses a user whose password is another, and nothing shows that", function()
    local err = call(server, secured.url("spec", "nobody"), "PING")
    assert.same({ "auth", "WRONGPASS", false }, { err.kind, err.code, err.retryable })
    assert.falsy((err.message .. server:log()):find("wrong-horse", 1, true))
  end)
end)
