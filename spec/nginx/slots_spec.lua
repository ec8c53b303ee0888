--- Room for calls: taken, given back whatever becomes of them, and told when there is none.

local nginx = require "support.nginx"
if nginx.is_missing("slots", pending) then return end

local sandbox = require "support.sandbox"
local upstream = require "nginx.upstream"

local server, up

local APP = [[
local cards = require "cards"
local app = { up = @client@, hasty = @hasty@, silent = cards.alix.new {
  base_url = "@silent@", insecure_http = true, access_token = "t", retries = 0, timeout = 1 } }

function app.what(record, err)
  if record then return tostring(record.cardNo) end
  return err.kind .. (err.retryable and " retryable" or "") .. " " .. err.attempts
end

function app.serve(client, id) ngx.print(app.what(app[client]:private_info(id or ngx.var.arg_id))) end

--- So many calls at once: how many there were of each result, as text.
function app.all(client, ids)
  local counts, kinds = {}, {}
  for _, _, what in cards.each(ids, function(id) return app.what(app[client]:private_info(id)) end, { concurrency = 10000 }) do
    if not counts[what] then kinds[#kinds + 1] = what end
    counts[what] = (counts[what] or 0) + 1
  end
  table.sort(kinds)
  for i, what in ipairs(kinds) do kinds[i] = counts[what] .. " " .. what end
  return table.concat(kinds, ", ")
end

function app.ids(count, prefix)
  local ids = {}
  for i = 1, count do ids[i] = prefix .. i end
  return ids
end

return app
]]

local LOCATIONS = {
  ["/up"] = 'require("app").serve "up"',
  ["/hasty"] = 'require("app").serve "hasty"',
  ["/silent"] = 'require("app").serve("silent", "c_1")',
  ["/many"] = [[
    local app, n = require "app", tonumber(ngx.var.arg_n)
    ngx.timer.at(0, function() ngx.shared.facts:set("many", app.all("up", app.ids(n, ngx.shared.facts:get "prefix"))) end)
    ngx.shared.facts:set("prefix", ngx.var.arg_prefix) ]],
  ["/together"] = [[ local app = require "app" ngx.print(app.all("up", app.ids(tonumber(ngx.var.arg_n), ngx.var.arg_prefix))) ]],
  ["/tiny"] = 'ngx.print(1 + 1)',
  ["/leave"] = [[
    for i = 1, 5 do ngx.thread.spawn(require("app").serve, "up", ngx.var.arg_prefix .. i) end
    ngx.exit(200) ]],
  ["/bound"] = [[ require("cards").configure { max_in_flight = tonumber(ngx.var.arg_n) } ]],
}

setup(function()
  up = upstream.start "slots-upstream"
  local values = { client = up.client "timeout = 120", hasty = up.client "timeout = 1", silent = sandbox.url "SILENT_URL" }
  server = nginx.start("slots", {
    app = (APP:gsub("@(%w+)@", values)), files = 19000, http = "init_worker_by_lua_block { require 'app' }",
    server = "lua_check_client_abort on;", locations = LOCATIONS,
  })
end)

teardown(function()
  if server then server:stop() end
  if up then up:stop() end
end)

describe("a client that goes away", function()
  it("takes its call with it", function()
    assert.is_nil((server:get("/up?id=hold", { give_up = function() up.wait_for_held(1) server:wait_for_calls(1) end })))
    server:wait_for_calls(0)
    up.wait_for_held(0) -- the upstream sees that nobody waits
    assert.equal(upstream.MASKED, server:body "/up?id=c_1")
  end)

  it("takes all of its calls with it, and no other's", function()
    local kept
    nginx.together(function() kept = server:body "/up?id=hold" end, function()
      up.wait_for_held(1)
      server:get("/together?n=20&prefix=hold-", { give_up = function() up.wait_for_held(21) end })
      server:wait_for_calls(1)
      up.wait_for_held(1)
      up.release()
    end)
    assert.equal(upstream.MASKED, kept)
    server:wait_for_calls(0)
  end)

  it("in the middle of cards.each leaves garbage that may be collected at any time", function()
    local worker = server:workers()[1]
    for _ = 1, 5 do
      server:get("/together?n=20&prefix=hold-", { give_up = function() up.wait_for_held(20) end })
      up.wait_for_held(0)
      local ask = {}
      for i = 1, 100 do
        ask[i] = function() assert.equal("2", server:body(i % 2 == 0 and "/tiny" or "/tiny?" .. ("x"):rep(30 * i))) end
      end
      nginx.together(table.unpack(ask))
    end
    assert.equal(worker, server:workers()[1])
    server:reload() -- what is left is collected when a worker ends
    nginx.wait_for("the old worker to end", function() return not nginx.alive(worker) end)
    assert.same({}, server:complaints())
    assert.equal(upstream.MASKED, server:body "/up?id=c_1")
  end)

  it("may go at any moment, many times", function()
    -- a client that goes before its request is looked at is nothing that nginx sees: its call ends by itself
    local function come_and_go()
      for i = 1, 100 do
        local pause = i % 20 / 200
        server:get("/up?id=slow", { give_up = function() require "cqueues".sleep(pause) end })
        if i % 10 == 0 then assert.equal(upstream.MASKED, server:body "/up?id=c_1") end
      end
    end
    nginx.together(come_and_go, come_and_go, come_and_go, come_and_go)
    server:wait_for_calls(0)
    assert.equal(upstream.MASKED, server:body "/up?id=c_1")
  end)
end)

it("a request that ends without waiting for its light threads takes their calls with it", function()
  server:body "/leave?prefix=hold-"
  server:wait_for_calls(0)
  up.wait_for_held(0)
end)

describe("an upstream that does not answer", function()
  it("costs a call its timeout, and nothing else", function()
    local goes_on
    for _ = 1, 10 do
      local began, got = nginx.now(), nil
      nginx.together(function() got = server:body "/silent" end, function()
        nginx.wait_for("the call", function() return server:calls() == 1 or got end)
        goes_on = server:body "/static" == "static" and not got
      end)
      assert.equal("timeout retryable 1", got)
      local seconds = nginx.now() - began
      assert.is_true(seconds >= 0.9, seconds .. " s")
      if goes_on then break end -- else the machine was busy until the time was over
    end
    assert.is_true(goes_on)
    server:wait_for_calls(0)
  end)

  it("costs many calls their timeout at once", function()
    local got, ask = {}, {}
    for i = 1, 100 do
      ask[i] = function() got[i] = server:body "/silent" end
    end
    local began = nginx.now()
    nginx.together(table.unpack(ask))
    for i = 1, 100 do assert.equal("timeout retryable 1", got[i]) end
    assert.is_true(nginx.now() - began < 50, "one after the other")
    server:wait_for_calls(0)
  end)

  it("that holds an answer back is a timeout too", function()
    assert.equal("timeout retryable 1", server:body "/hasty?id=hold")
    server:wait_for_calls(0)
    up.wait_for_held(0)
  end)
end)

it("an upstream that is gone is a network error, and a success once it is back", function()
  assert.equal(upstream.MASKED, server:body "/up?id=c_1")
  up:stop()
  for _ = 1, 20 do assert.equal("network retryable 1", server:body "/up?id=c_1") end
  assert.equal("static", server:body "/static")
  assert(up:run())
  for _ = 1, 20 do assert.equal(upstream.MASKED, server:body "/up?id=c_1") end
  server:wait_for_calls(0)
end)

it("an upstream that goes while it answers is a network error for every call that it had", function()
  local got
  nginx.together(function() got = server:body "/together?n=50&prefix=hold-" end, function()
    up.wait_for_held(50)
    up:stop()
  end)
  assert(up:run())
  -- one more attempt over a connection that was kept is made in any case
  assert.is_truthy(got == "50 network retryable 1" or got:match "^%d+ network retryable 1, %d+ network retryable 2$", got)
  assert.equal(upstream.MASKED, server:body "/up?id=c_1")
  server:wait_for_calls(0)
end)

describe("the bound on calls", function()
  after_each(function() server:body "/bound?n=8192" end)

  it("refuses at once what is above it: busy, retryable, nothing sent", function()
    server:body "/bound?n=5"
    local got
    nginx.together(function() got = server:body "/together?n=8&prefix=hold-" end, function()
      up.wait_for_held(5)
      assert.equal("busy retryable 0", server:body("/up?id=c_1", { timeout = 20 }))
      assert.equal(5, server:calls())
      assert.equal(5, up.release())
    end)
    assert.equal(("5 %s, 3 busy retryable 0"):format(upstream.MASKED), got)
    server:wait_for_calls(0)
    assert.equal(upstream.MASKED, server:body "/up?id=c_1")
  end)

  it("counts a call that was given up no more", function()
    server:body "/bound?n=1"
    server:get("/up?id=hold", { give_up = function() up.wait_for_held(1) end })
    server:wait_for_calls(0)
    assert.equal(upstream.MASKED, server:body "/up?id=c_1")
    up.wait_for_held(0)
  end)
end)

it("4,096 calls are in flight at once, and the worker answers others meanwhile", function()
  nginx.together(function()
    server:body "/many?n=4096&prefix=gather-4097-"
    nginx.wait_for("the calls to end", function() return server:body "/fact?name=many" ~= "nil" end, 120)
  end, function()
    nginx.wait_for("4,096 calls to arrive", function() return up.held() == 4096 end, 100)
    assert.equal(4096, server:calls())
    for _ = 1, 20 do assert.equal("static", server:body("/static", { timeout = 20 })) end
    assert.equal(upstream.MASKED, server:body "/up?id=gather-4097-last") -- this one lets all go
  end)
  assert.equal("4096 " .. upstream.MASKED, server:body "/fact?name=many")
  server:wait_for_calls(0)
end)

it("nothing is left behind in the error log, at the end, too", function()
  nginx.signal(server.pid, "QUIT")
  server:wait_for_end()
  assert.same({}, server:complaints())
  assert.same({}, server:socket_folders())
end)
