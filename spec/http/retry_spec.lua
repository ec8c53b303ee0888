--- What is sent again, how often, and when a call gives up.

local cards = require "cards"
local acme = require "support.acme"
local heard = require "support.heard"
local pool = require "support.pool"
local program = require "support.program"
local sandbox = require "support.sandbox"
local scripted = require "support.scripted"
local together = require "support.together"

local unpack = table.unpack or unpack -- luacheck: ignore

--- One call with this misbehaviour; what the sandbox asks to wait is a millisecond, unless the case says otherwise.
-- @return the record or nil, the error or nil, how many requests there were
local function call(provider, case, overrides)
  local id = sandbox.unique_id "retry"
  local headers = { ["X-Sandbox"] = case .. (case:find "retry_after" and "" or ",retry_after=ms:1") }
  local config = sandbox.config(provider, overrides)
  config.headers = headers
  local client = cards[provider].new(config)
  local record, err = client[sandbox.operation(provider)](client, sandbox.params(provider, id))
  return record, err, sandbox.seen(id).count
end

describe("an answer", function()
  for _, status in ipairs { 408, 425, 429, 500, 502, 503, 504 } do
    it("is asked for again: " .. status, function()
      local record, err, count = call("alix", "status=" .. status)
      assert.is_nil(record)
      assert.equal(status, err.status)
      assert.is_true(err.retryable)
      assert.equal(3, err.attempts)
      assert.equal(3, count)
    end)
  end

  for _, status in ipairs { 301, 400, 401, 403, 404, 405, 409, 410, 422 } do
    it("is not asked for again: " .. status, function()
      local record, err, count = call("alix", "status=" .. status)
      assert.is_nil(record)
      assert.equal(status, err.status)
      assert.is_false(err.retryable)
      assert.equal(1, err.attempts)
      assert.equal(1, count)
    end)
  end

  for _, case in ipairs { "declined", "declined_200", "not_json", "empty", "big", "null_root", "gzip_broken", "cvv_number=1e400" } do
    it("is not asked for again: " .. case, function()
      local record, err, count = call("alix", case)
      assert.is_nil(record)
      assert.is_false(err.retryable)
      assert.equal(1, err.attempts)
      assert.equal(1, count)
    end)
  end

  for _, provider in ipairs(sandbox.PROVIDERS) do
    it("is asked for again from " .. provider .. ", until it is good", function()
      local record, err, count = call(provider, "fail_then_ok=2")
      assert.is_nil(err)
      assert.is_table(record)
      assert.equal(3, count)
    end)
  end
end)

-- No connection of an earlier call is used with these.
local own_pool = pool.tls

teardown(function()
  pool.remove()
  scripted.stop_all()
end)

describe("a connection that breaks", function()
  local functions = {} -- which wait for another attempt at the same time
  for _, case in ipairs { "close", "reset", "cut_short" } do
    for _, provider in ipairs { "alix", "nayax" } do
      functions[case .. ", " .. provider] = function() return call(provider, case, { retries = 1, tls = own_pool() }) end
    end
  end

  it("is tried again, as both requests only read", function()
    for what, result in pairs(together(functions)) do
      local record, err, count = unpack(result, 1, 3)
      assert.is_nil(record, what)
      assert.equal("network", err.kind, what)
      assert.equal(2, err.attempts, what)
      assert.equal(2, count, what)
    end
  end)

  it("is not tried again without retries", function()
    local _, err, count = call("alix", "close", { retries = 0, tls = own_pool() })
    assert.equal("network", err.kind)
    assert.equal(1, err.attempts)
    assert.equal(1, count)
  end)

  it("is tried again when nobody listens", function()
    local client = cards.alix.new(sandbox.config("alix", { base_url = sandbox.url "REFUSED_URL", retries = 1 }))
    local _, err = client:private_info "c_1"
    assert.equal("network", err.kind)
    assert.equal(2, err.attempts)
  end)
end)

--- A definition of Acme whose one operation is a POST, which may not be sent twice.
local posting = cards.define(acme.definition { method = "POST", encoding = "form", params = { card_id = { required = true }, note = { default = "n" } } })

local function unsafe_client(events, config)
  local whole = { tls = own_pool(), base_url = sandbox.url "HTTPS_URL" .. "/acme_form", on_event = heard.calls(events) }
  for key, value in pairs(config or {}) do whole[key] = value end
  return acme.client(posting, whole)
end

describe("a kept connection that ends before the first byte of an answer", function()
  it("is replaced by a fresh one, also with retries = 0: that is an attempt", function()
    local events = {}
    local client = pool.client(own_pool(), events)
    local before = pool.connection_of(client)
    local id = sandbox.unique_id "kept"
    local record, err = client:private_info(id, { headers = { ["X-Sandbox"] = "close_kept" } })
    assert.is_nil(err, tostring(err))
    assert.equal(sandbox.ALIX_PAN, record.cardNo:reveal())
    local seen = sandbox.seen(id)
    assert.equal(2, seen.count)
    assert.not_equal(before, seen.last.connection)
    assert.equal(2, events[2].attempts)
    assert.is_false(events[2].reused, "the answer came over the fresh one")
    assert.equal(seen.last.connection, pool.connection_of(client), "which is kept")
  end)

  --- So many kept connections.
  local function keep(client, count)
    local calls = {}
    for i = 1, count do
      calls[i] = function() return client:private_info("c_" .. i, { headers = { ["X-Sandbox"] = "slow_first_byte=0.1" } }) end
    end
    for _, result in ipairs { cards.all(calls) } do
      assert(result[1], result[2])
    end
  end

  it("is replaced once: the requests are never more than retries and one, or two, however many there are", function()
    local functions, wanted = {}, {}
    for retries = 0, 2 do
      for _, case in ipairs { "close", "reset" } do
        local client = pool.client(own_pool(), nil, { retries = retries })
        local id = sandbox.unique_id "kept"
        functions[id] = function()
          keep(client, case == "close" and 8 or 1)
          return client:private_info(id, { headers = { ["X-Sandbox"] = case } })
        end
        wanted[id] = math.max(retries + 1, 2)
      end
    end
    for id, result in pairs(together(functions)) do
      local record, err = unpack(result, 1, 2)
      assert.is_nil(record)
      assert.equal("network", err.kind)
      assert.equal(wanted[id], err.attempts)
      assert.equal(err.attempts, sandbox.seen(id).count)
    end
  end)

  it("is replaced by no other kept one, however many there are", function()
    local client = pool.client(own_pool())
    keep(client, 10)
    local id = sandbox.unique_id "kept"
    assert(client:private_info(id, { headers = { ["X-Sandbox"] = "close_kept" } }))
    local seen = sandbox.seen(id)
    assert.equal(2, seen.count)
    assert.equal(1, seen.last.connection_requests)
  end)

  it("is not replaced once an answer has begun", function()
    local client = pool.client(own_pool())
    pool.connection_of(client)
    local id = sandbox.unique_id "kept"
    local record, err = client:private_info(id, { headers = { ["X-Sandbox"] = "cut_short" } })
    assert.is_nil(record)
    assert.equal("network", err.kind)
    assert.equal(1, err.attempts)
    assert.equal(1, sandbox.seen(id).count)
  end)

  it("is not replaced where the call may not be sent twice", function()
    for _, case in ipairs { "close_kept", "reset", "close" } do
      local events = {}
      local client = unsafe_client(events, { retries = 2 })
      assert(client:show(sandbox.unique_id "kept"))
      local id = sandbox.unique_id "kept"
      local record, err = client:show({ card_id = id }, { headers = { ["X-Sandbox"] = case } })
      assert.is_nil(record)
      assert.is_true(events[2].reused, case)
      assert.equal("network", err.kind)
      assert.is_false(err.retryable)
      assert.equal(1, err.attempts)
      assert.equal(1, sandbox.seen(id).count)
    end
  end)
end)

describe("a call that may not be sent twice", function()
  local SCRIPT = [[
    return function(request, connection)
      connection.send('HTTP/1.1 200 OK\r\nContent-Length: 11\r\n\r\n{"ok":true}')
      if request.id == "last" then connection.close() end
      if request.id == "more" then
        wait_for "go on"
        connection.send "garbage"
        note "garbage"
      end
    end
  ]]

  --- A client of a server of that kind, whose operation is a POST unless the method is given.
  local function client_of(server, events, method)
    local module = cards.define(acme.definition { method = method or "POST", response = { fields = {} } })
    return acme.client(module, { base_url = server.url, insecure_http = server.url:find "^http:" and true or nil, tls = own_pool(), retries = 2,
      on_event = heard.calls(events) })
  end

  for _, options in ipairs { { tls = false }, { tls = true } } do
    for _, method in ipairs { "POST", "GET" } do
      local what = (options.tls and "over TLS, " or "") .. method
      it("and one that may goes over no kept connection that has ended, or has bytes that nobody asked for: " .. what, function()
        local server, events = scripted.start(SCRIPT, options), {}
        local client = client_of(server, events, method)
        assert(client:show "first")
        assert(client:show "last")
        server.wait "^end 1$"
        assert(client:show "second")
        assert(client:show "more")
        server.tell "go on"
        server.wait "^garbage$"
        assert(client:show "third")
        assert.same({ "1 1", "1 2", "2 1", "2 2", "3 1" }, server.lines "^request (%d+ %d+)")
        for i = 1, 5 do
          assert.equal(1, events[i].attempts)
          assert.equal(i == 2 or i == 4, events[i].reused)
        end
        server.stop()
      end)
    end
  end

  it("is not tried again when the connection breaks, as it may have arrived", function()
    for _, case in ipairs { "close", "reset", "cut_short" } do
      local events = {}
      local client = unsafe_client(events, { retries = 2 })
      local id = sandbox.unique_id "once"
      local record, err = client:show({ card_id = id }, { headers = { ["X-Sandbox"] = case } })
      assert.is_nil(record)
      assert.equal("network", err.kind)
      assert.is_false(err.retryable)
      assert.equal(1, err.attempts)
      assert.equal(1, sandbox.seen(id).count)
      assert.is_false(events[1].reused)
    end
  end)

  it("is tried again where nothing was sent", function()
    local events = {}
    local _, err = unsafe_client(events, { retries = 1, base_url = sandbox.url "REFUSED_URL" }):show "c_1"
    assert.equal("network", err.kind)
    assert.equal(2, err.attempts)
    assert.is_true(err.retryable)
  end)
end)

describe("a connection that is not made within connect_timeout", function()
  it("is tried again, as nothing was sent", function()
    local servers, functions = {}, {}
    for name, new in pairs { private_info = function(config) return pool.client(own_pool(), nil, config) end,
      show = function(config) return unsafe_client({}, config) end } do
      local server = scripted.start "return function() end" -- which speaks no TLS
      servers[name] = server
      local client = new { base_url = (server.url:gsub("^http:", "https:")), connect_timeout = 0.1, retries = 1 }
      functions[name] = function() return client[name](client, "c_1") end
    end
    for name, result in pairs(together(functions)) do
      local record, err = unpack(result, 1, 2)
      assert.is_nil(record)
      assert.equal("timeout", err.kind)
      assert.matches("no answer in time", err.message, 1, true)
      assert.is_true(err.retryable)
      assert.equal(2, err.attempts)
      servers[name].wait("^open", 2) -- which may come late: the kernel makes the connection
      assert.equal(2, #servers[name].lines "^open")
      servers[name].stop()
    end
  end)

  it("is not tried again without retries, or beyond the deadline", function()
    local silent = { base_url = sandbox.url "SILENT_TLS_URL", connect_timeout = 0.1, retries = 0 }
    local _, err = pool.client(own_pool(), nil, silent):private_info "c_1"
    assert.equal("timeout", err.kind)
    assert.equal(1, err.attempts)
    silent.connect_timeout, silent.timeout, silent.retries = 5, 0.2, 5
    _, err = pool.client(own_pool(), nil, silent):private_info "c_1"
    assert.equal("timeout", err.kind)
    assert.equal(1, err.attempts)
  end)
end)

describe("the number of attempts", function()
  it("is one with retries = 0", function()
    local _, err, count = call("alix", "unavailable", { retries = 0 })
    assert.equal(1, err.attempts)
    assert.equal(1, count)
    assert.is_true(err.retryable)
  end)

  it("is one more than retries", function()
    local _, err, count = call("alix", "unavailable", { retries = 5 })
    assert.equal(6, err.attempts)
    assert.equal(6, count)
  end)

  it("is no larger than it takes", function()
    local event
    local _, err, count = call("alix", "fail_then_ok=1", { retries = 5, on_event = function(e) event = e end })
    assert.is_nil(err)
    assert.equal(2, count)
    assert.equal(2, event.attempts)
    assert.is_true(event.ok)
  end)

  it("may be set for one call", function()
    local client = cards.alix.new(sandbox.config("alix", { retries = 5, headers = { ["X-Sandbox"] = "unavailable,retry_after=ms:1" } }))
    local id = sandbox.unique_id "retry"
    local _, err = client:private_info(id, { retries = 1 })
    assert.equal(2, err.attempts)
    assert.equal(2, sandbox.seen(id).count)
  end)

  it("is none for a call that is not sent", function()
    local client = cards.alix.new(sandbox.config "alix")
    local _, err = client:private_info ""
    assert.equal("invalid_request", err.kind)
    assert.equal(0, err.attempts)
  end)
end)

describe("x-should-retry", function()
  it("false ends the attempts", function()
    local _, err, count = call("alix", "unavailable,x_should_retry=false")
    assert.equal(1, count)
    assert.equal(1, err.attempts)
    assert.is_false(err.retryable)
  end)

  it("true changes nothing for an answer that is asked for again anyway", function()
    local _, _, count = call("alix", "unavailable,x_should_retry=true", { retries = 1 })
    assert.equal(2, count)
  end)

  it("true does not make a refusal worth another attempt", function()
    local _, err, count = call("alix", "bad_request,x_should_retry=true")
    assert.equal(1, count)
    assert.is_false(err.retryable)
  end)
end)

describe("the retry of a definition", function()
  local BODY = 'Content-Length: 11\r\n\r\n{"ok":true}'

  --- How many requests there are where the first answer has this status and these headers, and the error of a call without retries.
  local function tried(operation, first)
    local server = scripted.start(([[
      local count = 0
      return function()
        count = count + 1
        return "HTTP/1.1 " .. (count == 1 and %q or "200 OK") .. "\r\n" .. %q
      end
    ]]):format(first, BODY))
    local definition = acme.definition({ method = "POST", success = {}, response = { fields = {} } })
    for key, value in pairs(operation) do
      definition.operations.show[key] = value
    end
    local config = { base_url = server.url, insecure_http = true, retries = 2 }
    local record, err = acme.client(cards.define(definition), config):show "x"
    local count = #server.lines "^request"
    server.stop()
    return count, record, err
  end

  it("is by a status, where the provider did nothing or it is safe", function()
    local retry = { status = { 409, 500 } }
    local WAIT = "\r\nRetry-After-Ms: 1"
    assert.equal(2, (tried({ retry = retry }, "409 Conflict" .. WAIT)))
    assert.equal(1, (tried({ retry = retry }, "422 No" .. WAIT)))
    assert.equal(1, (tried({ retry = retry }, "500 No" .. WAIT))) -- it may have been done
    assert.equal(2, (tried({ retry = retry, safe = true }, "500 No" .. WAIT)))
    assert.equal(1, (tried({}, "409 Conflict" .. WAIT)))
    local _, record, err = tried({ retry = retry }, "422 No" .. WAIT)
    assert.is_nil(record)
    assert.is_false(err.retryable)
  end)

  it("is by a header of the provider's, both ways", function()
    local retry = { header = "Stripe-Should-Retry", status = 409 }
    local WAIT = "\r\nRetry-After-Ms: 1\r\n"
    assert.equal(2, (tried({ retry = retry }, "422 No" .. WAIT .. "Stripe-Should-Retry: true")))
    assert.equal(2, (tried({ retry = retry, safe = true }, "500 No" .. WAIT .. "stripe-should-retry: True")))
    assert.equal(1, (tried({ retry = retry }, "500 No" .. WAIT .. "Stripe-Should-Retry: true")))
    assert.equal(1, (tried({ retry = retry }, "409 No" .. WAIT .. "Stripe-Should-Retry: false")))
    assert.equal(1, (tried({ retry = retry, safe = true }, "503 No" .. WAIT .. "Stripe-Should-Retry: false")))
    assert.equal(2, (tried({ retry = retry }, "409 No" .. WAIT .. "Stripe-Should-Retry: perhaps")))
    assert.equal(2, (tried({}, "409 No" .. WAIT .. "x-should-retry: true")))
    assert.equal(1, (tried({ retry = retry }, "409 No" .. WAIT .. "x-should-retry: false")))
    assert.equal(2, (tried({ retry = retry }, "422 No" .. WAIT .. "x-should-retry: false\r\nStripe-Should-Retry: true")))
  end)

  it("waits as long as a header of the provider's says", function()
    local operation = { retry = { after = "X-RateLimit-Reset" } }
    local function waits(value)
      local _, _, err = tried(operation, "429 No\r\nRetry-After: 7\r\nX-RateLimit-Reset: " .. value)
      assert.equal("rate_limited", err.kind)
      return err.retry_after
    end
    assert.equal(30, waits "30")
    assert.equal(7, waits "soon")
    local function is_near(wait) assert(wait > 300 and wait <= 600, tostring(wait)) end
    is_near(waits(("%d"):format(os.time() + 600)))
    is_near(waits(("%d000"):format(os.time() + 600)))
    is_near(waits(os.date("!%Y-%m-%dT%H:%M:%SZ", os.time() + 600)))
    is_near(waits(os.date("!%a, %d %b %Y %H:%M:%S GMT", os.time() + 600)))
    assert.equal(0, waits(("%d"):format(os.time() - 600)))
  end)
end)

describe("Retry-After", function()
  it("beyond the deadline ends the call at once, and says how long to wait", function()
    for _, case in ipairs { "rate_limited", "unavailable" } do
      local record, err, count = call("alix", case .. ",retry_after=3600")
      assert.is_nil(record)
      assert.equal(case == "unavailable" and "provider" or "rate_limited", err.kind)
      assert.equal(3600, err.retry_after)
      assert.equal(1, err.attempts)
      assert.equal(1, count)
      assert.is_true(err.retryable)
    end
  end)

  it("is read as a date", function()
    local _, err, count = call("alix", "rate_limited,retry_after=date:3600")
    assert.is_true(err.retry_after > 3500 and err.retry_after <= 3601, tostring(err.retry_after))
    assert.equal(1, count)
  end)

  it("counts up to a day", function()
    for asked, seconds in pairs { ["86400"] = 86400, ["86401"] = 86400, ["1000000000000000000000"] = 86400, ["ms:86400001"] = 86400,
      ["date:172800"] = 86400 } do
      local _, err, count = call("alix", "rate_limited,retry_after=" .. asked)
      assert.equal(seconds, err.retry_after, asked)
      assert.equal(1, count)
    end
  end)

  it("is read in milliseconds", function()
    local _, err, count = call("alix", "rate_limited,retry_after=ms:90500")
    assert.equal(90.5, err.retry_after)
    assert.equal(1, count)
  end)

  it("that lies in the past means now", function()
    local record, err, count = call("alix", "fail_then_ok=1:429,retry_after=date:-3600")
    assert.is_nil(err)
    assert.is_table(record)
    assert.equal(2, count)
  end)

  it("that is nonsense is as none", function()
    for _, value in ipairs { "soon", "-5", "nan", "1e999", "0x10 apples" } do
      local _, err, count = call("alix", "rate_limited,retry_after=" .. value, { retries = 0 })
      assert.is_nil(err.retry_after, value)
      assert.equal("rate_limited", err.kind)
      assert.equal(1, count)
    end
  end)

  it("is in the error of the last attempt", function()
    local _, err, count = call("alix", "rate_limited,retry_after=0", { retries = 1 })
    assert.equal(0, err.retry_after)
    assert.equal(2, count)
  end)

  it("within the deadline is waited for, and the answer after it counts", function()
    local event
    local record, _, count = call("alix", "fail_then_ok=1,retry_after=0.3", { on_event = function(e) event = e end })
    assert.is_table(record)
    assert.equal(2, count)
    assert.is_true(event.seconds >= 0.3, "it must not be asked earlier than it said")
  end)
end)

describe("the deadline", function()
  it("covers all attempts together", function()
    local id = sandbox.unique_id "retry"
    local client = cards.alix.new(sandbox.config("alix", { timeout = 3, retries = 100, headers = { ["X-Sandbox"] = "unavailable,retry_after=ms:250" } }))
    local record, err = client:private_info(id)
    assert.is_nil(record)
    assert.is_true(err.attempts > 1 and err.attempts < 100, tostring(err.attempts))
    program.wait_for("all that were sent", function() return sandbox.seen(id).count == err.attempts end)
    assert.is_true(err.kind == "provider" or err.kind == "timeout", err.kind)
  end)

  it("covers what a credential function takes, and its second call after a 401", function()
    local calls = 0
    local client = cards.alix.new(sandbox.config("alix", {
      timeout = 2, retries = 0, headers = { ["X-Sandbox"] = "expire_then_ok" },
      access_token = function()
        calls = calls + 1
        if calls == 2 then
          os.execute "sleep 2.1"
        end
        return sandbox.credentials("alix").access_token
      end,
    }))
    local record, err = client:private_info(sandbox.unique_id "deadline")
    assert.is_nil(record)
    assert.equal("timeout", err.kind)
    assert.equal(2, calls)
  end)
end)
