--- What on_event gets: an event for each try and one for each call, in their order, and nothing of a call's values. The times are in call_facts_spec.lua.

local cards = require "cards"
local drive = require "support.drive"
local program = require "support.program"
local sandbox = require "support.sandbox"
local scripted = require "support.scripted"

teardown(scripted.stop_all)

--- A client of Alix, and the list that its events go to.
local function listening(overrides)
  local events = {}
  overrides = overrides or {}
  overrides.on_event = function(...) events[#events + 1] = { n = select("#", ...), ... } end
  return cards.alix.new(sandbox.config("alix", overrides)), events
end

--- The events in short: "try 1 503", "call 2 provider", ….
local function short(events)
  local list = {}
  for i, one in ipairs(events) do
    local event = one[1]
    list[i] = ("%s %d %s"):format(event.event, event.attempt or event.attempts, event.kind or event.status)
  end
  return list
end

describe("on_event", function()
  it("gets one table for a try and one for the call that succeeded", function()
    local client, events = listening()
    assert(client:private_info(sandbox.unique_id "alix"))
    assert(client:private_info(sandbox.unique_id "alix"))
    assert.equal(4, #events)
    local try, call = events[3][1], events[4][1]
    assert.same({ 1, 1 }, { events[3].n, events[4].n })
    assert.same({ "try", 1, 1 }, { try.event, try.attempt, call.attempts })
    assert.equal("call", call.event)
    for _, event in ipairs { try, call } do
      assert.same({ "alix", "private_info", true, 200, true }, { event.provider, event.operation, event.ok, event.status, event.reused })
      assert.same({ nil, nil, nil }, { event.kind, event.code, event.tag })
    end
    assert.is_true(try.seconds > 0 and call.seconds >= try.began + try.seconds)
    assert.is_nil(call.earlier)
  end)

  it("gets the kind, the status, the attempts and the request id of a call that failed", function()
    local client, events = listening { retries = 1 }
    local _, err = drive.call("alix", "status=503,retry_after=ms:1", { client = client })
    assert.same({ "try 1 provider", "try 2 provider", "call 2 provider" }, short(events))
    local call = events[3][1]
    assert.same({ false, 503, err.code }, { call.ok, call.status, call.code })
    assert.equal(err.request_id, call.request_id)
    drive.call("alix", "close", { client = client, options = { retries = 0 } })
    assert.equal("network", events[#events][1].kind)
    assert.is_nil(events[#events][1].status)
  end)

  it("gets each try of a call with its own outcome and times, in their order", function()
    local client, events = listening { retries = 5 }
    assert(drive.call("alix", "fail_then_ok=3,retry_after=ms:2", { client = client }))
    assert.same({ "try 1 provider", "try 2 provider", "try 3 provider", "try 4 200", "call 4 200" }, short(events))
    local ended, call = 0, events[5][1]
    for i = 1, 4 do
      local try = events[i][1]
      assert.is_true(try.began >= ended and try.sent > try.began and try.first_byte >= try.sent and try.ended >= try.first_byte, "try " .. i)
      assert.is_true(math.abs(try.seconds - (try.ended - try.began)) < 1e-9)
      assert.equal(i == 4, try.ok)
      ended = try.ended
    end
    assert.is_true(call.seconds >= ended)
    assert.same({ 3, events[4][1].began, 503 }, { #call.earlier, call.began, call.earlier[1].status })
  end)

  it("gets as many tries as were allowed, a hundred retries at most", function()
    local client, events = listening { retries = 100 }
    assert.is_nil((drive.call("alix", "status=503,retry_after=ms:0", { client = client })))
    assert.equal(102, #events)
    assert.same({ "try", 101, "call", 101, 100 },
      { events[101][1].event, events[101][1].attempt, events[102][1].event, events[102][1].attempts, #events[102][1].earlier })
  end)

  it("gets the tries before and after a credential that was read again, on one clock", function()
    local path = program.file "wrong"
    finally(function() os.remove(path) end)
    local client, events = listening { access_token = { file = path } }
    local file = assert(io.open(path, "w"))
    file:write(sandbox.credentials("alix").access_token)
    file:close()
    assert(client:private_info(sandbox.unique_id "alix"))
    assert.same({ "try 1 auth", "try 2 200", "call 2 200" }, short(events))
    assert.is_true(events[2][1].began >= events[1][1].ended and events[3][1].seconds >= events[2][1].ended)
  end)

  it("gets the tries before and after a credential that a function gave anew", function()
    local count = 0
    local client, events = listening { access_token = function()
      count = count + 1
      return count == 1 and "wrong" or sandbox.credentials("alix").access_token
    end }
    assert(client:private_info(sandbox.unique_id "alix"))
    assert.same({ "try 1 auth", "try 2 200", "call 2 200" }, short(events))
  end)

  it("gets no try of what was not sent, and the tries of a call that was given up", function()
    local client, events = listening { retries = 2 }
    assert.is_nil((client:private_info { wrong = 1 }))
    assert.same({ "call 0 invalid_request" }, short(events))
    drive.call("alix", "never", { client = client, options = { timeout = 0.2 } })
    assert.same({ "try 1 timeout", "call 1 timeout" }, { short(events)[2], short(events)[3] })
  end)

  it("gets the provider's request id of a success, too, without what may be a secret", function()
    local server = scripted.start [[
      local turns = 0
      return function()
        turns = turns + 1
        return answer(turns == 1 and "X-Request-Id: req_7f2\r\n" or turns == 2 and "Request-Id: other-1\r\n" or "X-Request-Id: 4111111111111111\r\n")
      end
    ]]
    local client, events = listening { base_url = server.url, insecure_http = true }
    for _ = 1, 3 do assert(client:private_info "c_1") end
    assert.same({ "req_7f2", "req_7f2", "other-1", "other-1" },
      { events[1][1].request_id, events[2][1].request_id, events[3][1].request_id, events[4][1].request_id })
    assert.is_nil(tostring(events[6][1].request_id):find("4111111111111111", 1, true))
    server.stop()
  end)

  it("gets the caller's tag in all events of a call, and of the calls before it", function()
    local client, events = listening { retries = 1 }
    assert(client:private_info(sandbox.unique_id "alix", { tag = "order 17/b", headers = { ["X-Sandbox"] = "fail_then_ok=1,retry_after=ms:1" } }))
    assert(client:private_info(sandbox.unique_id "alix"))
    assert.is_nil((client:private_info({ wrong = 1 }, { tag = "wrong" })))
    local tags = {}
    for i, one in ipairs(events) do tags[i] = one[1].tag or false end
    assert.same({ "order 17/b", "order 17/b", "order 17/b", false, false, "wrong" }, tags)
  end)

  it("comes by each way of waiting", function()
    local client, events = listening()
    local job = client:start("private_info", sandbox.unique_id "alix", { tag = "started" })
    assert(job:result())
    cards.all { function() return client:private_info(sandbox.unique_id "alix", { tag = "all" }) end }
    local seen = {}
    for i, one in ipairs(events) do seen[i] = one[1].event .. " " .. one[1].tag end
    assert.same({ "try started", "call started", "try all", "call all" }, seen)
  end)

  it("that raises costs the caller neither the record nor the error, and is said once for each call", function()
    -- its complaint goes to stderr, which leak_spec.lua reads
    local stderr = io.stderr
    local said, heard = {}, 0
    finally(function() rawset(io, "stderr", stderr) end)
    rawset(io, "stderr", { write = function(_, ...) said[#said + 1] = table.concat { ... } end })
    local client = cards.alix.new(sandbox.config("alix", { on_event = function()
      heard = heard + 1
      error "broken listener 4111111111111111"
    end }))
    local info, err = client:private_info(sandbox.unique_id "alix")
    local _, failure = drive.call("alix", "status=404", { client = client })
    rawset(io, "stderr", stderr)
    assert.is_nil(err)
    assert.equal("27", info.expYear)
    assert.equal("not_found", failure.kind)
    assert.same({ 2, 4 }, { #said, heard })
    assert.matches("broken listener", said[1], 1, true)
    assert.is_nil(said[1]:find("4111111111111111", 1, true))
  end)
end)

describe("the tag of a call", function()
  it("is a short text without a card's number, for one call only", function()
    local client = listening()
    for _, tag in ipairs { "", ("x"):rep(65), "a\nb", "ä", 5, {}, "4111111111111111", "card 4111 1111 1111 1111", cards.secret "s" } do
      local line = debug.getinfo(1, "l").currentline + 1
      local ok, err = pcall(function() return (client:private_info("c_1", { tag = tag })) end)
      assert.is_false(ok)
      assert.matches("events_spec.lua:" .. line .. ": cards.alix.private_info: tag ", err, 1, true)
      assert.is_nil(err:find("4111", 1, true))
    end
    local ok, err = pcall(cards.alix.new, sandbox.config("alix", { tag = "x" }))
    assert.is_false(ok)
    assert.matches("unknown key 'tag'", err, 1, true)
  end)
end)
