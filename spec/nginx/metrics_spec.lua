--- Metrics of all workers of an nginx in a lua_shared_dict: whoever is asked tells of all, whatever becomes of a worker.

local exposition = require "support.exposition"
local nginx = require "support.nginx"
if nginx.is_missing("metrics", pending) then return end

local upstream = require "nginx.upstream"

local server, up

local APP = [[
local cards = require "cards"
local app = { alix = @client@, closed = cards.alix.new {
  base_url = "http://127.0.0.1:1", insecure_http = true, access_token = "t", retries = 0 } }

function app.call(client)
  local record, err = app[client]:private_info(ngx.var.arg_id or "c_1")
  ngx.print(record and tostring(record.cardNo) or err.kind)
end

function app.metrics()
  ngx.header.content_type = "text/plain; version=0.0.4"
  ngx.print(cards.metrics.prometheus())
end

return app
]]

local LOCATIONS = {
  ["/call"] = 'require("app").call "alix"',
  ["/dead"] = 'require("app").call "closed"',
  ["/wrong"] = 'require("app").alix:private_info { wrong = 1 }',
  ["/reveal"] = 'require("cards").secret "x":reveal()',
  ["/metrics"] = 'require("app").metrics()',
  ["/open"] = [[
    local app = require "app"
    app.breaker = app.breaker or require("cards").breaker { failures = 1, open_for = 100, name = "open" }
    app.breaker(function() return nil, { kind = "network" } end) ]],
  ["/full"] = [[
    local dict, i = ngx.shared.metrics, 0
    repeat i = i + 1 until not dict:safe_set("full " .. i, ("x"):rep(100)) ]],
  ["/keys"] = 'for _, key in ipairs(ngx.shared.metrics:get_keys(0)) do ngx.say(key) end',
  ["/read"] = 'ngx.print(require("cards").metrics().calls.alix.private_info.ok)',
}

local DICT = [[
  lua_shared_dict metrics 1m;
  init_by_lua_block { require "cards".configure { metrics = { shared = "metrics" } } }
]]

local function start(name, options)
  local with = { app = APP:gsub("@client@", (up.client "idle_timeout = 0.2")), workers = 2, http = DICT, locations = LOCATIONS }
  for key, value in pairs(options or {}) do with[key] = value end
  return nginx.start(name, with)
end

setup(function() up = upstream.start "metrics-upstream" end)
teardown(function() up:stop() end)

before_each(function() server = start "metrics" end)
after_each(function() server:stop() end)

local function metrics()
  local _, value = exposition(server:body "/metrics")
  return value
end

local CALLS = { provider = "alix", operation = "private_info" }

local function labelled(more)
  for name, value in pairs(CALLS) do more[name] = value end
  return more
end

local function calls(result, of) return (of or metrics())("cards_calls_total", labelled { result = result or "ok" }) or 0 end

--- Asks a path until so many workers have answered. @return { [id of a worker] = how often }
local function spread(path, workers, times)
  local answered, count = {}, 0
  nginx.wait_for("all workers to answer", function()
    for _ = 1, times or 10 do
      local pid = server:body "/worker"
      if not answered[pid] then
        answered[pid], count = 0, count + 1
      end
      answered[pid] = answered[pid] + 1
      server:body(path)
    end
    return count >= workers
  end)
end

--- Waits until both of two workers say the same, and that.
local function wait_for_calls(count, result)
  local seen, answered = {}, 0
  nginx.wait_for(("%d calls that are %s"):format(count, result or "ok"), function()
    local pid = server:body "/worker"
    if not seen[pid] then seen[pid], answered = true, answered + 1 end
    return calls(result) == count and answered >= 2
  end)
end

describe("metrics in a shared dict", function()
  it("are of all workers, whichever is asked", function()
    for _ = 1, 40 do assert.equal(upstream.MASKED, server:body "/call") end
    for _ = 1, 5 do assert.equal("not_found", server:body "/call?id=missing") end
    for _ = 1, 3 do assert.equal("network", server:body "/dead") end
    for _ = 1, 4 do server:body "/wrong" end
    for _ = 1, 6 do server:body "/reveal" end
    wait_for_calls(40)
    wait_for_calls(5, "not_found")
    wait_for_calls(3, "network")
    wait_for_calls(4, "invalid_request")
    nginx.wait_for("6 acts", function() return metrics()("cards_reveals_total", { result = "revealed" }) == 6 end)
    local value = metrics()
    assert.equal(48, value("cards_call_duration_seconds_count", CALLS))
    assert.equal(48, value("cards_tries_total", labelled { connection = "new" }) + value("cards_tries_total", labelled { connection = "reused" }))
    assert.equal("40", server:body "/read")
    assert.same({}, server:complaints())
  end)

  it("sum what is in flight, and forget it", function()
    local ask = {}
    for i = 1, 8 do
      ask[i] = function() assert.equal(upstream.MASKED, server:body("/call?id=hold-" .. i)) end
    end
    ask[9] = function()
      up.wait_for_held(8)
      nginx.wait_for("8 calls in flight, over a connection each", function()
        local value = metrics()
        return value("cards_calls_in_flight", CALLS) == 8 and value "cards_connections_open" == 8
      end)
      up.release()
    end
    nginx.together(table.unpack(ask))
    nginx.wait_for("none to be in flight, and connections to be closed", function()
      local value = metrics()
      return value("cards_calls_in_flight", CALLS) == 0 and value "cards_connections_open" == 0
    end)
    wait_for_calls(8)
  end)

  it("never go backwards when a worker is killed, and forget how things were in it", function()
    spread("/call", 2)
    nginx.wait_for("calls", function() return calls() > 0 end)
    nginx.wait_for("both workers", function() return metrics() "cards_processes" == 2 end)
    local before, victims = nil, server:workers()
    local held = {}
    for i = 1, 8 do held[i] = function() server:get("/call?id=hold-" .. i) end end
    held[9] = function()
      up.wait_for_held(8)
      nginx.wait_for("8 calls in flight", function() return metrics()("cards_calls_in_flight", CALLS) == 8 end)
      before = calls() -- which both have told by now: they told of the others later
      for _, pid in ipairs(victims) do nginx.signal(pid, "KILL") end
      nginx.wait_for("other workers", function()
        return server:get "/worker" and #server:workers() == 2 and not (nginx.alive(victims[1]) or nginx.alive(victims[2]))
      end)
      local value = metrics()
      assert.equal(before, calls("ok", value))
      assert.equal(0, value("cards_calls_in_flight", CALLS))
      assert.is_true(value "cards_processes" <= 2)
      up.release()
    end
    nginx.together(table.unpack(held))
    for _ = 1, 20 do server:body "/call" end
    wait_for_calls(before + 20)
    server:forget_log()
  end)

  it("never go backwards over a reload, and have the calls that end in a former worker", function()
    for _ = 1, 20 do server:body "/call" end
    wait_for_calls(20)
    local old
    nginx.together(function()
      assert.equal(upstream.MASKED, server:body "/call?id=hold-1")
    end, function()
      up.wait_for_held(1)
      old = server:reload()
      for _ = 1, 20 do server:body "/call" end
      wait_for_calls(40)
      assert.equal(1, metrics()("cards_calls_in_flight", CALLS))
      up.release()
    end)
    for _, pid in ipairs(old) do nginx.wait_for("the old workers to end", function() return not nginx.alive(pid) end) end
    wait_for_calls(41)
    assert.is_true(metrics() "cards_processes" <= 2)
    assert.equal(0, metrics()("cards_calls_in_flight", CALLS))
    assert.same({}, server:complaints())
  end)

  it("do not lose what the last calls of a worker counted that ends at once", function()
    local total = 0
    for _ = 1, 2 do
      for _ = 1, 10 do server:body "/call" end
      total = total + 10
      local old = server:reload()
      for _, pid in ipairs(old) do nginx.wait_for("the old workers to end", function() return not nginx.alive(pid) end) end
    end
    assert.equal(total, calls())
    assert.same({}, server:complaints())
  end)

  it("never go backwards, whoever is asked while workers are reloaded and killed", function()
    local over, asked, before, wrong = false, 0, {}, {}
    local function sample()
      local answer = server:get "/metrics"
      if not answer or answer.status ~= 200 then return end -- of a worker that was killed
      asked = asked + 1
      for name, metric in pairs(exposition(answer.body)) do
        for _, one in ipairs(metric.kind == "gauge" and {} or metric.samples) do
          local labels = one.labels
          local key = ("%s %s %s %s"):format(one.name, labels.operation, labels.result or labels.connection, labels.le)
          if one.value < (before[key] or 0) then table.insert(wrong, ("%s: %s after %s"):format(name .. key, one.value, before[key])) end
          before[key] = one.value
        end
      end
    end
    local ask = {}
    for i = 1, 4 do
      ask[i] = function()
        while not over do server:get(i == 1 and "/call?id=missing" or "/call?id=slow") end
      end
    end
    ask[5] = function() -- one only: two could be answered in another order than they compare
      while not over do sample() end
    end
    ask[6] = function()
      local function more() local wanted = asked + 30 nginx.wait_for("more scrapes", function() return asked >= wanted end, 60) end
      more()
      for _ = 1, 2 do
        server:reload()
        more()
        nginx.signal(server:workers()[1], "KILL")
        more()
      end
      over = true
    end
    nginx.together(table.unpack(ask))
    assert.same({}, wrong)
    assert.is_true(calls() > 0)
    server:forget_log()
  end)

  it("leave no key of a process behind", function()
    for _ = 1, 3 do
      spread("/call", 2, 4)
      server:reload()
    end
    nginx.wait_for("the former workers to be forgotten", function()
      server:body "/metrics"
      local count = 0
      for _ in server:body "/keys":gmatch "cards%.metrics%.process:" do count = count + 1 end
      return count <= 2
    end)
  end)

  it("count breakers by their phase", function()
    nginx.wait_for("both breakers", function()
      server:body "/open" -- of whichever worker takes it
      return metrics()("cards_breaker_state", { name = "open", state = "open" }) == 2
    end)
    assert.equal(0, metrics()("cards_breaker_state", { name = "open", state = "closed" }))
  end)

  it("tell 64 operations apart, whichever the workers have, and count the others together", function()
    server:stop()
    server = start("metrics", { http = DICT .. [[
      init_worker_by_lua_block {
        local cards, id = require "cards", ngx.worker.id()
        local function call()
          for i = 1, 40 do
            local module = cards.define { name = ("own_%d_%d"):format(id, i), base_url = "https://127.0.0.1:1",
              operations = { show = { path = "/", response = { fields = {} } } } }
            module.new {}:show { wrong = 1 }
          end
        end
        ngx.timer.at(0, call)
      }]] })
    local text, total
    nginx.wait_for("80 calls of 65 operations", function()
      text, total = server:body "/metrics", 0
      for count in text:gmatch 'cards_calls_total{[^}]*result="invalid_request"} (%d+)' do total = total + tonumber(count) end
      return total == 80 and select(2, text:gsub("cards_calls_in_flight{", "")) == 65 -- of which a worker tells after it has told of calls
    end)
    local _, value = exposition(text)
    assert.equal(16, value("cards_calls_total", { provider = "other", operation = "other", result = "invalid_request" }))
  end)

  it("work on, and say so once, where the dict is full", function()
    server:body "/full"
    for _ = 1, 10 do assert.equal(upstream.MASKED, server:body "/call") end
    nginx.wait_for("a warning", function() return server:log():find "takes no further metrics: no memory" end)
    local _, count = server:log():gsub("takes no further metrics", "")
    assert.is_true(count <= 2)
    exposition(server:body "/metrics")
  end)
end)

describe("metrics in nginx", function()
  it("are of the worker where no dict is set", function()
    server:stop()
    server = start("metrics", { workers = 1, http = "" })
    for _ = 1, 10 do server:body "/call" end
    assert.equal(10, calls())
    assert.equal(1, metrics() "cards_processes")
  end)

  it("refuse a dict that is not there", function()
    local started, why = pcall(start, "metrics-wrong", { http = DICT:gsub('shared = "metrics"', 'shared = "metrisc"') })
    assert.is_false(started)
    assert.matches("cards.configure: metrics.shared: there is no lua_shared_dict of that name (did you mean 'metrics'?)", tostring(why), 1, true)
  end)

  it("count each call once where each request has a VM of its own", function()
    server:stop()
    server = start("metrics", { workers = 1, http = "lua_code_cache off;\n" .. DICT, server = "", locations = LOCATIONS })
    for _ = 1, 10 do assert.equal(upstream.MASKED, server:body "/call") end
    nginx.wait_for("10 calls", function() return calls() == 10 end)
    assert.equal(10, calls())
  end)
end)
