--- Which connections are kept, for how long, how many there may be, and who shares them.

local cards = require "cards"
local core = require "cards.core"
local heard = require "support.heard"
local pool = require "support.pool"
local program = require "support.program"
local sandbox = require "support.sandbox"
local scripted = require "support.scripted"

teardown(function()
  scripted.stop_all()
  pool.remove()
end)

--- A client of a scripted server, whose calls are added to `events`.
local function client_of(server, events, more)
  local config = { base_url = server.url, insecure_http = true, access_token = "t", retries = 0, timeout = 20,
    on_event = events and heard.calls(events) or nil }
  for key, value in pairs(more or {}) do config[key] = value end
  return cards.alix.new(config)
end

--- Calls; returns the number of the connection that it went over.
local ids = 0
local function connection_of(server, client)
  ids = ids + 1
  local id = "id" .. ids
  assert(client:private_info(id))
  return server.lines("^request (%d+) %d+ GET " .. id .. "$")[1]
end

describe("a setting of connections", function()
  local RANGES = { idle_timeout = { 0.001, 86400 }, max_age = { 0.001, 86400 }, max_connections = { 1, 1000000 } }

  local function refuses(config, part)
    local made = { base_url = "https://localhost", access_token = "t" }
    for key, value in pairs(config) do made[key] = value end
    local ok, message = pcall(cards.alix.new, made)
    assert.is_false(ok)
    assert.matches(part, message, 1, true)
  end

  for key, range in pairs(RANGES) do
    it("is a number in a range: " .. key, function()
      for _, value in ipairs { "5", true, {}, print, 0 / 0 } do
        refuses({ [key] = value }, key .. " must be a number")
      end
      for _, value in ipairs { 0, -1, range[1] / 2, range[2] + 1, 1 / 0, -1 / 0 } do
        local kind = key == "max_connections" and "whole number" or "number"
        refuses({ [key] = value }, ("%s must be a %s from %.16g to %.16g"):format(key, kind, range[1], range[2]))
      end
      for _, value in ipairs(range) do
        assert.is_userdata(cards.alix.new { base_url = "https://localhost", access_token = "t", [key] = value })
      end
    end)
  end

  it("is whole where it counts", function() refuses({ max_connections = 1.5 }, "max_connections must be a whole number") end)

  it("that is unknown is named with the nearest", function()
    refuses({ idle_time_out = 5 }, "unknown key 'idle_time_out' (did you mean 'idle_timeout'?)")
    refuses({ max_ages = 5 }, "unknown key 'max_ages' (did you mean 'max_age'?)")
    refuses({ max_connection = 5 }, "unknown key 'max_connection' (did you mean 'max_connections'?)")
    refuses({ tls = { max_age = 5 } }, "tls: unknown key 'max_age'")
  end)

  it("is none of a single call", function()
    local client = cards.alix.new { base_url = "https://localhost", access_token = "t" }
    for key in pairs(RANGES) do
      local ok, message = pcall(client.private_info, client, "c_1", { [key] = 5 })
      assert.is_false(ok)
      assert.matches("unknown key '" .. key .. "'", message, 1, true)
    end
  end)
end)

describe("a connection that was idle for longer than idle_timeout", function()
  it("is not used again; one that was not is", function()
    local server, events = scripted.start "return function() return answer() end", {}
    local short, long = client_of(server, events, { idle_timeout = 0.05 }), client_of(server, events)
    local first, other = connection_of(server, short), connection_of(server, long)
    assert.not_equal(first, other)
    local ends = core.now() + 0.06
    repeat
      assert.equal(other, connection_of(server, long))
    until core.now() > ends
    assert.is_true(events[#events].reused)
    local second = connection_of(server, short)
    assert.not_equal(first, second)
    assert.is_false(events[#events].reused)
    server.wait("^close " .. first .. "$")
    server.stop()
  end)

  it("is closed when its time has come, by the I/O thread without another call", function()
    local server = scripted.start "return function() return answer() end"
    local short, long = client_of(server, nil, { idle_timeout = 0.1 }), client_of(server)
    for _, client in ipairs { long, short } do
      assert(client:start("private_info", "c_1"):result())
    end
    server.wait "^close 2$"
    assert.same({ "2" }, server.lines "^close (%d+)$")
    assert(long:start("private_info", "c_1"):result())
    assert.same({ "1 1", "2 1", "1 2" }, server.lines "^request (%d+ %d+)")
    server.stop()
  end)
end)

describe("a connection that is older than max_age", function()
  it("is not used again, however busy it was; a younger one is", function()
    local server, events = scripted.start "return function() return answer() end", {}
    local short, long = client_of(server, events, { max_age = 0.1 }), client_of(server, events)
    local before = core.now()
    local first, other = connection_of(server, short), connection_of(server, long)
    program.wait_for("another connection", function()
      assert.equal(other, connection_of(server, long))
      return connection_of(server, short) ~= first
    end)
    assert.is_true(core.now() - before >= 0.1, "it was given up early")
    server.wait("^close " .. first .. "$")
    assert.equal(0, #server.lines("^close " .. other .. "$"))
    server.stop()
  end)

  it("carries the call that it has to its end", function()
    local server, events = scripted.start [[return function() sleep(0.15) return answer() end]], {}
    local client = client_of(server, events, { max_age = 0.05 })
    for _ = 1, 2 do
      assert(client:private_info "c_1")
    end
    assert.same({ "1 1", "2 1" }, server.lines "^request (%d+ %d+)")
    assert.equal(1, events[1].attempts)
    server.stop()
  end)
end)

describe("a kept connection that the server has closed meanwhile", function()
  it("is not used", function()
    local server, events = scripted.start [[
      return function(request, connection)
        connection.send(answer())
        if request.turn == 2 then connection.close() end
      end
    ]], {}
    local client = client_of(server, events)
    for _ = 1, 3 do
      assert(client:private_info "c_1")
      assert(client:private_info "c_1")
      server.wait("^end " .. #server.lines "^open" .. "$")
    end
    assert.same({ "1 1", "1 2", "2 1", "2 2", "3 1", "3 2" }, server.lines "^request (%d+ %d+)")
    for i, event in ipairs(events) do
      assert.equal(1, event.attempts)
      assert.equal(i % 2 == 0, event.reused)
    end
    server.stop()
  end)

  it("is not used over TLS either, and the I/O thread lets go of it at once", function()
    local server = scripted.start([[
      return function(request, connection)
        connection.send(answer())
        if request.turn == 2 then connection.close() end
      end
    ]], { tls = true })
    local events = {}
    local client = client_of(server, events, { tls = pool.tls() })
    for i = 1, 2 do
      assert(client:start("private_info", "c_1"):result())
      assert(client:start("private_info", "c_1"):result())
      server.wait("^close " .. i .. "$")
    end
    assert.same({ "1 1", "1 2", "2 1", "2 2" }, server.lines "^request (%d+ %d+)")
    for i, event in ipairs(events) do
      assert.equal(1, event.attempts)
      assert.equal(i % 2 == 0, event.reused)
    end
    server.stop()
  end)

  it("over which TLS sends session tickets is used", function()
    local events = {}
    local client = pool.client(pool.tls(), events)
    local first = pool.connection_of(client)
    for i = 2, 4 do
      assert.equal(first, pool.connection_of(client))
      assert.is_true(events[i].reused)
    end
  end)
end)

describe("the newest idle connection", function()
  it("is used first", function()
    local server = scripted.start [[
      local waiting = 0
      return function(request)
        if request.id:find "^both" then
          waiting = waiting + 1
          while waiting < 2 do sleep(0.002) end
          if request.id == "both2" then wait_for "go on" end
        end
        return answer()
      end
    ]]
    local client = client_of(server)
    cards.all {
      function()
        assert(client:private_info "both1")
        server.tell "go on"
      end,
      function() assert(client:private_info "both2") end,
    }
    local older = server.lines "^request (%d+) 1 GET both1$"[1]
    local newer = server.lines "^request (%d+) 1 GET both2$"[1]
    assert.not_equal(older, newer)
    for _ = 1, 3 do
      assert.equal(newer, connection_of(server, client))
    end
    server.stop()
  end)
end)

-- Answers when so many requests are there at the same time, in rounds; notes how many are there.
local GATHERING = [[
  local inside, waiting, rounds = 0, 0, 0
  return function()
    local round = rounds
    inside, waiting = inside + 1, waiting + 1
    note("inside", inside)
    if waiting == %d then
      waiting, rounds = 0, rounds + 1
      note("round", rounds)
    end
    while rounds == round do sleep(0.002) end
    inside = inside - 1
    return answer(%s)
  end
]]

describe("max_connections", function()
  --- So many calls at once, ids card1, card2, …
  local function call_all(client, count, start)
    local calls = {}
    for i = 1, count do
      calls[i] = function()
        if start then return client:start("private_info", "card" .. i):result() end
        return client:private_info("card" .. i)
      end
    end
    for _, result in ipairs { cards.all(calls) } do
      assert(result[1], tostring(result[2]))
    end
  end

  local function most_at_once(server)
    local most = 0
    for _, inside in ipairs(server.lines "^inside (%d+)$") do
      most = math.max(most, tonumber(inside))
    end
    return most
  end

  for _, kept in ipairs { true, false } do
    it("is as many as are on the wire at once, and no more: connections that are " .. (kept and "kept" or "not kept"), function()
      local server = scripted.start(GATHERING:format(3, kept and "" or '"Connection: close\\r\\n"'))
      call_all(client_of(server, nil, { max_connections = 3 }), 12)
      assert.equal(4, #server.lines "^round")
      assert.equal(3, most_at_once(server))
      assert.equal(kept and 3 or 12, #server.lines "^open")
      server.stop()
    end)
  end

  it("of one has the calls go in their order", function()
    local server = scripted.start "return function() return answer() end"
    call_all(client_of(server, nil, { max_connections = 1 }), 20)
    local order = {}
    for i = 1, 20 do order[i] = "card" .. i end
    assert.same(order, server.lines "^request 1 %d+ GET (card%d+)$")
    server.stop()
  end)

  it("counts for started calls, too", function()
    local server = scripted.start "return function() sleep(0.005) return answer() end"
    local client = client_of(server, nil, { max_connections = 1 })
    local jobs, order = {}, {}
    for i = 1, 10 do
      jobs[i], order[i] = client:start("private_info", "card" .. i), "card" .. i
    end
    for _, job in ipairs(jobs) do
      assert(job:result())
    end
    assert.same(order, server.lines "^request 1 %d+ GET (card%d+)$")
    assert.equal(1, #server.lines "^open")
    server.stop()
  end)

  it("is each client's own", function()
    local server = scripted.start(GATHERING:format(4, ""))
    local one, other = client_of(server, nil, { max_connections = 2 }), client_of(server, nil, { max_connections = 2 })
    local calls = {}
    for i = 1, 8 do
      calls[i] = function() return (i % 2 == 0 and one or other):private_info("card" .. i) end
    end
    for _, result in ipairs { cards.all(calls) } do
      assert(result[1], tostring(result[2]))
    end
    assert.equal(2, #server.lines "^round")
    assert.equal(4, most_at_once(server))
    server.stop()
  end)

  it("has a call wait within its deadline, and says that none became free", function()
    local server, events = scripted.start [[
      return function(request)
        if request.id == "held" then wait_for "go on" end
        return answer()
      end
    ]], {}
    local client = client_of(server, events, { max_connections = 1 })
    local results = {}
    cards.all {
      function()
        results.held = client:private_info "held"
      end,
      function()
        results.late, results.err = client:private_info("late", { timeout = 0.1, retries = 2 })
        server.tell "go on"
      end,
      function() results.last = client:private_info "last" end,
    }
    assert.is_nil(results.late)
    assert.equal("timeout", results.err.kind)
    assert.equal("no connection became free in time", results.err.message)
    assert.equal(0, results.err.attempts)
    assert.is_true(results.err.retryable, "nothing was sent")
    assert.is_nil(results.err.status)
    assert.is_table(results.held)
    assert.is_table(results.last)
    assert.same({ "held", "last" }, server.lines "^request 1 %d+ GET (%a+)$")
    assert.equal(0, events[1].attempts)
    assert.equal(0, events[1].bytes_out)
    server.stop()
  end)

  it("lets a call that was waiting go, and those behind it come sooner, when it is cancelled", function()
    local server = scripted.start [[
      return function(request)
        if request.id == "held" then wait_for "go on" end
        return answer()
      end
    ]]
    local client = client_of(server, nil, { max_connections = 1 })
    local held = client:start("private_info", "held")
    server.wait "^request 1 1 GET held$"
    local dropped, last = client:start("private_info", "dropped"), client:start("private_info", "last")
    dropped:cancel()
    assert.equal("cancelled", select(2, dropped:result()).kind)
    server.tell "go on"
    assert(held:result())
    assert(last:result())
    assert.same({ "held", "last" }, server.lines "^request 1 %d+ GET (%a+)$")
    server.stop()
  end)

  it("is given back by a call that failed, in whatever way", function()
    local server = scripted.start [[
      return function(request, connection)
        if request.id == "never" then wait_for "the end" end
        if request.id == "close" then return connection.close() end
        return answer(nil, request.id == "busy" and 503 or 200)
      end
    ]]
    local client = client_of(server, nil, { max_connections = 1 })
    for id, kind in pairs { never = "timeout", close = "network", busy = "provider" } do
      assert.equal(kind, select(2, client:private_info(id, { timeout = id == "never" and 0.2 or nil })).kind)
      assert(client:private_info "c_1")
    end
    local nowhere = client_of({ url = sandbox.url("REFUSED_URL"):gsub("https", "http") }, nil, { max_connections = 1 })
    for _ = 1, 2 do
      assert.equal("network", select(2, nowhere:private_info "c_1").kind)
    end
    server.stop()
  end)
end)

describe("a connection", function()
  --- Calls by clients with these overrides, in turn, twice; each has its own connection, and keeps it.
  local function are_apart(list)
    local numbers, clients, seen = {}, {}, {}
    for i, overrides in ipairs(list) do clients[i] = pool.client(overrides.tls, nil, overrides) end
    for i, client in ipairs(clients) do
      numbers[i] = pool.connection_of(client)
      assert.is_nil(seen[numbers[i]], "client " .. i .. " uses that of client " .. tostring(seen[numbers[i]]))
      seen[numbers[i]] = i
    end
    for i, client in ipairs(clients) do
      assert.equal(numbers[i], pool.connection_of(client))
    end
  end

  local function identity(key_file, password)
    return { base_url = sandbox.url "MTLS_URL" .. "/alix", tls = { ca_file = sandbox.url "CA_FILE", cert_file = sandbox.url "CLIENT_CERT",
      key_file = key_file, key_password = password } }
  end

  it("is not shared by clients with another key file or another password for it", function()
    local file = assert(io.open(sandbox.url "CLIENT_KEY"))
    local copy = program.file(file:read "*a")
    file:close()
    are_apart {
      identity(sandbox.url "CLIENT_KEY"), identity(copy), identity(sandbox.url "CLIENT_KEY_ENCRYPTED", sandbox.url "CLIENT_KEY_PASSWORD"),
      -- a key that is not locked opens with any password: it is another identity nevertheless
      identity(sandbox.url "CLIENT_KEY", "one"), identity(sandbox.url "CLIENT_KEY", "two"),
    }
    os.remove(copy)
  end)

  it("is not shared by clients with another certificate, pin, CA or version of TLS", function()
    local tls = pool.tls()
    local function with(more)
      local copy = { ca_file = tls.ca_file }
      for key, value in pairs(more) do copy[key] = value end
      return { tls = copy }
    end
    are_apart { with {}, with { min_version = "1.3" }, with { pinned_public_key = sandbox.url "PINNED" }, { tls = pool.tls() },
      with { cert_file = sandbox.url "CLIENT_CERT", key_file = sandbox.url "CLIENT_KEY" } }
  end)

  it("is not shared by clients with another proxy, or another credential for it", function()
    local tls, url = pool.tls(), sandbox.url "PROXY_URL"
    are_apart {
      { tls = tls }, { tls = tls, proxy = url }, { tls = tls, proxy = { url = url, user = "one" } }, { tls = tls, proxy = { url = url, user = "two" } },
      { tls = tls, proxy = { url = url, user = "one", password = "a" } }, { tls = tls, proxy = { url = url, user = "one", password = "b" } },
      { tls = tls, proxy = sandbox.url "PROXY_SOCKS_URL" },
    }
  end)

  it("is not shared by clients that keep it for other times", function()
    local tls = pool.tls()
    are_apart { { tls = tls }, { tls = tls, idle_timeout = 50 }, { tls = tls, max_age = 50 } }
  end)

  it("is shared where the same is said in other words: a secret for a string, a credential in the URL", function()
    local tls, url = pool.tls(), sandbox.url "PROXY_URL"
    local first
    for _, proxy in ipairs { { url = url, user = "one", password = "a" }, { url = url, user = "one", password = cards.secret "a" },
      (url:gsub("//", "//one:a@")), (url:gsub("//", "//on%%65:%%61@")) } do
      local number = pool.connection_of(pool.client(tls, nil, { proxy = proxy }))
      first = first or number
      assert.equal(first, number)
    end
  end)
end)
