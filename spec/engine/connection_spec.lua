--- Connections are kept for later calls, and given up where their framing is in doubt.

local cards = require "cards"
local program = require "support.program"
local sandbox = require "support.sandbox"

local files = {}

--- TLS settings of their own: connections of clients that have them are pooled apart from all others.
local function own_pool()
  local file = assert(io.open(sandbox.url "CA_FILE"))
  files[#files + 1] = program.file(file:read "*a")
  file:close()
  return { ca_file = files[#files] }
end

--- A client of Alix with this pool, whose calls are added to `events`.
local function client_of(pool, events, case)
  return cards.alix.new(sandbox.config("alix", {
    tls = pool, retries = 0, headers = case and { ["X-Sandbox"] = case } or nil,
    on_event = function(event) events[#events + 1] = event end,
  }))
end

--- Calls; returns the number of the connection that it went over, at the server.
local function connection_of(client)
  local id = sandbox.unique_id "connection"
  local record = assert(client:private_info(id))
  assert.equal(sandbox.ALIX_PAN, record.cardNo:reveal())
  return sandbox.seen(id).last.connection
end

teardown(function()
  for _, file in ipairs(files) do
    os.remove(file)
  end
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
    local events, pool = {}, own_pool()
    local first = connection_of(client_of(pool, events))
    assert.equal(first, connection_of(client_of(pool, events)))
    assert.is_true(events[2].reused)
  end)

  it("is used by clients of different providers on one host", function()
    local events, pool = {}, own_pool()
    connection_of(client_of(pool, events))
    local whop = cards.whop.new(sandbox.config("whop", { tls = pool, on_event = function(event) events[2] = event end }))
    assert(whop:retrieve(sandbox.unique_id "whop"))
    assert.is_true(events[2].reused)
  end)

  it("outlives the client that opened it", function()
    local events, pool = {}, own_pool()
    local first = connection_of(client_of(pool, events))
    collectgarbage()
    collectgarbage()
    assert.equal(first, connection_of(client_of(pool, events)))
  end)

  it("is kept after a refusal", function()
    local events, pool = {}, own_pool()
    for _, case in ipairs { "not_found", "unauthorized", "server_error", "declined", "not_json", "html", "empty" } do
      assert.is_nil((client_of(pool, events, case):private_info(sandbox.unique_id "kept")))
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
      local events, pool = {}, own_pool()
      local before = connection_of(client_of(pool, events))
      local id = sandbox.unique_id "broken"
      assert.is_nil((client_of(pool, events, case):private_info(id)))
      local broken = sandbox.seen(id).last.connection
      local after = connection_of(client_of(pool, events))
      assert.is_false(events[3].reused)
      assert.not_equal(broken, after)
      assert.not_equal(before, after)
    end)
  end

  it("is not used again after a deadline: the late answer is nobody's", function()
    local events, pool = {}, own_pool()
    local client = client_of(pool, events, "slow_first_byte=20")
    assert.equal("timeout", select(2, client:private_info(sandbox.unique_id "late", { timeout = 0.2 })).kind)
    connection_of(client_of(pool, events))
    assert.is_false(events[2].reused)
  end)

  it("is not used again when a second answer came unasked", function()
    local events, pool = {}, own_pool()
    local client = client_of(pool, events, "two_answers")
    local record, err = client:private_info(sandbox.unique_id "two")
    -- the first answer may be taken or refused, but the second one is nobody's
    if record then
      assert.equal(sandbox.ALIX_PAN, record.cardNo:reveal())
    else
      assert.equal("protocol", err.kind)
    end
    connection_of(client_of(pool, events))
    assert.is_false(events[2].reused)
  end)

  it("is not used again when a second answer comes after the first was read", function()
    local events, pool = {}, own_pool()
    assert(client_of(pool, events, "two_answers=0.05"):private_info(sandbox.unique_id "two"))
    -- while this call runs elsewhere, the second answer arrives
    local elsewhere = client_of(own_pool(), {}, "slow_first_byte=0.5")
    assert(elsewhere:private_info(sandbox.unique_id "elsewhere"))
    connection_of(client_of(pool, events))
    assert.is_false(events[2].reused)
  end)
end)
