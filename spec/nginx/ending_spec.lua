--- Ends of workers, asked for and not: they are prompt, lose nothing that they need not, and leave nothing.

local nginx = require "support.nginx"
if nginx.is_missing("ends", pending) then return end

local load = require "support.load"
local program = require "support.program"
local upstream = require "nginx.upstream"

local server, up

local APP = [[
local cards = require "cards"
local sandbox = require "support.sandbox"
local app = { up = @client@, real = cards.alix.new(sandbox.config("alix", { retries = 0 })) }

function app.serve(client)
  local record, err = app[client]:private_info(ngx.var.arg_id)
  ngx.print(record and tostring(record.cardNo) or tostring(err))
end

return app
]]

before_each(function()
  up = upstream.start "ending-upstream"
  server = nginx.start("ending", {
    app = APP:gsub("@client@", (up.client())), workers = 2, http = "init_worker_by_lua_block { require 'app' }",
    locations = { ["/up"] = 'require("app").serve "up"', ["/real"] = 'require("app").serve "real"' },
  })
end)

after_each(function()
  server:stop()
  up:stop()
end)

--- Asserts that the log has no worker that died of something. Calls that failed are errors there.
local function assert_no_crash()
  assert.is_nil(server:log():find "exited with code [1-9]")
  for _, line in ipairs(server:complaints()) do
    assert.is_truthy(line:find("[error]", 1, true) or line:find("[crit]", 1, true), line)
  end
end

local function assert_ended(workers)
  for _, pid in ipairs(workers) do assert.is_false(nginx.alive(pid)) end
  assert.same({}, server:socket_folders())
  assert_no_crash()
end

--- Ends the server by SIGTERM. The master, which kills workers that it still has after 1.5 s, does not run until they have ended: on a busy machine they may
-- need more than that.
-- @return the workers that it had
local function terminate()
  local workers = server:workers()
  nginx.signal(server.pid, "STOP")
  nginx.signal(server.pid, "TERM")
  for _, pid in ipairs(workers) do nginx.signal(pid, "TERM") end
  for _, pid in ipairs(workers) do nginx.wait_for("a worker to end", function() return not nginx.alive(pid) end) end
  nginx.signal(server.pid, "CONT")
  server:wait_for_end()
  return workers
end

describe("SIGTERM", function()
  for path, what in pairs { ["/up?id=c_1"] = "http", ["/real?id=c_1"] = "https" } do
    it("under load, over " .. what .. ", ends the workers at once", function()
      local workers
      load.during(server, { path = path, body = upstream.MASKED, connections = 16, fails = true }, function(state)
        state.more(100)
        workers = terminate()
      end)
      assert.equal(2, #workers)
      assert_ended(workers)
    end)
  end

  it("ends workers whose calls nobody answers", function()
    local workers
    local function ask() server:get "/up?id=hold" end
    nginx.together(ask, ask, ask, ask, function()
      up.wait_for_held(4)
      workers = terminate()
    end)
    assert_ended(workers)
    up.wait_for_held(0) -- their connections are closed
  end)
end)

describe("SIGQUIT", function()
  it("under load finishes what is in flight, and ends", function()
    local workers, held, more = server:workers(), {}, nil
    local function ask(i)
      return function() held[i] = server:get "/up?id=hold" end
    end
    nginx.together(ask(1), ask(2), ask(3), function()
      load.during(server, { path = "/up?id=c_1", body = upstream.MASKED, fails = true }, function(state)
        state.more(100)
        up.wait_for_held(3)
        nginx.signal(server.pid, "QUIT")
        nginx.wait_for("the listener to close", function() return not server:get "/static" end)
        more = state
      end)
      assert.is_true(server:alive())
      assert.equal(3, up.release())
      server:wait_for_end()
    end)
    for i = 1, 3 do
      assert.equal(200, held[i] and held[i].status)
      assert.equal(upstream.MASKED, held[i].body)
    end
    -- who comes after it is refused; nobody gets less than an answer
    for _, failure in ipairs(more.failures) do assert.is_truthy(failure:find "^not sent" or failure:find "^no answer", failure) end
    assert_ended(workers)
  end)

  it("ends idle workers that have made calls", function()
    local workers = server:workers()
    for _ = 1, 8 do assert.equal(upstream.MASKED, server:body "/up?id=c_1") end
    nginx.signal(server.pid, "QUIT")
    server:wait_for_end()
    assert_ended(workers)
  end)
end)

describe("SIGKILL", function()
  it("of a worker in the middle of calls: another one takes its place and works", function()
    local state = load.during(server, { path = "/up?id=c_1", body = upstream.MASKED, fails = true }, function(state)
      for _ = 1, 3 do
        state.more(50)
        local victim = server:workers()[1]
        nginx.signal(victim, "KILL")
        nginx.wait_for("another worker", function()
          local workers = server:workers()
          return #workers == 2 and workers[1] ~= victim and workers[2] ~= victim
        end)
      end
      state.more(100)
    end)
    -- no more than what the workers had at that moment
    assert.is_true(#state.failures <= 3 * 8, table.concat(state.failures, "\n"))
    assert.same({}, server:socket_folders())
  end)

  it("leaves a folder that the next worker sweeps, and no other's", function()
    local victim = server:workers()[1]
    nginx.signal(victim, "KILL")
    nginx.wait_for("its end", function() return not nginx.alive(victim) end)
    -- as if it had died while it connected; the master is alive
    local dead, alive = ("cards-%d-Ab3dEf"):format(victim), ("cards-%d-Ab3dEf"):format(server.pid)
    local listen = ('local s = require "cqueues.socket".listen { path = "%s/tmp/%s/wake" } s:listen()'):format(server.prefix, dead)
    for _, name in ipairs { dead, alive, "cards-notes", "others-1-Ab3dEf" } do
      program.shell(("mkdir -m 700 %s/tmp/%s"):format(program.quote(server.prefix), name))
    end
    program.shell("lua5.4 -e " .. program.quote(listen))
    program.shell(("touch -d '1 minute ago' %s/tmp/*"):format(program.quote(server.prefix)))
    server:reload()
    for _ = 1, 8 do assert.equal(upstream.MASKED, server:body "/up?id=c_1") end
    local left = server:socket_folders()
    table.sort(left)
    assert.same({ alive, "cards-notes", "others-1-Ab3dEf" }, left)
  end)
end)
