--- What the playground keeps of a call is gone when nobody waits for it.

local nginx = require "support.nginx"
if nginx.is_missing("what the playground keeps of calls", pending) then return end

local APP = [[
local relay = require "cards.cli.playground.relay"
local prefix = ngx.config.prefix()
os.execute(("mkdir -p %s/sandbox && echo HTTP_URL=http://127.0.0.1:1 > %s/sandbox/env"):format(prefix, prefix))
relay.begin(1)
local name, runs = debug.getupvalue(relay.close, 1)
assert(name == "runs")

local app = {}

function app.count()
  local count = 0
  for _ in pairs(runs) do count = count + 1 end
  return count
end

--- As a page's request is while its call lasts.
function app.call(seconds)
  local run = relay.open()
  ngx.sleep(seconds)
  relay.close(run)
end

return app
]]

local server

setup(function()
  server = nginx.start("playground-relay", { app = APP, server = "lua_check_client_abort on;", locations = {
    ["/call"] = 'require("app").call(tonumber(ngx.var.arg_seconds))',
    ["/count"] = 'ngx.print(require("app").count())',
  } })
end)
teardown(function() server:stop() end)

local function wait_for(count)
  nginx.wait_for(count .. " runs", function() return server:body "/count" == tostring(count) end)
end

describe("a run of the playground", function()
  it("ends with its call", function()
    assert.equal("0", server:body "/count")
    server:body "/call?seconds=0.01"
    assert.equal("0", server:body "/count")
  end)

  it("ends where the page does not wait for it any longer", function()
    nginx.together(function()
      for _ = 1, 3 do
        server:get("/call?seconds=600", { give_up = function() wait_for(1) end })
        wait_for(0)
      end
    end)
    assert.same({}, server:complaints())
  end)
end)
