--- cards.trace: what calls in it send, and the spans that it makes.

local bank = require "support.bank"
local cards = require "cards"
local cjson = require "cjson"
local collector = require "support.collector"
local drive = require "support.drive"
local program = require "support.program"
local sandbox = require "support.sandbox"
local scripted = require "support.scripted"

local TRACE, PARENT = "0af7651916cd43dd8448eb211c80319c", "b7ad6b7169203331"
local INCOMING = ("00-%s-%s-01"):format(TRACE, PARENT)
local UNSAMPLED = ("00-%s-%s-00"):format(TRACE, PARENT)

after_each(collector.leave)
teardown(scripted.stop_all)

--- A call of Alix; the headers that it sent.
local function sent(client, options)
  local id = sandbox.unique_id "trace"
  assert(client:private_info(id, options))
  return sandbox.seen(id).last.headers
end

describe("a call in cards.trace", function()
  local client = drive.client "alix"

  it("sends a traceparent of its trace with an id of its own, and tracestate as it came", function()
    local seen = {}
    cards.trace({ traceparent = INCOMING, tracestate = "a=1, b=2" }, function()
      for i = 1, 2 do seen[i] = sent(client) end
    end)
    for i = 1, 2 do
      local trace, id, flags = seen[i].traceparent:match "^00%-(%x+)%-(%x+)%-(%d%d)$"
      assert.same({ TRACE, "01", "a=1,b=2" }, { trace, flags, seen[i].tracestate })
      assert.is_true(#id == 16 and id ~= PARENT)
      seen[i] = id
    end
    assert.is_true(seen[1] ~= seen[2])
  end)

  it("keeps the flag that says whether it is sampled", function()
    cards.trace(UNSAMPLED, function() assert.matches("^00%-" .. TRACE .. "%-%x+%-00$", sent(client).traceparent) end)
  end)

  it("is of a new trace where there was none, or none that counts, without the tracestate then", function()
    for _, parent in ipairs { false, "", "nonsense", INCOMING:upper(), { tracestate = "a=1" }, { traceparent = "00", tracestate = "a=1" },
      { traceparent = { INCOMING, INCOMING }, tracestate = "a=1" } } do
      cards.trace(parent or nil, function()
        local headers = sent(client)
        assert.matches("^00%-%x+%-%x+%-01$", headers.traceparent)
        assert.is_nil(headers.traceparent:find(TRACE, 1, true))
        assert.is_nil(headers.tracestate)
      end)
    end
  end)

  it("leaves a wrong tracestate out, and keeps the trace", function()
    cards.trace({ traceparent = INCOMING, tracestate = "no=1=2" }, function()
      local headers = sent(client)
      assert.truthy(headers.traceparent:find(TRACE, 1, true))
      assert.is_nil(headers.tracestate)
    end)
  end)

  it("sends what the call or the client says instead", function()
    local own = cards.alix.new(sandbox.config("alix", { headers = { TraceParent = "of-the-client" } }))
    local secret = cards.alix.new(sandbox.config("alix", { headers = { traceparent = cards.secret "of-a-secret" } }))
    cards.trace(INCOMING, function()
      assert.equal("of-the-client", sent(own).traceparent)
      assert.equal("of-a-secret", sent(secret).traceparent)
      assert.equal("of-the-call", sent(client, { headers = { Traceparent = "of-the-call" } }).traceparent)
      local headers = {}
      for i = 1, 31 do headers["X-" .. i] = "x" end
      assert.is_nil(sent(client, { headers = headers }).traceparent) -- there is no room
    end)
  end)

  it("sends nothing before and after it", function()
    assert.is_nil(sent(client).traceparent)
    cards.trace(INCOMING, function() end)
    pcall(cards.trace, INCOMING, error, "raised")
    assert.is_nil(sent(client).traceparent)
  end)

  it("is in the trace whatever it runs in", function()
    local headers = {}
    local function call() table.insert(headers, sent(client).traceparent) return true end
    cards.trace(INCOMING, function()
      cards.all { call, call }
      for _ in cards.each({ 1, 2 }, call) do end -- luacheck: ignore
      cards.fallback { call }
      cards.hedge(call, { after = 30 })
      cards.retry(call)
      cards.deadline(10, call)
      cards.all { function() cards.all { call } end }
    end)
    assert.equal(9, #headers)
    for _, text in ipairs(headers) do assert.truthy(text:find(TRACE, 1, true)) end
  end)

  it("started for an event loop is in it, also where it ends later", function()
    local id = sandbox.unique_id "trace"
    local job = cards.trace(INCOMING, function() return client:start("private_info", id) end)
    assert(job:result())
    assert.truthy(sandbox.seen(id).last.headers.traceparent:find(TRACE, 1, true))
  end)

  it("of two traces at the same time is in its own", function()
    local function one(trace)
      return cards.trace(("00-%s-%s-01"):format(trace, PARENT), function()
        cards.sleep(0.01)
        return sent(client).traceparent:match "^00%-(%x+)"
      end)
    end
    local traces = {}
    for i = 1, 20 do traces[i] = require("cards.core").id(16) end
    for i, trace, got in cards.each(traces, one, { concurrency = 20 }) do assert.equal(trace, got, i) end
  end)

  it("does not get another error, nor another retry, than without", function()
    cards.trace(INCOMING, function()
      local _, err = drive.call("alix", "status=503,retry_after=ms:1", { client = client, options = { retries = 2 } })
      assert.same({ "provider", 3 }, { err.kind, err.attempts })
      assert.equal("invalid_request", select(2, client:private_info { wrong = 1 }).kind)
    end)
  end)
end)

describe("cards.trace", function()
  it("returns what the function returns, and passes its error on", function()
    local raised = {}
    local function back(...) return { n = select("#", ...), ... } end
    assert.same({ 1, nil, 3, n = 3 }, back(cards.trace(nil, function(...) return ... end, 1, nil, 3)))
    local ok, err = pcall(cards.trace, nil, error, raised)
    assert.is_false(ok)
    assert.equal(raised, err)
  end)

  it("tells what a request of one's own has to send", function()
    assert.is_nil(cards.trace.current())
    cards.trace({ traceparent = INCOMING, tracestate = "a=1" }, function()
      local traceparent, tracestate = cards.trace.current()
      assert.matches("^00%-" .. TRACE .. "%-%x+%-01$", traceparent)
      assert.equal("a=1", tracestate)
      cards.trace(nil, function() assert.is_nil(cards.trace.current():find(TRACE, 1, true)) end)
      assert.equal(traceparent, (cards.trace.current()))
    end)
    assert.is_nil(cards.trace.current())
  end)

  it("raises at the caller's line for what is no parent, function or name", function()
    for _, case in ipairs {
      { 5 }, { true }, { cards }, { {}, 5 }, { { name = "" }, print }, { { name = "4111111111111111" }, print }, { { parent = INCOMING }, print },
      { { traceparent = 5 }, print }, { nil, nil },
    } do
      local line = debug.getinfo(1, "l").currentline + 1
      local ok, err = pcall(function() cards.trace(case[1], case[2]) end)
      assert.is_false(ok)
      assert.matches("trace_spec.lua:" .. line .. ": cards.trace: ", err, 1, true)
      assert.is_nil(err:find("4111", 1, true))
    end
  end)
end)

describe("the spans of a trace", function()
  local client = drive.client "alix"

  it("are one for the function, one for each call and one for each try, below each other", function()
    local service = collector.use()
    cards.trace({ traceparent = INCOMING, tracestate = "a=1", name = "show a card" }, function()
      assert(client:private_info(sandbox.unique_id "x", { tag = "order 17" }))
    end)
    local spans, of = collector.spans(service)
    assert.equal(3, #spans)
    local outer, call, try = of["show a card"], of["alix.private_info"], of["try"]
    assert.same({ TRACE, TRACE, TRACE }, { outer.traceId, call.traceId, try.traceId })
    assert.same({ PARENT, outer.spanId, call.spanId }, { outer.parentSpanId, call.parentSpanId, try.parentSpanId })
    assert.same({ 1, 3, 1 }, { outer.kind, call.kind, try.kind })
    assert.same({ 1 + 256 + 512, 1 + 256, 1 + 256 }, { outer.flags, call.flags, try.flags })
    assert.same({ "a=1", "a=1", "a=1" }, { outer.traceState, call.traceState, try.traceState })
    local seen = call.attributes
    assert.is_string(seen["cards.request_id"])
    seen["cards.request_id"] = nil
    assert.same({
      ["cards.provider"] = "alix", ["cards.operation"] = "private_info", ["cards.attempts"] = 1, ["cards.tag"] = "order 17", ["http.request.method"] = "GET",
      ["http.response.status_code"] = 200, ["url.template"] = "/api/v2/cards/{cardId}/private-info", ["server.address"] = "localhost",
      ["server.port"] = tonumber(sandbox.url "HTTPS_URL":match "%d+$"),
    }, seen)
    assert.same({ nil, nil, nil }, { outer.status, call.status, try.status })
    assert.equal("sent", try.events[#try.events - 1].name)
    assert.equal("first_byte", try.events[#try.events].name)
  end)

  it("have the provider's request id, also where it is that of the trace", function()
    local server = scripted.start [[ return function(request) return answer("X-Request-Id: " .. request.headers.traceparent:match "%-(%x+)%-" .. "\r\n") end ]]
    local service = collector.use()
    local scripted_client = cards.alix.new(sandbox.config("alix", { base_url = server.url, insecure_http = true }))
    cards.trace(INCOMING, function() assert(scripted_client:private_info "c_1") end)
    local _, of = collector.spans(service)
    assert.equal(TRACE, of["alix.private_info"].attributes["cards.request_id"])
    server.stop()
  end)

  it("have the id that the call sent", function()
    local service, headers = collector.use(), nil
    cards.trace(nil, function() headers = sent(client) end)
    local _, of = collector.spans(service)
    assert.equal(of["alix.private_info"].spanId, headers.traceparent:match "^00%-%x+%-(%x+)")
    assert.is_nil(of["cards.trace"].parentSpanId)
  end)

  it("say what failed, and each try with its own outcome", function()
    local service = collector.use()
    local _, err = cards.trace(nil, function()
      return drive.call("alix", "status=503,retry_after=ms:1", { client = client, options = { retries = 1 } })
    end)
    assert.is_false(pcall(cards.trace, { name = "raises" }, error, "card 4111111111111111"))
    local spans, of = collector.spans(service)
    assert.same({ "try", "try", "alix.private_info", "cards.trace", "raises" },
      { spans[1].name, spans[2].name, spans[3].name, spans[4].name, spans[5].name })
    local call = of["alix.private_info"]
    assert.same({ 2, "provider", 503, 2, err.code },
      { call.status.code, call.attributes["error.type"], call.attributes["http.response.status_code"], call.attributes["cards.attempts"],
        call.attributes["cards.code"] })
    for i = 1, 2 do
      assert.same({ 2, "provider", 503, i > 1 and 1 or nil },
        { spans[i].status.code, spans[i].attributes["error.type"], spans[i].attributes["http.response.status_code"],
          spans[i].attributes["http.request.resend_count"] })
    end
    assert.same({ 2, "provider" }, { of["cards.trace"].status.code, of["cards.trace"].attributes["error.type"] })
    assert.same({ 2, "_OTHER" }, { of.raises.status.code, of.raises.attributes["error.type"] })
    assert.is_nil(cjson.encode(spans):find("4111111111111111", 1, true))
  end)

  it("are there of functions that are cancelled, or raise inside of cards.all, too", function()
    local service, begun = collector.use(), 0
    local function inner(fails)
      local parent = { traceparent = cards.trace.current(), name = fails and "raises" or "inner" }
      return cards.trace(parent, cards.deadline, 60, function()
        assert(client:private_info "c_1")
        begun = begun + 1
        if fails then error "made up" end
        return begun > 1 or cards.sleep(60)
      end)
    end
    cards.trace({ name = "outer" }, function()
      assert.is_true((cards.hedge(inner, { after = 0.01, attempts = 2 })))
      assert.is_nil(cards.all { function() return inner(true) end }[1])
    end)
    local kinds = {}
    for _, span in ipairs(collector.spans(service)) do -- which looks for parents
      local kind = span.attributes["error.type"] or "none"
      if span.name == "inner" or span.name == "raises" then kinds[span.name .. " " .. kind] = (kinds[span.name .. " " .. kind] or 0) + 1 end
    end
    assert.same({ ["raises _OTHER"] = 1, ["inner cancelled"] = 1, ["inner none"] = 1 }, kinds)
  end)

  it("are there of started calls that end without a result while something goes before them", function()
    if program.lua == "5.1" then return end -- there a credential function cannot yield
    local service = collector.use()
    local function start(token)
      return cards.trace(INCOMING, function() return drive.client("alix", { access_token = token }):start("private_info", "c_1") end)
    end
    assert.is_false(pcall(start, function() return coroutine.yield() or "t" end))
    local function drop()
      start(function() return client:private_info("c_1", sandbox.asked_to "never") and "t" end)
    end
    drop()
    local kinds, other = {}, client:start("private_info", "c_1", sandbox.asked_to "never")
    program.wait_for("the collector of garbage", function()
      collectgarbage()
      return not other:done() and cards.trace.state().queued == 4
    end)
    other:cancel()
    for _, span in ipairs(collector.spans(service)) do
      if span.name == "alix.private_info" then table.insert(kinds, span.attributes["error.type"]) end
    end
    assert.same({ "_OTHER", "cancelled" }, kinds)
  end)

  it("of a call that was not sent have no try", function()
    local service = collector.use()
    cards.trace(nil, function()
      client:private_info { wrong = 1 }
      cards.deadline(0, client.private_info, client, "c_1")
    end)
    local spans = collector.spans(service)
    assert.same({ "alix.private_info", "alix.private_info", "cards.trace" }, { spans[1].name, spans[2].name, spans[3].name })
    assert.same({ "invalid_request", 0, "timeout" },
      { spans[1].attributes["error.type"], spans[1].attributes["cards.attempts"], spans[2].attributes["error.type"] })
  end)

  it("of the calls before a call are below it", function()
    local service = collector.use()
    local stepping = bank.client()
    cards.trace(nil, function() assert(stepping:show(sandbox.unique_id "bank")) end)
    local _, of = collector.spans(service)
    assert.equal(of["bank.show"].spanId, of["bank.login"].parentSpanId)
    assert.equal("/bank/cards/{card_id}", of["bank.show"].attributes["url.template"])
  end)

  it("of the calls before a call that is cancelled are below it, too", function()
    local service, made = collector.use(), 0
    local stepping = bank.client()
    cards.trace(nil, cards.hedge, function()
      made = made + 1
      local case = made == 1 and { ["X-Sandbox"] = "slow_first_byte=30" } or nil
      return stepping:show(sandbox.unique_id "bank", { headers = case, tag = "attempt " .. made })
    end, { after = 0.3 })
    local kinds = {}
    for _, span in ipairs(collector.spans(service)) do -- which looks for parents
      if span.name == "bank.show" then kinds[span.attributes["cards.tag"]] = span.attributes["error.type"] or "none" end
    end
    assert.same({ ["attempt 1"] = "cancelled", ["attempt 2"] = "none" }, kinds)
  end)

  it("of a call with a credential that was read again are one call with all its tries", function()
    local path = program.file "wrong"
    finally(function() os.remove(path) end)
    local service = collector.use()
    local reading = cards.alix.new(sandbox.config("alix", { access_token = { file = path } }))
    local file = assert(io.open(path, "w"))
    file:write(sandbox.credentials("alix").access_token)
    file:close()
    cards.trace(nil, function() assert(reading:private_info(sandbox.unique_id "x")) end)
    local spans = collector.spans(service)
    assert.equal(4, #spans)
    assert.same({ "auth", nil, 2 },
      { spans[1].attributes["error.type"], spans[2].attributes["error.type"], spans[3].attributes["cards.attempts"] })
    assert.same({ spans[3].spanId, spans[3].spanId }, { spans[1].parentSpanId, spans[2].parentSpanId })
  end)

  it("are there beside events", function()
    local service, events = collector.use(), {}
    local listening = cards.alix.new(sandbox.config("alix", { on_event = function(event) events[#events + 1] = event.event end }))
    cards.trace(nil, function() assert(listening:private_info(sandbox.unique_id "x")) end)
    assert.equal(3, #collector.spans(service))
    assert.same({ "try", "call" }, events)
  end)

  it("are none of a trace that is not sampled, which passes its parent on all the same", function()
    local service = collector.use { sample = 0 }
    cards.trace(UNSAMPLED, function() assert.truthy(sent(client).traceparent:find(TRACE, 1, true)) end)
    cards.trace(nil, function() assert.matches("-00$", sent(client).traceparent) end)
    cards.trace(INCOMING, function() assert.matches("-01$", sent(client).traceparent) end)
    local spans = collector.spans(service)
    assert.equal(3, #spans)
    assert.equal(TRACE, spans[1].traceId)
  end)

  it("are of about the share of new traces that was asked for", function()
    local service = collector.use { sample = 0.25, interval = 60 }
    for _ = 1, 2000 do cards.trace(nil, function() end) end
    local state = cards.trace.state()
    local count = state.queued + state.sent + state.dropped
    assert.is_true(count > 380 and count < 620, count)
    collector.spans(service)
  end)

  it("never have a value of a call, whatever the provider says", function()
    local service = collector.use()
    local values = { sandbox.ALIX_PAN, "alix_token_sandbox" }
    cards.trace(nil, function()
      for _, case in ipairs { "secret_in_header", "declined", "undeclared", "not_json", "close" } do
        values[#values + 1] = sandbox.unique_id "secret"
        client:private_info(values[#values], sandbox.asked_to(case))
      end
    end)
    local text = cjson.encode((collector.spans(service)))
    for _, value in ipairs(values) do assert.is_nil(text:find(value, 1, true), value) end
  end)
end)
