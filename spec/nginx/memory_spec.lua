--- Memory of a worker over many calls: what 20,000 needed is enough for 200,000.

local nginx = require "support.nginx"
if nginx.is_missing("memory", pending) then return end

local upstream = require "nginx.upstream"

local APP = [[
local cards = require "cards"
local app = { alix = @client@, made = 0, failed = 0 }

--- So many calls, some at a time; a tenth of them end in an error.
local function batch(count)
  local ids = {}
  for id = 1, count do ids[id] = id % 10 == 0 and "missing" or "c_" .. id end
  for _, id, record, err in cards.each(ids, function(id) return app.alix:private_info(id) end, { concurrency = 64 }) do
    local fine = record and id ~= "missing" and record.cardNo:last(4) == "1111" or err and id == "missing" and err.kind == "not_found"
    app.made, app.failed = app.made + 1, app.failed + (fine and 0 or 1)
  end
end

--- So many calls, in timers of a thousand each: as requests do, a timer keeps what it has needed for light threads until it ends.
function app.run(count)
  app.ended = false
  ngx.timer.at(0, function()
    batch(math.min(count, 1000))
    if count > 1000 then return app.run(count - 1000) end
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
      ["/start"] = 'require("app").run(tonumber(ngx.var.arg_n))',
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
  end, 300)
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
