--- Connections are kept for later calls, and given up where their framing is in doubt.

local cards = require "cards"
local pool = require "support.pool"
local sandbox = require "support.sandbox"
local scripted = require "support.scripted"

local own_pool, connection_of = pool.tls, pool.connection_of

--- A client with these TLS settings, whose calls are added to `events`.
local function client_of(tls, events, case)
  return pool.client(tls, events, { headers = case and { ["X-Sandbox"] = case } or nil })
end

teardown(function()
  scripted.stop_all()
  pool.remove()
end)

describe("a connection", function()
  it("is used for the next call of a client", function()
    local events = {}
    local client = client_of(own_pool(), events)
    local first = connection_of(client)
    assert.equal(first, connection_of(client))
    assert.equal(first, connection_of(client))
    assert.same({ false, true, true }, { events[1].reused, events[2].reused, events[3].reused })
  end)

  it("is used for the next call of another client of the same server", function()
    local events, tls = {}, own_pool()
    local first = connection_of(client_of(tls, events))
    assert.equal(first, connection_of(client_of(tls, events)))
    assert.is_true(events[2].reused)
  end)

  it("is used by clients of different providers on one host", function()
    local events, tls = {}, own_pool()
    connection_of(client_of(tls, events))
    local whop = cards.whop.new(sandbox.config("whop", { tls = tls, on_event = function(event) events[2] = event end }))
    assert(whop:retrieve(sandbox.unique_id "whop"))
    assert.is_true(events[2].reused)
  end)

  it("outlives the client that opened it", function()
    local events, tls = {}, own_pool()
    local first = connection_of(client_of(tls, events))
    collectgarbage()
    collectgarbage()
    assert.equal(first, connection_of(client_of(tls, events)))
  end)

  it("is kept after a refusal", function()
    local events, tls = {}, own_pool()
    for _, case in ipairs { "not_found", "unauthorized", "server_error", "declined", "not_json", "html", "empty" } do
      assert.is_nil((client_of(tls, events, case):private_info(sandbox.unique_id "kept")))
    end
    for i = 2, #events do
      assert.is_true(events[i].reused, "call " .. i)
    end
  end)

  it("is not shared by clients that trust different CAs", function()
    local events = {}
    assert.not_equal(connection_of(client_of(own_pool(), events)), connection_of(client_of(own_pool(), events)))
    assert.is_false(events[2].reused)
  end)
end)

describe("a connection whose framing is in doubt", function()
  for _, case in ipairs { "cut_short", "cut_chunked", "close", "reset", "reset_body", "bad_status_line", "big", "gzip_bomb", "huge_headers" } do
    it("is not used again: " .. case, function()
      local events, tls = {}, own_pool()
      local before = connection_of(client_of(tls, events))
      local id = sandbox.unique_id "broken"
      assert.is_nil((client_of(tls, events, case):private_info(id)))
      local broken = sandbox.seen(id).last.connection
      local after = connection_of(client_of(tls, events))
      assert.is_false(events[3].reused)
      assert.not_equal(broken, after)
      assert.not_equal(before, after)
    end)
  end

  it("is not used again after a deadline: the late answer is nobody's", function()
    local events, tls = {}, own_pool()
    local client = client_of(tls, events, "slow_first_byte=20")
    assert.equal("timeout", select(2, client:private_info(sandbox.unique_id "late", { timeout = 0.2 })).kind)
    connection_of(client_of(tls, events))
    assert.is_false(events[2].reused)
  end)

  it("is not used again when a second answer came with the first, which is refused", function()
    local events, tls = {}, own_pool()
    local record, err = client_of(tls, events, "two_answers"):private_info(sandbox.unique_id "two")
    assert.is_nil(record)
    assert.equal("protocol", err.kind)
    assert.matches("the answer is malformed: bytes behind the end", err.message, 1, true)
    connection_of(client_of(tls, events))
    assert.is_false(events[2].reused)
  end)

  it("is not used again when a second answer comes after the first was read", function()
    local server = scripted.start([[
      return function(request, connection)
        connection.send(answer())
        if request.id ~= "two" then return end
        wait_for "go on"
        connection.send(answer())
        note "second"
      end
    ]], { tls = true })
    local events = {}
    local client = pool.client(own_pool(), events, { base_url = server.url })
    local record = assert(client:private_info "two")
    assert.equal(sandbox.ALIX_PAN, record.cardNo:reveal())
    server.tell "go on"
    server.wait "^second$"
    -- while this call runs elsewhere, the second answer lies there
    assert(client_of(own_pool(), {}):private_info(sandbox.unique_id "elsewhere"))
    assert(client:private_info "next")
    assert.is_false(events[2].reused)
    server.stop()
  end)
end)
