--- Reloads: nothing is lost, nothing is left.

local nginx = require "support.nginx"
if nginx.is_missing("reload", pending) then return end

local load = require "support.load"
local sandbox = require "support.sandbox"
local upstream = require "nginx.upstream"

local server, up

local APP = [[
local cards = require "cards"
local sandbox = require "support.sandbox"
local app = { up = @client@, real = cards.alix.new(sandbox.config("alix", { retries = 0 })) }

function app.serve(client)
  local record, err = app[client]:private_info(ngx.var.arg_id)
  ngx.print(record and tostring(record.cardNo) or tostring(err), ngx.var.arg_pid and " " .. ngx.worker.pid() or "")
end

--- A request that outlives its configuration: calls before, and after, when nothing of the library runs any more.
function app.outlive()
  assert(app.up:private_info "c_1")
  ngx.shared.facts:set("begun", true)
  repeat ngx.sleep(0.02) until ngx.worker.exiting() and ngx.timer.running_count() == 0 and ngx.shared.facts:get "go"
  for _ = 1, 3 do assert(app.up:private_info "c_1") end
  local a, b = cards.all { function() return app.up:private_info "c_1" end, function() return app.real:private_info "c_1" end }
  ngx.print(tostring(a[1].cardNo), tostring(b[1].cardNo))
end

return app
]]

before_each(function()
  up = upstream.start "reload-upstream"
  server = nginx.start("reload", {
    app = APP:gsub("@client@", (up.client())), workers = 2, http = "init_worker_by_lua_block { require 'app' }",
    locations = {
      ["/up"] = 'require("app").serve "up"', ["/real"] = 'require("app").serve "real"',
      ["/outlive"] = 'require("app").outlive()', ["/go"] = 'ngx.shared.facts:set("go", true)',
    },
  })
end)

after_each(function()
  server:stop()
  up:stop()
end)

--- Waits until none of these processes is there any more.
local function wait_for_ends(pids)
  for _, pid in ipairs(pids) do
    nginx.wait_for(("the old worker %d to end"):format(pid), function() return not nginx.alive(pid) end)
  end
end

describe("a reload", function()
  it("under load fails no request, over http and https, and ends the old workers", function()
    local old = {}
    for _, path in ipairs { "/up?id=c_1", "/real?id=c_1" } do
      local state = load.during(server, { path = path, body = upstream.MASKED }, function(state)
        for _ = 1, 4 do
          state.more(50)
          for _, pid in ipairs(server:reload()) do old[#old + 1] = pid end
        end
        state.more(50)
      end)
      assert.same({}, state.failures)
    end
    wait_for_ends(old)
    assert.equal(2, #server:workers())
    assert.same({}, server:complaints())
    assert.same({}, server:socket_folders())
  end)

  it("lets a call of some seconds complete, in its old worker", function()
    local id = sandbox.unique_id "reload"
    sandbox.plant(id, { pan = "4539578763621486" })
    local old, answer
    local function seen() return sandbox.seen("sandbox-slow_first_byte=3").count end
    local before = seen()
    nginx.together(function()
      answer = server:body("/real?pid=1&id=sandbox-slow_first_byte=3")
    end, function()
      nginx.wait_for("the call to begin", function() return seen() > before end)
      old = server:reload()
      assert.equal(upstream.MASKED, server:body("/real?id=c_1", { timeout = 20 }))
    end)
    local number, pid = answer:match "^(%S+) (%d+)$"
    assert.equal(upstream.MASKED, number)
    assert.is_true(tonumber(pid) == old[1] or tonumber(pid) == old[2])
    wait_for_ends(old)
    assert.same({}, server:complaints())
  end)

  it("lets calls complete that more than one configuration has in flight", function()
    local answers = {}
    local function ask(i)
      return function() answers[i] = server:body "/up?pid=1&id=hold" end
    end
    local old = {}
    local function reload(held)
      up.wait_for_held(held)
      for _, pid in ipairs(server:reload()) do old[pid] = true end
    end
    nginx.together(ask(1), function()
      reload(1)
      nginx.together(ask(2), function()
        reload(2)
        nginx.together(ask(3), function()
          up.wait_for_held(3)
          assert.equal(3, up.release())
        end)
      end)
    end)
    local pids = {}
    for i = 1, 3 do
      local number, pid = answers[i]:match "^(%S+) (%d+)$"
      assert.equal(upstream.MASKED, number)
      assert.is_nil(pids[pid])
      pids[pid] = true
    end
    for pid in pairs(old) do wait_for_ends { pid } end
    assert.equal(2, #server:workers())
    assert.same({}, server:complaints())
  end)

  it("lets a request that outlives its configuration begin new calls", function()
    local answer, old
    nginx.together(function() answer = server:body "/outlive" end, function()
      nginx.wait_for("the request to begin", function() return server:body "/fact?name=begun" == "true" end)
      old = server:reload()
      server:body "/go"
    end)
    assert.equal(upstream.MASKED:rep(2), answer)
    wait_for_ends(old)
    assert.same({}, server:complaints())
    assert.same({}, server:socket_folders())
  end)

  it("ends old workers that have made calls, and have none now, within seconds", function()
    for _ = 1, 8 do assert.equal(upstream.MASKED, server:body "/up?id=c_1") end
    wait_for_ends(server:reload())
    assert.same({}, server:socket_folders())
  end)
end)
