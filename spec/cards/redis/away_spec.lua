--- A Redis that is killed, cut off or slow, and what its calls say.

local cards = require "cards"
local core = require "cards.core"
local redis = require "cards.redis"
local started = require "support.redis"
local program = require "support.program"
local test_clock = require "support.test_clock"

local real, relay

setup(function()
  real = started.start { append = true }
  relay = started.relay(real)
end)
teardown(started.stop_all)

local server

before_each(function() server = assert(redis.new(relay.url "spec")) end)

after_each(function()
  server:close()
  relay.go()
end)

--- Calls until Redis is back.
local function wait_until_back()
  program.wait_for("Redis to be back", function() return server:call "PING" end)
end

local function failed(...)
  local reply, err = server:call(...)
  assert.is_nil(reply)
  return err
end

describe("a connection that has ended", function()
  it("is replaced before a command is sent", function()
    server:call "PING"
    for _ = 1, 3 do
      relay.cut()
      assert.equal("PONG", server:call "PING")
    end
  end)

  it("by a Redis that was killed and started anew, loses nothing that it had acknowledged", function()
    server:call("SET", "kept", "value")
    real.kill()
    assert.equal("network", failed("GET", "kept").kind)
    real.run()
    wait_until_back()
    assert.equal("value", server:call("GET", "kept"))
  end)

  it("leads to the new primary after a failover, though that of the old one stays open", function()
    local other = started.start()
    server:call("SET", "n", "1")
    real.cli "REPLICAOF 127.0.0.1 1"
    relay.to(other.port)
    assert.equal("READONLY", failed("SET", "n", "2").code)
    assert.equal("OK", server:call("SET", "n", "3"))
    assert.equal("3", other.cli "GET n")
    real.cli "REPLICAOF NO ONE"
    relay.to(real.port)
    relay.cut()
    other.stop()
  end)

  it("in the middle of a reply is an error that says what is not known", function()
    server:call("DEL", "n")
    relay.cut_after(3)
    relay.cut()
    local err = failed("INCR", "n")
    assert.same({ "network", 1, false }, { err.kind, err.attempts, err.retryable })
    assert.truthy(err.message:find("whether Redis ran the command is not known", 1, true), err.message)
    assert.equal("1", real.cli "GET n") -- not sent again
  end)
end)

describe("a reply that is cut at any byte", function()
  local REPLIES = {
    { "GET", "text" }, { "LRANGE", "list", "0", "-1" }, { "EVAL", "return { 1, 'two', { 3, {} }, redis.status_reply('OK'), false, 'last' }", "0" },
    { "NONSENSE" }, { "PING" }, { "GET", "none" }, { "STRLEN", "text" },
  }

  it("is an error, and the whole one is the reply", function()
    real.cli "SET text 0123456789"
    real.cli "RPUSH list a bc ''"
    for _, words in ipairs(REPLIES) do
      relay.go()
      local expected, refused = server:call((table.unpack or unpack)(words)) -- luacheck: ignore
      local cut, bytes, reply, err = 0
      repeat
        relay.cut_after(cut)
        relay.cut()
        reply, err = server:call((table.unpack or unpack)(words)) -- luacheck: ignore
        bytes = cut
        cut = cut + 1
        assert.is_true(reply ~= nil or err.code ~= nil or err.kind == "network", tostring(err))
      until reply ~= nil or err.code
      assert.same(expected, reply)
      assert.equal(refused and refused.code, err and err.code)
      assert.is_true(bytes >= 4, words[1])
    end
  end)
end)

describe("what is no Redis", function()
  -- Replies of a server that speaks something else, or lies.
  local REPLIES = {
    "HTTP/1.1 400 Bad Request\r\n\r\n", "\r\n", "?\r\n", ":x\r\n", "$x\r\n", "$-5\r\n", "*x\r\n", "*1e3\r\n", "$99999999999999\r\n", "$3\r\nab", "*2\r\n:1\r\n",
    ("x"):rep(70000),
    "*3\r\n:1\r\n!\r\n:3\r\n", "$1e3\r\nabc\r\n",
  }

  --- Calls a function with the server that is a listener, which replies a text to the first thing it is sent.
  local function with_replies(text, call)
    local listener = assert(require "socket".bind("127.0.0.1", 0))
    local other = assert(redis.new(("redis://127.0.0.1:%d/x"):format(select(2, listener:getsockname()))))
    local reply, err = nil, nil
    cards.all {
      function() reply, err = call(other) end,
      function()
        cards.sleep(0)
        local peer = assert(listener:accept())
        peer:send(text)
        peer:close()
      end,
    }
    listener:close()
    other:close()
    assert.is_nil(reply, text)
    assert.equal(1, err.attempts)
    return err
  end

  it("is an error without what it said", function()
    for _, text in ipairs(REPLIES) do
      local err = with_replies(text, function(other) return other:call("GET", "a") end)
      assert.is_true(err.kind == "protocol" or err.kind == "network", text)
      assert.falsy(err.message:find("HTTP", 1, true))
    end
  end)

  it("is an error where it takes a script and replies no name of one", function()
    for _, text in ipairs { "*0\r\n", "$-1\r\n", ":1\r\n", "+OK\r\n", "*1\r\n$2\r\nab\r\n" } do
      local err = with_replies(text, function(other) return other:script("limit", { "key" }, { 1, 1, 1 }) end)
      assert.equal("protocol", err.kind, text)
    end
  end)
end)

describe("what never stops to reply", function()
  it("ends with the time of the command, and lets others go on", function()
    for i, torrent in ipairs(started.TORRENTS) do
      local stranger = started.torrent(torrent[1], torrent[2], torrent[3])
      local other = assert(redis.new(stranger.url "spec"))
      local began, err, turns = core.now(), nil, 0
      cards.all {
        function() err = select(2, cards.deadline(torrent[5], other.call, other, "GET", "a")) end,
        function()
          while not err do
            cards.sleep(0.01)
            turns = turns + 1
          end
        end,
      }
      local seconds = core.now() - began
      other:close()
      stranger.stop()
      assert.truthy(err.message:find(torrent[4], 1, true), i .. ": " .. err.message)
      assert.is_true(seconds < 20, i .. ": " .. seconds) -- it does not hang
      assert.is_true(turns > 0)
    end
  end)

  it("leaves nothing to the next command where it replied more than was asked", function()
    local stranger = started.torrent("+mine\r\n+not mine\r\n", '""', 1000)
    local other = assert(redis.new(stranger.url "spec"))
    assert.equal("mine", other:call "PING")
    assert.is_false(other.connections.idle[1]:is_usable())
    other:close()
    stranger.stop()
  end)
end)

describe("a Redis that is away", function()
  it("is asked now and then, and calls fail at once meanwhile", function()
    relay.down()
    local err = failed "PING"
    assert.same({ "network", 0, true }, { err.kind, err.attempts, err.retryable })
    local refused, asked = 0, 0
    local began, seconds = core.now(), 0
    while seconds < 0.5 or seconds < 30 and (asked == 0 or refused <= asked) do
      err = failed "PING"
      assert.same({ "network", 0, true }, { err.kind, err.attempts, err.retryable })
      if err.retry_after then
        assert.truthy(err.message:find("Redis is away: connection refused", 1, true), err.message)
        refused = refused + 1
      else
        asked = asked + 1
      end
      seconds = core.now() - began
    end
    assert.is_true(refused > asked and asked >= 1)
    relay.go()
    wait_until_back()
    assert.equal("PONG", server:call "PING")
  end)

  it("pauses longer from failure to failure, up to two seconds", function()
    test_clock(finally)
    local backoff = require "cards.redis.backoff"()
    local last = 0
    for i = 1, 100 do
      backoff.next_try = 0
      backoff:failed(assert(backoff:begin()), { why = "gone" })
      local _, pause, problem = backoff:begin()
      local most = math.min(2, 0.05 * 2 ^ (i - 1))
      assert.is_true(pause <= most and pause > most / 2 - 0.05, i .. ": " .. pause)
      assert.equal("gone", problem.why)
      last = math.max(last, pause)
    end
    assert.is_true(last > 1)
    backoff:succeeded()
    assert.equal(0, backoff:begin())
  end)

  it("is tried by one call at a time, and of failures together only one counts", function()
    local backoff = require "cards.redis.backoff"()
    local began = { backoff:begin(), backoff:begin() }
    backoff:failed(began[1], { why = "gone" })
    local next_try = backoff.next_try
    backoff:failed(began[2], { why = "gone" })
    assert.equal(next_try, backoff.next_try)
    assert.equal(1, backoff.failures)
    backoff.next_try = 0
    assert.is_number((backoff:begin()))
    assert.is_nil((backoff:begin()))
  end)
end)

describe("a partition", function()
  it("ends a command after its time, and is over when it is", function()
    server:call "PING"
    relay.stall()
    local reply, err = cards.deadline(0.1, function() return server:call("INCR", "stalled") end)
    assert.is_nil(reply)
    assert.same({ "timeout", 1, false }, { err.kind, err.attempts, err.retryable })
    relay.go()
    assert.equal("PONG", server:call "PING")
  end)

  it("of replies alone has the command run, and no other call gets its reply", function()
    server:call("DEL", "muted")
    relay.mute()
    local _, err = cards.deadline(0.1, function() return server:call("INCR", "muted") end)
    assert.equal("timeout", err.kind)
    program.wait_for("the command", function() return real.cli "GET muted" == "1" end)
    relay.go()
    assert.equal("1", server:call("GET", "muted"))
  end)

  it("keeps the others going meanwhile", function()
    relay.stall()
    local reply, meanwhile
    cards.all {
      function() reply = server:call "PING" end,
      function()
        for _ = 1, 20 do cards.sleep(0.001) end
        meanwhile = reply
        relay.go()
      end,
    }
    assert.is_nil(meanwhile)
    assert.equal("PONG", reply)
  end)

  it("that only slows it changes nothing else", function()
    relay.delay(0.02)
    local replies = {}
    for _, value, reply in cards.each({ 1, 2, 3, 4, 5, 6, 7, 8 }, function(i) return server:call("ECHO", i) end) do
      replies[value] = reply
    end
    assert.same({ "1", "2", "3", "4", "5", "6", "7", "8" }, replies)
  end)
end)
