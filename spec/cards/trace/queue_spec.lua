--- What becomes of spans: batches, a collector that refuses, is slow, or is away, and the end of the program.

local cards = require "cards"
local collector = require "support.collector"
local drive = require "support.drive"
local program = require "support.program"
local sandbox = require "support.sandbox"
local started = require "support.started"

after_each(collector.leave)

--- Traces without calls: one span each.
local function spans(count)
  for _ = 1, count do cards.trace(nil, function() end) end
end

--- What a function says on standard error, as a list of what was written.
local function said_by(call)
  local stderr, said = io.stderr, {}
  rawset(io, "stderr", { write = function(_, ...) said[#said + 1] = table.concat { ... } end })
  local ok, err = pcall(call)
  rawset(io, "stderr", stderr)
  assert(ok, err)
  return said
end

--- Runs a program whose spans go to the sandbox's collector.
-- @param service whose they are
-- @param more options of cards.trace.otlp, as the program writes them
-- @param body what it does: it has cards, sandbox and a client of Alix
-- @return as program.run
local function run_traced(service, more, body, options)
  return program.run(([[
    local cards, sandbox = require "cards", require "support.sandbox"
    local client = cards.alix.new(sandbox.config "alix")
    cards.configure { trace = { exporter = cards.trace.otlp { url = sandbox.url "HTTP_URL" .. "/otlp", service = %q, %s } } }
  ]]):format(service, more) .. body, options)
end

--- Lets spans be sent as they are when more come: adds one now and then until the condition holds.
local function add_until(what, condition)
  program.wait_for(what, function()
    spans(1)
    return condition(cards.trace.state())
  end)
end

describe("spans", function()
  it("wait until a batch is full, and are sent without waiting for that", function()
    local service = collector.use { batch = 5, interval = 1000 }
    spans(4)
    assert.same({ queued = 4, sent = 0, dropped = 0, rejected = 0 }, cards.trace.state())
    collector.ask(service, "delay=60")
    spans(1)
    assert.same({ queued = 5, sent = 0, dropped = 0, rejected = 0 }, cards.trace.state())
    program.wait_for("the request", function() return collector.got(service).requests == 1 end)
    collector.go(service)
    assert(cards.trace.flush())
    assert.same({ queued = 0, sent = 5, dropped = 0, rejected = 0 }, cards.trace.state())
    local got = collector.got(service)
    assert.same({ 5, 1 }, { #got.spans, got.requests })
  end)

  it("that are fewer are sent after a while, when another one comes", function()
    local service = collector.use { interval = 0.01 }
    spans(1)
    add_until("the first one", function(state) return state.sent >= 1 end)
    assert.is_true(#collector.got(service).spans >= 1)
    assert(cards.trace.flush())
  end)

  it("go in batches of their size", function()
    local service = collector.use { batch = 10, interval = 1000 }
    spans(35)
    assert(cards.trace.flush())
    local got = collector.got(service)
    assert.same({ 35, 4 }, { #got.spans, got.requests })
  end)

  it("are noted once where a listener flushes them while somebody asks what became of them", function()
    local service, flushed = collector.use { batch = 3, interval = 1000 }, nil
    local alix = drive.client("alix", { on_event = function(event)
      if event.event == "call" then flushed = { pcall(cards.trace.flush, 5) } end
    end })
    local id = sandbox.unique_id "flushed"
    local job = alix:start("private_info", id)
    spans(3)
    program.wait_for("both answers", function()
      return collector.got(service).requests == 1 and sandbox.seen(id).count == 1 and started.are_answered()
    end)
    assert.is_true(cards.trace.flush(5))
    assert.is_truthy(job:result())
    assert.same({ true, true }, flushed)
    assert.same({ queued = 0, sent = 3, dropped = 0, rejected = 0 }, cards.trace.state())
  end)

  it("are sent in one batch at a time where a batch that begins ends functions whose spans are another", function()
    local service = collector.use { batch = 1, interval = 1000 }
    do
      local iterate = cards.each({ 1, 2, 3 }, function(i)
        return i == 1 or cards.trace(nil, function() cards.sleep(60) end)
      end)
      iterate()
    end
    collectgarbage()
    collectgarbage()
    spans(1)
    assert.is_true(cards.trace.flush(10))
    assert.equal(3, #collector.got(service).spans)
  end)

  it("that the collector refuses are counted, said once and not sent again", function()
    local service = collector.use { batch = 10, interval = 1000 }
    collector.ask(service, "reject=3", "reject=10")
    local said = said_by(function()
      spans(20)
      assert(cards.trace.flush())
    end)
    assert.same({ queued = 0, sent = 7, dropped = 0, rejected = 13 }, cards.trace.state())
    assert.equal(1, #said)
    assert.matches("cards.trace: the collector refused 3 of 10 spans", said[1], 1, true)
    assert.equal(2, collector.got(service).requests)
  end)

  it("wait where the collector has no time for them, as long as it says", function()
    for _, how in ipairs { "status=429&retry_after=1", "status=503&retry_after=1" } do
      local service = collector.use { batch = 10, interval = 1000 }
      collector.ask(service, how)
      local core = require "cards.core"
      local said = said_by(function()
        local began = core.now()
        spans(3)
        local value, err = cards.trace.flush(0.3)
        assert.is_nil(value)
        assert.same({ "timeout", true }, { err.kind, err.retryable })
        assert.same({ queued = 3, sent = 0, dropped = 0, rejected = 0 }, cards.trace.state())
        assert(cards.trace.flush())
        assert.is_true(core.now() - began >= 1, "it came before its time")
      end)
      assert.equal(1, #said)
      assert.matches("spans wait, as they could not be sent", said[1], 1, true)
      local got = collector.got(service)
      assert.same({ 3, 2, 1 }, { #got.spans, got.requests, got.refused })
    end
  end)

  it("that no collector would take are dropped, counted and said once", function()
    local service = collector.use { batch = 10, interval = 1000 }
    collector.ask(service, "status=400", "status=401")
    local said = said_by(function()
      spans(20)
      local value, err = cards.trace.flush()
      assert.is_nil(value)
      assert.same({ "auth", 401 }, { err.kind, err.status })
      spans(1)
      assert.is_true(cards.trace.flush())
    end)
    assert.same({ queued = 0, sent = 1, dropped = 20, rejected = 0 }, cards.trace.state())
    assert.equal(1, #said)
    assert.matches("cards.trace: 10 spans are dropped so far: otlp.export: ", said[1], 1, true)
  end)

  it("cost no call anything where the collector is away, and are kept up to the bound", function()
    collector.use { url = sandbox.url "REFUSED_URL", batch = 10, queue = 25, interval = 1000 }
    local said = said_by(function()
      spans(3)
      assert.is_nil((cards.trace.flush(0.5)))
      cards.trace(nil, function()
        for _ = 1, 30 do assert(drive.client "alix":private_info(sandbox.unique_id "away")) end
      end)
    end)
    local state = cards.trace.state()
    assert.same({ 0, 0, 64 }, { state.sent, state.rejected, state.dropped + state.queued })
    assert.is_true(state.queued >= 25 and state.queued <= 25 + 10, state.queued)
    assert.equal(2, #said)
    local kinds = { network = true, timeout = true } -- the half second may be over before the refusal is there
    assert.is_true(kinds[said[1]:match "cards.trace: spans wait, as they could not be sent: otlp.export: (%l+): "], said[1])
    assert.is_true(kinds[said[2]:match "cards.trace: 1 spans are dropped so far: otlp.export: (%l+): "], said[2])
    said_by(collector.leave)
  end)

  it("wait for an exporter that another one took the place of", function()
    local first = collector.use { interval = 1000 }
    spans(3)
    local second = collector.use { interval = 1000 }
    spans(1)
    assert(cards.trace.flush())
    assert.equal(1, #collector.got(second).spans)
    program.wait_for("the former ones", function() return #collector.got(first).spans == 3 end)
  end)

  it("of a former exporter are not waited for by the collector of garbage", function()
    collector.use { interval = 1000, batch = 2 }
    spans(5)
    local former = setmetatable({ require "cards.trace.settings".queue }, { __mode = "v" })
    collector.leave()
    for _ = 1, 2 do collectgarbage() end
    assert.is_true(former[1]:state().queued > 0)
    assert(former[1]:flush(10))
    for _ = 1, 2 do -- the second time it is not the last one
      collector.use()
      collector.leave()
    end
    for _ = 1, 2 do collectgarbage() end
    assert.is_nil(former[1])
  end)

  it("are sent from functions that run at the same time", function()
    local service = collector.use { batch = 3, interval = 1000 }
    local results = { cards.all {
      function() spans(7) return cards.trace.flush() end, function() spans(7) return cards.trace.flush() end,
      function() return cards.trace(nil, drive.client("alix").private_info, drive.client "alix", "c_1") end,
    } }
    assert.same({ true, true }, { results[1][1], results[2][1] })
    assert(results[3][1])
    assert(cards.trace.flush())
    assert.equal(17, #collector.got(service).spans)
  end)

  it("go back where the function that sends them is given up", function()
    if program.lua == "5.1" then return end -- there the flush lets nobody go on, as pcall guards what it sends
    local service, tried = collector.use { batch = 5, interval = 1000 }, 0
    collector.ask(service, "delay=5")
    spans(3)
    assert.is_true(cards.hedge(function()
      tried = tried + 1
      return tried > 1 or cards.trace.flush()
    end, { after = 0.01 }))
    collectgarbage()
    collectgarbage()
    assert.is_true(drive.client("alix"):private_info "c_1" ~= nil)
    assert.same({ queued = 3, sent = 0, dropped = 0, rejected = 0 }, cards.trace.state())
    assert.is_true(cards.trace.flush(10))
    assert.same({ queued = 0, sent = 3, dropped = 0, rejected = 0 }, cards.trace.state())
  end)

  it("are sent once by a function that is given up, and goes on because it cannot yield", function()
    local service = collector.use { interval = 1000 }
    spans(3)
    local function flush()
      cards.sleep(0.05)
      for _ = 1, 2 do collectgarbage() end
      table.sort({ 1, 2 }, function(a, b)
        cards.trace.flush(5)
        return a < b
      end)
    end
    local function leave()
      for _ in cards.each({ function() end, flush }, function(call) return call() end) do break end -- luacheck: ignore 512
    end
    leave()
    cards.sleep(0.1)
    assert.is_true(cards.trace.flush(10))
    assert.same({ queued = 0, sent = 3, dropped = 0, rejected = 0 }, cards.trace.state())
    assert.equal(3, #collector.got(service).spans)
  end)

  it("go over TLS with the collector's own CA", function()
    local service = collector.use { url = sandbox.url "HTTPS_URL" .. "/otlp/v1/traces/", ca_file = sandbox.url "CA_FILE" }
    spans(2)
    assert(cards.trace.flush())
    assert.equal(2, #collector.got(service).spans)
  end)

  it("that are left are sent at the end of the program", function()
    local service = sandbox.unique_id "exit"
    local output, status = run_traced(service, "batch = 2", [[
      cards.trace(nil, function() assert(client:private_info "c_1") end)
      cards.trace({ name = "the last" }, function() end)
    ]])
    assert.same({ "", 0 }, { output, status })
    assert.equal(4, #collector.got(service).spans)
  end)

  it("do not keep the end of the program where the collector is away, which says what is lost", function()
    local output, status = program.run([[
      local cards, sandbox = require "cards", require "support.sandbox"
      cards.configure { trace = { exporter = cards.trace.otlp { url = sandbox.url "REFUSED_URL" } } }
      for _ = 1, 3 do cards.trace(nil, function() end) end
    ]])
    assert.equal(0, status)
    assert.matches("cards: cards.trace: 3 spans are dropped so far: otlp.export: network: ", output, 1, true)
  end)

  it("are sent at the end of a program, whatever LuaJIT has compiled by then", function()
    local service = sandbox.unique_id "hot"
    local output, status = run_traced(service, "interval = 1000", [[
      for _ = 1, 300 do assert(not pcall(client.private_info, client, "c_1", { tag = "t", timeout = 0 / 0 })) end
      for _ = 1, 3 do cards.trace(nil, function() end) end
    ]], { prefix = "timeout 60" })
    assert.same({ "", 0 }, { output, status })
    assert.equal(3, #collector.got(service).spans)
  end)

  if program.lua == "luajit" then -- it can call libc's fork
    it("of a parent are not sent by its child, and the child's are", function()
      local service = sandbox.unique_id "fork"
      local output, status = run_traced(service, "batch = 2", [[
        local ffi = require "ffi"
        ffi.cdef "int fork(void); int waitpid(int, int *, int); void _exit(int);"
        for _ = 1, 3 do cards.trace({ name = "parent" }, function() end) end
        local child = ffi.C.fork()
        if child == 0 then
          cards.trace({ name = "child" }, function() end)
          local ok = cards.trace.flush()
          ffi.C._exit(ok and 0 or 1)
        end
        local code = ffi.new "int[1]"
        ffi.C.waitpid(child, code, 0)
        assert(cards.trace.flush())
        print(code[0], cards.trace.state().sent)
      ]])
      assert.same({ "0\t3\n", 0 }, { output, status })
      local names = {}
      for i, span in ipairs(collector.got(service).spans) do names[i] = span.name end
      table.sort(names)
      assert.same({ "child", "parent", "parent", "parent" }, names)
    end)
  end
end)

describe("the exporter", function()
  it("is in no trace and no metrics", function()
    local service = collector.use { headers = { ["X-Key"] = cards.secret "k" } }
    cards.trace(nil, function()
      cards.trace(nil, function() end)
      assert(cards.trace.flush())
    end)
    assert(cards.trace.flush())
    local got = collector.got(service)
    assert.equal(2, #got.spans)
    for _, span in ipairs(got.spans) do assert.equal("cards.trace", span.name) end
    assert.is_nil(cards.metrics().calls.otlp)
  end)

  it("is made of right options only, and said wrong ones at the caller's line", function()
    for options, part in pairs {
      [{}] = "url is required", [{ url = 5 }] = "url must be", [{ url = "collector:4318" }] = "url must be a URL",
      [{ url = "http://collector.example:4318" }] = "url must begin with https://",
      [{ url = "http://localhost.example" }] = "url must begin with https://", [{ url = "https://c.example", service = "" }] = "service must be",
      [{ url = "https://c.example", batch = 0 }] = "batch must be", [{ url = "https://c.example", ca_file = "/nowhere" }] = "ca_file: /nowhere: No such file",
      [{ url = "https://c.example", header = {} }] = "unknown key 'header' (did you mean 'headers'?)",
      [{ url = "https://u:p@c.example" }] = "url must not contain a user",
    } do
      local line = debug.getinfo(1, "l").currentline + 1
      local ok, err = pcall(function() cards.trace.otlp(options) end)
      assert.is_false(ok, part)
      assert.matches("queue_spec.lua:" .. line .. ": cards.trace.otlp: " .. part, err, 1, true)
    end
    for _, url in ipairs { "http://localhost:4318", "http://127.0.0.1:4318/", "http://[::1]:4318", "https://c.example/otlp", "HTTP://localhost" } do
      assert.is_table(cards.trace.otlp { url = url })
    end
    assert.is_table(cards.trace.otlp { url = "http://collector.example:4318", insecure_http = true })
  end)

  it("is what cards.configure takes, beside a share", function()
    for settings, part in pairs {
      [5] = "trace must be a table", [{ exporter = {} }] = "trace.exporter must be what cards.trace.otlp returned",
      [{ sample = 2 }] = "trace.sample must be a number from 0 to 1",
      [{ exporters = 1 }] = "trace: unknown key 'exporters' (did you mean 'exporter'?)",
    } do
      local ok, err = pcall(cards.configure, { trace = settings })
      assert.is_false(ok)
      assert.matches("cards.configure: " .. part, err, 1, true)
    end
    assert.is_true(cards.trace.flush())
    assert.same({ queued = 0, sent = 0, dropped = 0, rejected = 0 }, cards.trace.state())
  end)
end)
