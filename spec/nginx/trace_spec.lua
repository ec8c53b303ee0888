--- cards.trace in nginx: each request's calls are in its own trace, a timer sends the spans, and a worker that ends sends what is left.

local nginx = require "support.nginx"
if nginx.is_missing("traces", pending) then return end

local collector = require "support.collector"
local sandbox = require "support.sandbox"

local APP = [[
local cards = require "cards"
local sandbox = require "support.sandbox"
local app = { events = {} }
app.alix = cards.alix.new(sandbox.config("alix", { retries = 1, on_event = function(event) table.insert(app.events, event) end }))

local function call(id, case)
  local options = { tag = "tag-" .. id, headers = case and { ["X-Sandbox"] = case } or nil }
  return function() return app.alix:private_info(id, options) end
end

function app.traced()
  local parent = { traceparent = ngx.var.http_traceparent, tracestate = ngx.var.http_tracestate, name = "GET /traced" }
  local id = ngx.var.arg_id
  local trace = cards.trace(parent, function()
    cards.sleep(0.02) -- another request's turn
    cards.all { call(id .. "-a"), function() return cards.all { call(id .. "-b") } end }
    local here = cards.trace.current()
    ngx.thread.wait(ngx.thread.spawn(function() cards.trace(here, call(id .. "-c")) end))
    return (cards.trace.current())
  end)
  ngx.print(trace, " ", tostring(cards.trace.current()))
end

function app.failing()
  cards.trace(nil, call(ngx.var.arg_id, "fail_then_ok=1,retry_after=ms:1"))
  local list = {}
  for i, event in ipairs(app.events) do list[i] = event.event .. " " .. tostring(event.kind or event.status) .. " " .. event.tag:match "^%a+" end
  ngx.print(table.concat(list, ", "))
end

function app.hedged()
  local begun = 0
  local function attempt()
    return cards.trace({ traceparent = cards.trace.current(), name = "attempt" }, function()
      call(ngx.var.arg_id)()
      begun = begun + 1
      return begun > 1 or cards.sleep(60)
    end)
  end
  cards.trace(nil, cards.hedge, attempt, { after = 0.01 })
end

function app.empty()
  cards.trace(nil, function() end)
  ngx.print(cards.trace.state().queued)
end

function app.flush()
  ngx.print(tostring(cards.trace.flush(20)), " ", cards.trace.state().sent)
end

return app
]]

local server, service

local function start(options)
  service = sandbox.unique_id "nginx"
  server = nginx.start("trace", {
    app = APP, workers = 1, http = ([[
  init_worker_by_lua_block {
    local cards, sandbox = require "cards", require "support.sandbox"
    local exporter = cards.trace.otlp { url = sandbox.url "HTTP_URL" .. "/otlp", service = "%s", %s }
    local export = exporter.export
    function exporter.export(spans, seconds) -- without the two seconds of a worker that ends, of which a busy machine may need more
      if seconds then ngx.shared.facts:set("seconds", seconds) end
      return export(spans)
    end
    cards.configure { trace = { exporter = exporter } }
    require "app"
  }]]):format(service, options),
    locations = { ["/traced"] = 'require("app").traced()', ["/failing"] = 'require("app").failing()', ["/hedged"] = 'require("app").hedged()',
      ["/empty"] = 'require("app").empty()', ["/flush"] = 'require("app").flush()' },
  })
end

after_each(function() server:stop() end)

local function trace_of(i) return ("%032x"):format(i) end

--- Asks for several traces at the same time; checks that each call sent its own.
local function ask(count)
  local requests, answers = {}, {}
  for i = 1, count do
    requests[i] = function()
      local headers = { traceparent = ("00-%s-b7ad6b7169203331-01"):format(trace_of(i)), tracestate = "a=" .. i }
      answers[i] = server:body(("/traced?id=%d-of-%s"):format(i, service), { headers = headers })
    end
  end
  nginx.together(table.unpack(requests)) -- luacheck: ignore
  for i = 1, count do
    assert.matches("^00%-" .. trace_of(i) .. "%-%x+%-01 nil$", answers[i])
    for _, which in ipairs { "a", "b", "c" } do
      local headers = sandbox.seen(("%d-of-%s-%s"):format(i, service, which)).last.headers
      assert.truthy(headers.traceparent:find(trace_of(i), 1, true), headers.traceparent)
      assert.equal(which ~= "c" and "a=" .. i or nil, headers.tracestate)
    end
  end
end

--- Waits until so many spans have come.
local function wait_for_spans(count)
  nginx.wait_for(count .. " spans", function() return #sandbox.ask("GET", "/otlp/spans?service=" .. service).spans >= count end)
  return collector.got(service).spans
end

describe("a trace in nginx", function()
  it("has the calls of its own request, whatever runs beside it, and its spans are sent by a timer", function()
    start "interval = 0.1"
    ask(5)
    local spans = wait_for_spans(5 * (1 + 3 * 2 + 1))
    assert.equal(40, #spans)
    local of = {}
    for _, span in ipairs(spans) do of[span.traceId] = (of[span.traceId] or 0) + 1 end
    for i = 1, 5 do assert.equal(8, of[trace_of(i)]) end
    assert.same({}, server:complaints())
  end)

  it("tells on_event of each try, and makes spans of them", function()
    start "interval = 1000"
    assert.equal("try provider tag, try 200 tag, call 200 tag", server:body("/failing?id=" .. service))
    assert.equal("true 4", server:body "/flush")
    assert.equal(4, #wait_for_spans(4))
  end)

  it("has the spans of functions that were cancelled", function()
    start "interval = 1000"
    server:body("/hedged?id=" .. service)
    assert.equal("true 7", server:body "/flush")
    local cancelled = 0
    for _, span in ipairs(wait_for_spans(7)) do -- none of which has a parent that is missing
      if span.name == "attempt" and span.attributes["error.type"] == "cancelled" then cancelled = cancelled + 1 end
    end
    assert.equal(1, cancelled)
  end)

  it("is sent by a worker that ends, which has a successor or none", function()
    start "interval = 1000"
    ask(2)
    server:reload()
    assert.equal(16, #wait_for_spans(16))
    assert.equal("2", server:body "/fact?name=seconds")
    ask(1)
    nginx.signal(server.pid, "QUIT")
    server:wait_for_end()
    assert.equal(24, #wait_for_spans(24))
  end)

  it("is sent again where the collector was away", function()
    start "interval = 0.05"
    collector.ask(service, "status=503&retry_after=1", "status=503")
    ask(1)
    assert.equal(8, #wait_for_spans(8))
    assert.matches("spans wait, as they could not be sent", server:log(), 1, true)
  end)

  it("is sent one batch at a time, and no more waits than there is room for, where the collector is slow", function()
    start "interval = 0.01, batch = 1, queue = 5"
    for _ = 1, 20 do collector.ask(service, "delay=0.5") end
    for _ = 1, 20 do
      local queued = tonumber((server:body "/empty"))
      assert.is_true(queued <= 5 + 1, queued)
    end
  end)

  it("is sent at once where a batch is full", function()
    start "interval = 1000, batch = 8"
    ask(2)
    assert.equal(16, #wait_for_spans(16))
  end)
end)
