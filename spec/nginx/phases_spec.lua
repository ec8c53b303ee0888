--- Where in nginx a call may be made: it yields in the phases that can, and is an error that names the phase in those that cannot.

local nginx = require "support.nginx"
if nginx.is_missing("phases", pending) then return end

local program = require "support.program"
local sandbox = require "support.sandbox"
local upstream = require "nginx.upstream"

local server, up, tls_port

local APP = [[
local cards = require "cards"
local sandbox = require "support.sandbox"
local app = {}

-- Clients are each process's own: init runs in the one that the workers come from.
local function open()
  app.process, app.alix, app.real = ngx.worker.pid(), @client@, cards.alix.new(sandbox.config("alix", { retries = 0 }))
end

--- What a call says, as text.
function app.call(id, real)
  if app.process ~= ngx.worker.pid() then open() end
  local record, err = app[real and "real" or "alix"]:private_info(id or ngx.var.arg_id)
  return record and tostring(record.cardNo) or tostring(err)
end

--- What a call says that may raise; kept under a name, for /fact.
function app.try(name, id)
  local ok, what = pcall(app.call, id or "c_1")
  ngx.shared.facts:set(name, (ok and "returned " or "raised ") .. tostring(what))
end

function app.keep(name, id) ngx.shared.facts:set(name, app.call(id)) end

return app
]]

local HTTP = [[
  init_by_lua_block { require("app").try("init") }
  init_worker_by_lua_block { require("app").try("init_worker") }
  exit_worker_by_lua_block { require("app").try("exit_worker") }
  upstream chosen {
    server 0.0.0.1;
    balancer_by_lua_block {
      require("app").try("balancer")
      require("ngx.balancer").set_current_peer("127.0.0.1", @port@)
    }
  }
  ssl_session_cache shared:tls:1m;
  ssl_session_tickets off;
  ssl_session_fetch_by_lua_block { require("app").keep("ssl_session_fetch", "c_1") }
  ssl_session_store_by_lua_block { require("app").try("ssl_session_store") }
  server {
    listen 127.0.0.1:@tls@ ssl;
    ssl_certificate @here@/server.pem;
    ssl_certificate_key @here@/server.key;
    ssl_certificate_by_lua_block {
      local name = require("ngx.ssl").server_name()
      if name == "sleep-certificate.test" then ngx.sleep(0.001) end
      if name == "hold-certificate.test" then require("app").keep("ssl_certificate", name) end
    }
    location / { return 200 secure; }
  }
]]

local SERVER = [[
    server_rewrite_by_lua_block { if ngx.var.uri == "/server_rewrite" then ngx.ctx.got = require("app").call() end }
    location = /server_rewrite { content_by_lua_block { ngx.print(ngx.ctx.got) } }
    location = /rewrite {
      rewrite_by_lua_block { ngx.ctx.got = require("app").call() }
      content_by_lua_block { ngx.print(ngx.ctx.got) }
    }
    location = /access {
      access_by_lua_block { ngx.ctx.got = require("app").call() }
      content_by_lua_block { ngx.print(ngx.ctx.got) }
    }
    location = /set { set_by_lua_block $got { require("app").try("set") } return 200 fine; }
    location = /header_filter { header_filter_by_lua_block { require("app").try("header_filter") } content_by_lua_block { ngx.print "fine" } }
    location = /body_filter { body_filter_by_lua_block { require("app").try("body_filter") } content_by_lua_block { ngx.print "fine" } }
    location = /log { log_by_lua_block { require("app").try("log") } content_by_lua_block { ngx.print "fine" } }
    location = /balancer { proxy_pass http://chosen/static; }
]]

setup(function()
  up = upstream.start "phases-upstream"
  tls_port = nginx.free_port()
  local values = { client = up.client(), port = up.port, tls = tls_port, here = sandbox.url("CA_FILE"):match "^(.*)/" }
  server = nginx.start("phases", {
    app = (APP:gsub("@(%w+)@", values)), http = (HTTP:gsub("@(%w+)@", values)), server = SERVER,
    locations = {
      ["/content"] = 'ngx.print(require("app").call())',
      ["/real"] = 'ngx.print(require("app").call(nil, true))',
      ["/within"] = [[
        local app, got = require "app", nil
        local function ask() got = { pcall(app.call, nil, true) } return "" end
        local ways = {
          gsub = function() return (string.gsub("x", "x", ask)) end,
          sort = function() table.sort({ 1, 2 }, function(a, b) if not got then ask() end return a < b end) end,
          require = function() package.preload.within = ask require "within" end,
          pcall = function() pcall(ask) end,
        }
        ways[ngx.var.arg_way]()
        ngx.print(got[1] and "returned " or "raised ", tostring(got[2])) ]],
      ["/ways"] = [[
        local names = {}
        for name, value in pairs(require "cards.async") do names[#names + 1] = name .. " " .. type(value) end
        for name, value in pairs(require("cards.async").group) do names[#names + 1] = "group." .. name .. " " .. type(value) end
        table.sort(names)
        ngx.print(table.concat(names, "\n")) ]],
      ["/timer"] = 'ngx.timer.at(0, function(_, id) require("app").keep("timer", id) end, ngx.var.arg_id)',
    },
  })
end)

teardown(function()
  if server then server:stop() end
  if up then up:stop() end
end)

local function fact(name) return server:body("/fact?name=" .. name) end

local function wait_for_fact(name)
  return nginx.wait_for("a value of " .. name, function()
    local value = fact(name)
    return value ~= "nil" and value
  end)
end

--- Starts a call that its upstream holds, sees that the worker answers others meanwhile, and lets the call go.
local function yields(start)
  local got
  nginx.together(function()
    got = start()
  end, function()
    up.wait_for_held(1)
    local ok, why = pcall(function()
      assert.equal("static", server:body("/static", { timeout = 20 }))
      assert.equal(upstream.MASKED, server:body("/content?id=c_2", { timeout = 20 }))
    end)
    up.release()
    if not ok then error(why, 0) end
  end)
  return got
end

describe("a call yields to the worker", function()
  for _, phase in ipairs { "server_rewrite", "rewrite", "access", "content" } do
    it("in " .. phase, function()
      assert.equal(upstream.MASKED, yields(function() return server:body("/" .. phase .. "?id=hold") end))
    end)
  end

  it("in a timer", function()
    yields(function() return server:body "/timer?id=hold" end)
    assert.equal(upstream.MASKED, wait_for_fact "timer")
  end)

  -- and in ssl_client_hello, where nginx has OpenResty's patches: this one cannot wait there, whatever for
  it("in ssl_certificate", function()
    local function ask(name) return io.popen(("curl -sS -k -m 30 --resolve %s:%d:127.0.0.1 https://%s:%d/ 2>&1"):format(name, tls_port, name, tls_port)) end
    local other = ask "sleep-certificate.test"
    local sleeps = other:read "*a" == "secure"
    other:close()
    if not sleeps then
      return pending "not even ngx.sleep works there in an nginx without OpenResty's patch ssl_cert_cb_yield, which Debian's has"
    end
    local got = yields(function()
      local curl = ask "hold-certificate.test"
      nginx.wait_for("the call to end", function() return fact "ssl_certificate" ~= "nil" end)
      local answer = curl:read "*a"
      curl:close()
      return answer
    end)
    assert.equal("secure", got)
    assert.equal(upstream.MASKED, fact "ssl_certificate")
  end)

  it("over https, with every provider's checks", function()
    assert.equal("************1111", server:body "/real?id=c_1")
    assert.matches("^alix.private_info: declined", server:body "/real?id=sandbox-declined")
  end)
end)

describe("a call raises an error that names the phase", function()
  local function raises(phase)
    assert.matches("^raised .*%f[%w_]" .. phase .. "%f[^%w_]", wait_for_fact(phase))
  end

  for _, phase in ipairs { "init", "init_worker" } do
    it("in " .. phase, function() raises(phase) end)
  end

  for _, phase in ipairs { "set", "header_filter", "body_filter", "log", "balancer" } do
    it("in " .. phase, function()
      server:body("/" .. phase)
      raises(phase)
    end)
  end

  it("in ssl_session_store, and a TLS session is resumed with or without one in ssl_session_fetch", function()
    local output, status = program.shell(("openssl s_client -connect 127.0.0.1:%d -tls1_2 -reconnect </dev/null"):format(tls_port))
    assert.equal(0, status)
    assert.matches("\nNew, TLSv1.2", output)
    raises "ssl_session_store"
    assert.equal("static", server:body("/static", { timeout = 20 }))
  end)

  for _, way in ipairs { "gsub", "sort", "require" } do
    it("where a function of C is in between, with nothing sent: " .. way, function()
      local id = sandbox.unique_id "alix"
      assert.matches("^raised .*cannot wait here: a function of C", server:body(("/within?way=%s&id=%s"):format(way, id)))
      assert.equal(0, sandbox.seen(id).count)
    end)
  end

  it("but not inside of pcall, where LuaJIT can yield", function()
    assert.equal("returned ************1111", server:body "/within?way=pcall&id=c_1")
  end)

  it("in exit_worker", function()
    server:reload()
    raises "exit_worker"
  end)
end)

it("waits with functions of the same names as outside of nginx", function()
  local names = {}
  for name, value in pairs(require "cards.async") do
    names[#names + 1] = name .. " " .. type(value)
  end
  for name, value in pairs(require("cards.async").group) do
    names[#names + 1] = "group." .. name .. " " .. type(value)
  end
  table.sort(names)
  assert.equal(table.concat(names, "\n"), server:body "/ways")
end)

it("leaves nothing behind in the error log, and no socket's folder", function()
  for _, line in ipairs(server:complaints()) do
    assert.matches("sess get cb", line, 1, true) -- this OpenSSL cannot wait there
  end
  assert.same({}, server:socket_folders())
end)
