--- Many Lua VMs in one process: with lua_code_cache off each request has one of its own, which goes with it.

local nginx = require "support.nginx"
if nginx.is_missing("VMs", pending) then return end

local upstream = require "nginx.upstream"

local server, up

-- Also in the VM that lives as long as the worker: a timer of init_worker runs there.
local APP = [[
local app = { alix = @client@ }

function app.number(id)
  local record, err = app.alix:private_info(id)
  return record and tostring(record.cardNo) or tostring(err)
end

function app.call(id) return function() return app.number(id) end end

return app
]]

local HTTP = [[
  lua_code_cache off;
  init_worker_by_lua_block {
    local app = require "app"
    local function tick(over)
      if over then return end
      ngx.shared.facts:incr(app.number "c_1", 1, 0)
      ngx.timer.at(0.01, tick)
    end
    ngx.timer.at(0, tick)
  }
]]

setup(function()
  up = upstream.start "vms-upstream"
  server = nginx.start("vms", {
    app = APP:gsub("@client@", (up.client "timeout = 100")), http = HTTP, server = "lua_check_client_abort on;", locations = {
      ["/up"] = 'ngx.print(require("app").number(ngx.var.arg_id))',
      ["/all"] = [[
        local app = require "app"
        local a, b, c = require("cards").all { app.call "c_1", app.call(ngx.var.arg_id), app.call "c_3" }
        ngx.print(a[1], b[1], c[1]) ]],
    },
  })
end)

teardown(function()
  if server then server:stop() end
  if up then up:stop() end
end)

local PATIENT = { timeout = 60 } -- twenty VMs load all of the library at the same time

local function same_time(count, path, body)
  local ask, got = {}, {}
  for i = 1, count do
    ask[i] = function() got[i] = server:body(path, PATIENT) end
  end
  nginx.together(table.unpack(ask))
  for i = 1, count do assert.equal(body, got[i]) end
end

local function descriptors()
  local count = 0
  for _ in pairs(nginx.open_files(server:workers()[1])) do count = count + 1 end
  return count
end

describe("lua_code_cache off", function()
  it("works, in one VM after the other", function()
    for _ = 1, 20 do assert.equal(upstream.MASKED, server:body "/up?id=c_1") end
  end)

  it("works in many VMs at the same time, whichever of them is answered first", function()
    local got = {}
    local ask = { function()
      up.wait_for_held(20, 50)
      same_time(20, "/all?id=c_2", upstream.MASKED:rep(3))
      up.release()
    end }
    for i = 1, 20 do
      ask[i + 1] = function() got[i] = server:body((i % 2 == 0 and "/up" or "/all") .. "?id=hold", PATIENT) end
    end
    nginx.together(table.unpack(ask))
    for i = 1, 20 do assert.equal(upstream.MASKED:rep(i % 2 == 0 and 1 or 3), got[i]) end
  end)

  it("works for a client that goes away, with its VM", function()
    for _, count in ipairs { 1, 1, 20 } do
      local arrived
      local ask = { function()
        up.wait_for_held(count, 50)
        arrived = true
      end }
      local function give_up() nginx.wait_for("all of them to arrive", function() return arrived end, 50) end
      for i = 1, count do
        ask[i + 1] = function() server:get("/all?id=hold", { give_up = give_up }) end
      end
      nginx.together(table.unpack(ask))
      up.wait_for_held(0)
    end
    nginx.wait_for("no call to be left, save the timer's", function() return server:calls() <= 1 end)
    assert.equal(upstream.MASKED, server:body "/up?id=c_1")
  end)

  it("costs no descriptor and no memory that stays", function()
    local worker = server:workers()[1]
    -- there are twenty VMs each time, however fast they are answered: what that needs is the worker's to keep
    local function round()
      nginx.together(function() same_time(20, "/up?id=hold", upstream.MASKED) end, function()
        up.wait_for_held(20, 50)
        up.release()
      end)
    end
    for _ = 1, 5 do round() end
    local before, resident = descriptors(), nginx.resident(worker)
    for _ = 1, 10 do round() end
    nginx.wait_for("the descriptors of VMs that are gone to be closed", function() return descriptors() <= before + 5 end)
    local more = nginx.resident(worker) - resident
    assert.is_true(more < 4096, ("%d KiB more after 200 requests"):format(more))
    assert.equal(worker, server:workers()[1])
  end)

  it("leaves the worker's own VM alone", function()
    local name = "/fact?name=" .. upstream.MASKED
    local before = tonumber(server:body(name)) or 0
    nginx.wait_for("the timer to go on", function() return (tonumber(server:body(name)) or 0) > before + 10 end)
  end)

  it("survives a reload and an end", function()
    local worker = server:workers()[1]
    server:reload()
    assert.equal(upstream.MASKED, server:body "/up?id=c_1")
    nginx.wait_for("the old worker to end", function() return not nginx.alive(worker) end)
    nginx.signal(server.pid, "QUIT")
    server:wait_for_end()
    for _, line in ipairs(server:complaints()) do
      assert.matches("lua_code_cache is off", line, 1, true) -- what nginx says of the setting
    end
    assert.same({}, server:socket_folders())
  end)
end)
