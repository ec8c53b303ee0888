--- What on_event tells of the wire: how long each step took, how many bytes went, whether the connection was there already.

local cards = require "cards"
local heard = require "support.heard"
local pool = require "support.pool"
local sandbox = require "support.sandbox"
local scripted = require "support.scripted"

teardown(function()
  scripted.stop_all()
  pool.remove()
end)

local TIMES = { "resolve", "connect", "tls" }

local function assert_types(event)
  for _, name in ipairs { "seconds", "resolve", "connect", "tls" } do
    assert.is_number(event[name], name)
    assert.is_true(event[name] >= 0, name)
  end
  for _, name in ipairs { "bytes_in", "bytes_out", "attempts" } do
    assert.is_number(event[name], name)
    if math.type then assert.equal("integer", math.type(event[name]), name) end
  end
  assert.is_boolean(event.reused)
end

--- The facts of a call over a new connection that was answered.
local function assert_fresh(event, tls)
  assert_types(event)
  assert.is_false(event.reused)
  assert.is_true(event.connect > 0, "connect")
  assert.equal(tls, event.tls > 0, "tls")
  assert.is_true(event.first_byte > event.resolve + event.connect + event.tls, "first_byte")
  assert.is_true(event.seconds >= event.first_byte, "seconds")
end

local function assert_reused(event)
  assert_types(event)
  assert.is_true(event.reused)
  for _, name in ipairs(TIMES) do
    assert.equal(0, event[name], name)
  end
  assert.is_true(event.first_byte > 0)
  assert.is_true(event.seconds >= event.first_byte)
end

local PLAIN = { base_url = sandbox.url "HTTP_URL" .. "/alix", insecure_http = true }

describe("the facts of a call", function()
  for _, way in ipairs { "blocking", "cards.all", "started" } do
    for target, overrides in pairs { https = {}, http = PLAIN } do
      it(("say what its connection took, and nothing where it was there already: %s, %s"):format(way, target), function()
        local events = {}
        local client = pool.client(pool.tls(), events, overrides)
        for _ = 1, 3 do
          local record, err
          if way == "blocking" then
            record, err = client:private_info(sandbox.unique_id "facts")
          elseif way == "started" then
            record, err = client:start("private_info", sandbox.unique_id "facts"):result()
          else
            local result = cards.all { function() return client:private_info(sandbox.unique_id "facts") end }
            record, err = result[1], result[2]
          end
          assert(record, err)
        end
        assert_fresh(events[1], target == "https")
        assert_reused(events[2])
        assert_reused(events[3])
      end)
    end
  end

  it("are each call's own", function()
    local events = {}
    local client = pool.client(pool.tls(), events)
    cards.all {
      function() assert(client:private_info("c_1", { tag = "big", headers = { ["X-Sandbox"] = "big=50000" } })) end,
      function() assert(client:private_info("c_2", { tag = "slow", headers = { ["X-Sandbox"] = "slow_first_byte=0.3" } })) end,
    }
    local of = {}
    for _, event in ipairs(events) do of[event.tag] = event end
    assert_fresh(of.big, true)
    assert_fresh(of.slow, true)
    assert.is_true(of.big.bytes_in > 50000)
    assert.is_true(of.slow.bytes_in < 50000)
    assert.is_true(of.slow.first_byte >= 0.3)
  end)

  it("tell when the answer began, and when it ended", function()
    local events = {}
    local client = pool.client(pool.tls(), events)
    assert(client:private_info("c_1", { headers = { ["X-Sandbox"] = "slow_first_byte=0.2" } }))
    assert.is_true(events[1].first_byte >= 0.2)
    assert(client:private_info("c_1", { headers = { ["X-Sandbox"] = "slow_body=0.3" } }))
    assert.is_true(events[2].seconds > events[2].first_byte)
  end)

  it("count the bytes of the request and of the answer, head and all", function()
    local server = scripted.start [[
      return function()
        note("answer", #answer())
        return answer()
      end
    ]]
    local events = {}
    local config = { base_url = server.url, insecure_http = true, access_token = "t", retries = 0, on_event = heard.calls(events) }
    local client = cards.alix.new(config)
    assert(client:private_info "c_1")
    assert(client:private_info("c_1", { headers = { ["X-Longer"] = ("x"):rep(1000) } }))
    local bytes = tonumber(server.lines "^answer (%d+)$"[1])
    assert.equal(bytes, events[1].bytes_in)
    assert.equal(bytes, events[2].bytes_in)
    assert.equal(events[1].bytes_out + #"X-Longer: \r\n" + 1000, events[2].bytes_out)
    server.stop()
  end)

  it("count the bytes as they came, which are fewer where they were compressed", function()
    local events = {}
    local client = pool.client(pool.tls(), events)
    for _, case in ipairs { "big=100000", "big=100000,gzip", "big_chunked=100000" } do
      assert(client:private_info("c_1", { headers = { ["X-Sandbox"] = case } }))
    end
    assert.is_true(events[1].bytes_in > 100000)
    assert.is_true(events[2].bytes_in < 20000)
    assert.is_true(events[3].bytes_in > 100000)
  end)

  it("count the bytes of all attempts, and the times of the last one", function()
    local events = {}
    local client = pool.client(pool.tls(), events, { retries = 2 })
    assert(client:private_info("c_1"))
    assert(client:private_info(sandbox.unique_id "twice", { headers = { ["X-Sandbox"] = "fail_then_ok=2,retry_after=ms:1" } }))
    assert.equal(3, events[2].attempts)
    assert_reused(events[2])
    assert.is_true(events[2].bytes_out > 3 * 100)
    assert.is_true(events[2].bytes_in > 2 * events[1].bytes_in)
    assert(client:private_info(sandbox.unique_id "replaced", { headers = { ["X-Sandbox"] = "close_kept" } }))
    assert.equal(2, events[3].attempts)
    assert_fresh(events[3], true)
    assert.is_true(events[3].bytes_out > 2 * events[1].bytes_out, "both requests")
    -- the first attempt connects, the second one goes over that connection
    client = pool.client(pool.tls(), events, { retries = 2 })
    assert(client:private_info(sandbox.unique_id "twice", { headers = { ["X-Sandbox"] = "fail_then_ok=1,retry_after=ms:1" } }))
    assert.equal(2, events[4].attempts)
    assert_reused(events[4])
  end)

  it("have each attempt, with when it began and how it failed", function()
    local events = {}
    local client = pool.client(pool.tls(), events, { retries = 2 })
    assert(client:private_info(sandbox.unique_id "thrice", { headers = { ["X-Sandbox"] = "fail_then_ok=2,retry_after=ms:20" } }))
    local event = events[1]
    assert.equal(2, #event.earlier)
    local at = 0
    for i, attempt in ipairs(event.earlier) do
      assert.is_true(attempt.began >= at, "its begin")
      assert.is_true(attempt.first_byte > attempt.began and attempt.ended >= attempt.first_byte, "its answer")
      assert.equal(i == 1, attempt.connect > 0)
      assert.same({ 503, "provider" }, { attempt.status, attempt.kind })
      at = attempt.ended + 0.02
    end
    assert.is_true(event.began >= at, "the last one's begin")
    assert.is_true(event.first_byte > event.began)
    assert(client:private_info "c_1")
    assert.is_nil(events[2].earlier)
    assert.is_true(events[2].began >= 0)
    assert(client:private_info(sandbox.unique_id "replaced", { headers = { ["X-Sandbox"] = "close_kept" } }))
    assert.same({ 1, "network" }, { #events[3].earlier, events[3].earlier[1].kind })
    -- given up while it waits for the next attempt
    assert.is_nil((client:private_info("c_1", { headers = { ["X-Sandbox"] = "unavailable,retry_after=ms:20" }, timeout = 0.03 })))
    assert.equal(math.max(0, events[4].attempts - 1), #(events[4].earlier or {}))
  end)

  it("of a failure have what there was of it", function()
    local events = {}
    local tls = pool.tls()
    local function fails(kind, overrides, case)
      local client = pool.client(tls, events, overrides)
      local _, err = client:private_info("c_1", { headers = case and { ["X-Sandbox"] = case } or nil })
      assert.equal(kind, err.kind)
      assert_types(events[#events])
      return events[#events]
    end
    local refused = fails("network", { base_url = sandbox.url "REFUSED_URL" })
    assert.is_nil(refused.first_byte)
    assert.equal(0, refused.bytes_out + refused.bytes_in)
    assert.equal(1, refused.attempts)
    local untrusted = fails("tls", { base_url = sandbox.url "OTHER_CA_URL" })
    assert.is_nil(untrusted.first_byte)
    assert.equal(0, untrusted.bytes_out + untrusted.bytes_in)
    assert(pool.client(tls):private_info "c_1") -- whose connection is there for the next one
    local silent = fails("timeout", { timeout = 0.3 }, "never")
    assert.is_nil(silent.first_byte)
    assert.is_true(silent.bytes_out > 0)
    assert.equal(0, silent.bytes_in)
    assert.is_true(silent.seconds >= 0.3)
    local cut = fails("network", {}, "cut_short")
    assert.is_true(cut.bytes_in > 0)
    assert.is_true(cut.first_byte > 0)
    local declined = fails("declined", {}, "declined")
    assert.is_true(declined.bytes_in > 0)
    assert.is_true(declined.first_byte > 0)
  end)

  it("of a call that is not sent are none", function()
    local events = {}
    local _, err = pool.client(pool.tls(), events):private_info ""
    assert.equal("invalid_request", err.kind)
    assert.equal(0, events[1].attempts)
    assert.equal(0, events[1].seconds)
    assert.is_false(events[1].reused)
    assert.is_nil(events[1].first_byte)
  end)

  it("through a proxy have the time to the server's TLS", function()
    local events = {}
    assert(pool.client(pool.tls(), events, { proxy = sandbox.url "PROXY_URL" }):private_info "c_1")
    assert_fresh(events[1], true)
  end)
end)
