--- Memory of a worker over many calls: what 20,000 needed is enough for 200,000.

local nginx = require "support.nginx"
if not nginx.here then return end
local missing = nginx.missing()
if missing then
  pending("nginx, memory: " .. missing)
  return
end

local upstream = require "nginx.upstream"

local APP = [[
local cards = require "cards"
local app = { alix = @client@, made = 0, failed = 0 }

--- So many calls, some at a time, in a timer; a tenth of them end in an error.
function app.run(count)
  ngx.timer.at(0, function()
    local given = 0
    local function ids()
      given = given + 1
      return given <= count and given or nil
    end
    for _, id, record, err in cards.each(ids, function(id) return app.alix:private_info(id % 10 == 0 and "missing" or "c_" .. id) end, { concurrency = 64 }) do
      local expected = id % 10 == 0
      if expected ~= (record == nil) or record and record.cardNo:last(4) ~= "1111" or err and err.kind ~= "not_found" then app.failed = app.failed + 1 end
      app.made = app.made + 1
    end
    collectgarbage()
    collectgarbage()
    app.ended = true
  end)
end

return app
]]

local server, up

setup(function()
  up = upstream.start("memory-upstream", { http = "  server_tokens off;" })
  server = nginx.start("memory", {
    app = APP:gsub("@client@", (up.client())), http = "init_worker_by_lua_block { require 'app' }", locations = {
      ["/start"] = 'local app = require "app" app.ended = false app.run(tonumber(ngx.var.arg_n))',
      ["/state"] = 'local app = require "app" ngx.print(app.made, " ", app.failed, " ", tostring(app.ended))',
    },
  })
end)

teardown(function()
  if server then server:stop() end
  if up then up:stop() end
end)

--- Makes so many calls more. @return the worker's resident memory, in KiB
local function make(count)
  server:body("/start?n=" .. count)
  local state
  nginx.wait_for(count .. " calls", function()
    state = server:body "/state"
    return state:match "true$"
  end, 120)
  assert.equal("0", state:match "^%d+ (%d+)")
  server:wait_for_calls(0)
  return nginx.resident(server:workers()[1])
end

it("is flat over 200,000 calls", function()
  local worker = server:workers()[1]
  local before = make(20000)
  local after = make(180000)
  assert.equal("200000 0 true", server:body "/state")
  assert.equal(worker, server:workers()[1])
  assert.is_true(after - before < 2048, ("%d KiB after 20,000 calls, %d KiB after 200,000"):format(before, after))
  assert.same({}, server:complaints())
end)
