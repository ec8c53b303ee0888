--- One transfer: what an answer may cost, and connections that go wrong. Proxies are in connection/connection_proxy_spec.lua.

local cards = require "cards"
local program = require "support.program"
local sandbox = require "support.sandbox"

--- One call of Alix with this misbehaviour. Without retries, unless the overrides say otherwise.
local function call(case, overrides)
  local config = sandbox.config("alix", overrides)
  config.retries = config.retries or 0
  config.headers = case and { ["X-Sandbox"] = case } or config.headers
  local id = sandbox.unique_id "transfer"
  local record, err = cards.alix.new(config):private_info(id)
  return record, err, id
end

local function fails(kind, case, overrides)
  local record, err, id = call(case, overrides)
  assert.is_nil(record)
  assert.equal(kind, err.kind)
  return err, id
end

local function works(case, overrides)
  local record, err, id = call(case, overrides)
  assert.is_nil(err)
  assert.equal(sandbox.ALIX_PAN, record.cardNo:reveal())
  return id
end

describe("the size of an answer", function()
  it("is limited to 1 MiB", function()
    works "big=1000000"
    local err = fails("protocol", "big")
    assert.matches("larger than 1048576 bytes", err.message, 1, true)
    assert.is_false(err.retryable)
  end)

  it("is limited where no length is announced", function()
    fails("protocol", "big_chunked")
  end)

  it("is limited by the client", function()
    works("big=1048600", { max_response_bytes = 1048600 })
    fails("protocol", "big=1048600")
    assert.matches("larger than 50 bytes", fails("protocol", nil, { max_response_bytes = 50 }).message, 1, true)
  end)

  it("is limited by one call", function()
    local client = cards.alix.new(sandbox.config("alix", { retries = 0 }))
    local record, err = client:private_info(sandbox.unique_id "cap", { max_response_bytes = 50 })
    assert.is_nil(record)
    assert.equal("protocol", err.kind)
    assert.is_table(client:private_info(sandbox.unique_id "cap"))
  end)

  it("is exact: the limit itself is allowed, one byte less is not", function()
    works("big=4000", { max_response_bytes = 4000 })
    fails("protocol", "big=4000", { max_response_bytes = 3999 })
  end)

  it("is limited for one value, too, whatever the client allows", function()
    local err = fails("protocol", "big=1500000", { max_response_bytes = 1600000 })
    assert.is_false(err.retryable)
  end)

  it("is checked while the answer arrives, not at its end", function()
    -- the whole body would take a minute: at its end the deadline would be over
    fails("protocol", "slow_body=60", { max_response_bytes = 1, timeout = 20 })
  end)

  it("is limited for headers", function()
    assert.matches("headers are too large", fails("protocol", "huge_headers").message, 1, true)
    assert.matches("headers are too large", fails("protocol", "huge_headers=70000").message, 1, true)
    works "huge_headers=8192"
  end)
end)

describe("an encoding", function()
  it("of gzip is asked for and read", function()
    local id = works "gzip"
    assert.equal("gzip", sandbox.seen(id).last.headers["accept-encoding"])
  end)

  it("cannot carry a bomb: the limit counts what comes out", function()
    assert.matches("larger than", fails("protocol", "gzip_bomb").message, 1, true)
  end)

  it("that is broken is a protocol error", function()
    fails("protocol", "gzip_broken")
  end)

  it("that was not asked for is a protocol error", function()
    fails("protocol", "brotli")
  end)
end)

describe("a connection that breaks", function()
  for _, case in ipairs { "cut_short", "cut_chunked", "close", "reset", "reset_body" } do
    it("is a network error: " .. case, function()
      local err, id = fails("network", case)
      assert.is_true(err.retryable)
      -- where the connection was kept from an earlier call it was replaced, once
      assert.is_true(err.attempts <= 2)
      assert.equal(sandbox.seen(id).count, err.attempts)
    end)
  end

  it("costs two requests, or as many as the retries allow, however many connections are kept", function()
    local alix = cards.alix.new(sandbox.config "alix")
    local calls = {}
    for i = 1, 20 do
      calls[i] = function() return alix:private_info("c_" .. i) end
    end
    for _, retries in ipairs { 0, 2 } do
      cards.all(calls)
      local err, id = fails("network", "close", { retries = retries })
      assert.equal(math.max(retries + 1, 2), err.attempts)
      assert.equal(sandbox.seen(id).count, err.attempts)
    end
  end)

  it("is a protocol error where the answer is not HTTP", function()
    fails("protocol", "bad_status_line")
  end)

  it("is a network error where nobody listens", function()
    local err = fails("network", nil, { base_url = sandbox.url "REFUSED_URL" })
    assert.is_true(err.retryable)
    assert.is_nil(err.status)
  end)

  it("is a network error where the name is unknown, with the name", function()
    local err = fails("network", nil, { base_url = "https://no-such-host.invalid" })
    assert.matches("no-such-host.invalid", err.message, 1, true)
  end)
end)

describe("HTTP that is unusual but right", function()
  for _, case in ipairs { "chunked", "http_1_0", "early_hints", "continue" } do
    it("is read: " .. case, function()
      works(case)
    end)
  end
end)

describe("a deadline", function()
  local function times_out(overrides, case)
    local err = fails("timeout", case, overrides)
    assert.matches("no answer in time", err.message, 1, true)
    return err
  end

  it("ends a call to a server that accepts and says nothing", function()
    times_out { base_url = sandbox.url "SILENT_URL", insecure_http = true, timeout = 0.2 }
  end)

  it("ends a handshake that does not come about", function()
    times_out { base_url = sandbox.url "SILENT_TLS_URL", timeout = 0.2 }
    times_out { base_url = sandbox.url "SILENT_TLS_URL", connect_timeout = 0.2 }
  end)

  it("ends a call whose answer does not begin", function()
    assert.is_true(times_out({ timeout = 0.2 }, "never").retryable)
  end)

  it("ends a call whose body does not end", function()
    times_out({ timeout = 0.3 }, "slow_body=60")
  end)

  it("is not ended by the time to connect once connected", function()
    works("slow_first_byte=2.2", { connect_timeout = 2 })
  end)

  it("may be set for one call", function()
    local client = cards.alix.new(sandbox.config("alix", { retries = 0, headers = { ["X-Sandbox"] = "slow_first_byte=20" } }))
    local record, err = client:private_info(sandbox.unique_id "deadline", { timeout = 0.2 })
    assert.is_nil(record)
    assert.equal("timeout", err.kind)
  end)
end)

describe("a process without file descriptors", function()
  it("gets an error of kind busy, and goes on when there are some again", function()
    local output = program.run(([[
      local cards = require "cards"
      local alix = cards.alix.new { base_url = "%s/alix", access_token = "alix_token_sandbox", tls = { ca_file = "%s" } }
      local ids, busy, ok = {}, 0, 0
      for i = 1, 200 do ids[i] = "c_" .. i end
      for _, _, rec, err in cards.each(ids, function(id) return alix:private_info(id, { retries = 0 }) end, { concurrency = 200 }) do
        if rec then ok = ok + 1 elseif err.kind == "busy" and err.retryable then busy = busy + 1 end
      end
      print(busy > 0, ok > 0, alix:private_info "c_1" ~= nil)
    ]]):format(sandbox.url "HTTPS_URL", sandbox.url "CA_FILE"), { prefix = "prlimit --nofile=60" })
    assert.matches("true%s+true%s+true", output)
  end)
end)
