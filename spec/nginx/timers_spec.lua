--- Where all of nginx's timers are taken: the library needs one itself, and does without it.

local nginx = require "support.nginx"
if nginx.is_missing("timers", pending) then return end

local upstream = require "nginx.upstream"

local server, up

local APP = [[
local app = { alix = @client@ }

function app.number(id)
  local record, err = app.alix:private_info(id)
  return record and tostring(record.cardNo) or tostring(err)
end

return app
]]

setup(function()
  up = upstream.start "timers-upstream"
  server = nginx.start("timers", {
    app = APP:gsub("@client@", (up.client())), timers = 4, http = "init_worker_by_lua_block { require 'app' }", locations = {
      ["/up"] = 'ngx.print(require("app").number(ngx.var.arg_id))',
      ["/timers"] = [[
        for _ = 1, 4 do
          ngx.timer.at(0, function()
            repeat ngx.sleep(0.01) until ngx.timer.running_count() == 4
            ngx.shared.facts:incr(require("app").number "c_1", 1, 0)
            repeat ngx.sleep(0.01) until ngx.shared.facts:get "go"
          end)
        end ]],
      ["/go"] = 'ngx.shared.facts:set("go", true)',
    },
  })
end)

teardown(function()
  if server then server:stop() end
  if up then up:stop() end
end)

it("calls are answered, later", function()
  server:body "/timers"
  nginx.wait_for("the timers' calls to end", function() return server:body("/fact?name=" .. upstream.MASKED) == "4" end)
  assert.equal(upstream.MASKED, server:body("/up?id=c_1", { timeout = 20 }))
  server:body "/go"
  nginx.wait_for("the usual speed", function()
    local began = nginx.now()
    assert.equal(upstream.MASKED, server:body "/up?id=c_1")
    return nginx.now() - began < 0.5
  end)
  server:wait_for_calls(0)
  for _, line in ipairs(server:complaints()) do
    assert.matches("lua_max_running_timers are not enough", line, 1, true)
  end
end)
