--- cards.limit whose rate hosts share in a Redis.

local cards = require "cards"
local context = require "cards.async.context"
local core = require "cards.core"
local drive = require "support.drive"
local fleet = require "support.fleet"
local program = require "support.program"
local redis = require "support.redis"
local remote = require "cards.resilience.remote"
local test_clock = require "support.test_clock"

local server, said

setup(function() server, said = fleet.begin() end)
teardown(fleet.finish)

local names = 0

--- A limit on a rate that is new each time, unless options say its key.
local function limit(options, from)
  names = names + 1
  local made = { rate = 1, per = 1000, burst = 2, max_wait = 0, key = "key " .. names, shared = (from or server).url "fleet" }
  for name, value in pairs(options or {}) do made[name] = value end
  return cards.limit(made)
end

local function fine() return "called" end

--- How many of so many calls pass.
local function passed(limited, count)
  local passes, err = 0, nil
  for _ = 1, count do
    local value, why = limited(fine)
    passes, err = passes + (value and 1 or 0), why or err
  end
  return passes, err
end

describe("a limit that hosts share", function()
  it("is one for all with its key and the name in the address", function()
    local one, other = limit { key = "same" }, limit { key = cards.secret "same" }
    assert.equal(2, passed(one, 1) + passed(other, 3))
    assert.equal(2, passed(limit { key = "another" }, 3))
    assert.equal(2, passed(limit { key = "same", shared = server.url "others" }, 3))
    local by_call = limit { key = function(id) return "call " .. id end }
    assert.equal("called", by_call(fine, 1))
    assert.equal("called", by_call(fine, 2))
  end)

  it("refuses a wait that is too long, says how long, and takes nothing for it", function()
    local limited = limit { rate = 1, per = 100 }
    local passes, err = passed(limited, 10)
    assert.equal(2, passes)
    assert.equal("busy", err.kind)
    assert.is_true(err.retry_after > 90 and err.retry_after <= 100, err.retry_after)
    assert.is_true(limited:state().wait <= 100)
  end)

  it("waits for its turn", function()
    local limited, began = limit { rate = 50, per = 1, burst = 1, max_wait = 5 }, core.now()
    for _ = 1, 6 do assert.equal("called", limited(fine)) end
    assert.is_true(core.now() - began >= 0.09) -- by the clock of Redis 0.1
  end)

  it("goes by the clock of Redis, whatever that of the host says", function()
    local limited = limit()
    assert.equal(2, (passed(limited, 3)))
    fleet.later(100000, function() assert.equal(0, (passed(limited, 3))) end)
  end)

  it("makes nobody wait for a clock of Redis that was set back", function()
    local limited = limit { rate = 1, per = 0.5, burst = 1, key = "clock" }
    local key, seconds = remote.open(server.url "fleet"):key("limit", "clock"), server.cli "TIME":match "^%d+"
    local written = (seconds + 3600) * 1e6 -- as if it had been an hour later when the limit was written, with its token taken
    server.cli(("SET '%s' '1 %.0f %.0f'"):format(key, written + 5e5, written))
    assert.is_true(limited:state().wait <= 0.5)
    program.wait_for("a token", function() return passed(limited, 1) == 1 end)
  end)

  it("has answers and waits under the clock of a test", function()
    local clock = test_clock(finally)
    local limited = limit { rate = 1, per = 100, burst = 1, max_wait = 1000, on_loss = "refuse" }
    local began = clock:now()
    assert.equal(2, (passed(limited, 2))) -- the second one in no time
    assert.is_true(clock:now() - began >= 99)
    clock:advance(1000)
    assert.is_true(limited:state().wait > 190) -- for Redis that was just now
  end)

  it("leaves a key in Redis that expires by itself and shows nothing", function()
    passed(limit { rate = 100, per = 1, burst = 1, key = "sk_planted_credential" }, 1)
    for name in server.cli "KEYS '*'":gmatch "%S+" do
      assert.matches("^cards:{%l+}:limit:%x+$", name)
      assert.is_true(tonumber(server.cli("PTTL '" .. name .. "'")) <= 2000001, name)
    end
    program.wait_for("it to expire", function() return not server.cli "--scan":find(remote.open(server.url "fleet")
      :key("limit", "sk_planted_credential"), 1, true) end)
  end)

  -- Each call's turn is at a time of Redis, and the call begins at most `late` seconds after it.
  it("never lets more through than burst and rate allow, over any interval, from four processes", function()
    local source = ([[
      local cards, core = require "cards", require "cards.core"
      local limited = cards.limit { rate = 200, burst = 10, max_wait = 30, key = "four", shared = %q }
      local take, wait = limited.tokens.take, nil
      limited.tokens.take = function(...) wait = take(...) return wait end
      for _ = 1, 25 do
        local asked = core.now()
        local began = limited(core.now)
        print(("%%.6f %%.6f"):format(began, began - asked - wait))
      end]]):format(server.url "fleet")
    local begun, late = {}, 0
    for _, output in ipairs(fleet.run(4, source)) do
      for at, by in output:gmatch "(%S+) (%S+)\n" do
        begun[#begun + 1] = tonumber(at)
        late = math.max(late, tonumber(by))
      end
    end
    assert.equal(100, #begun)
    table.sort(begun)
    for i = 1, #begun do
      for j = i, #begun do
        local seconds = begun[j] - begun[i] + late
        assert.is_true(j - i + 1 <= 10 + 200 * seconds + 0.01, ("%d calls in %.3f s"):format(j - i + 1, seconds))
      end
    end
  end)

  it("refuses options that cannot be", function()
    for message, options in pairs {
      ["key is required where shared is given"] = { rate = 1, shared = server.url "fleet" },
      ["shared: an address of Redis is redis://"] = { rate = 1, key = "k", shared = "redis:/x" },
      ["on_loss is for what is shared in a Redis"] = { rate = 1, key = "k", on_loss = "local" },
      ["on_loss must be one of local, refuse"] = { rate = 1, key = "k", shared = server.url "fleet", on_loss = "raise" },
    } do
      local ok, why = pcall(function() cards.limit(options) end)
      assert.is_false(ok)
      assert.matches(message, why, 1, true)
      assert.matches("limit_redis_spec.lua:%d+: cards.limit: ", why)
    end
  end)

  it("takes no address that is written wrong for a dict, which would share nothing", function()
    for _, address in ipairs { "Redis://h/x", "reds://h/x", "http://h/x", "redis//h/x", "//h/x", "REDISS:h" } do
      local ok, why = pcall(cards.limit, { rate = 1, key = "k", shared = address })
      assert.is_false(ok, address)
      assert.matches("shared: an address of Redis is redis://", why, 1, true)
    end
  end)
end)

describe("without its Redis a limit", function()
  it("waits for a second, and tells in a fifth of one how a call ended", function()
    assert.same({ 1, 0.2 }, { fleet.PATIENCE, fleet.GRACE })
  end)

  --- A server of its own, as this one is killed. Its address is new, so that nothing is known of it.
  local function with_server(options, call)
    local own = redis.start(options)
    local ok, why = pcall(call, own)
    own.stop()
    assert(ok, why)
  end

  --- What was said of a server.
  local function said_of(own)
    local found = {}
    for _, text in ipairs(said) do
      if text:find(":" .. own.port .. "/", 1, true) then found[#found + 1] = text end
    end
    return found
  end

  it("is one of each process, or refuses, and says so once; it goes on when Redis is back", function()
    with_server(nil, function(own)
      local alone, refusing = limit({}, own), limit({ on_loss = "refuse" }, own)
      assert.equal(1, passed(alone, 1))
      own.kill()
      assert.equal(2, passed(alone, 5))
      local called, passes, err = false, passed(refusing, 5)
      assert.equal(0, passes)
      assert.is_nil((refusing(function() called = true end)))
      assert.is_false(called)
      assert.equal("busy", err.kind)
      assert.is_true(err.retryable)
      assert.equal(0, err.attempts)
      assert.matches("cannot be had, without which nothing is called", err.message, 1, true)
      assert.equal(1, #said_of(own))
      assert.matches("cannot be had", said_of(own)[1], 1, true)
      own.run() -- with nothing of what it had
      program.wait_for("it to be back", function() return refusing(fine) end)
      assert.equal(2, #said_of(own))
      assert.matches("can be had again", said_of(own)[2], 1, true)
      assert.equal(2, passed(limit({}, own), 3))
    end)
  end)

  it("does not hold up a call for long where it is only silent", function()
    with_server(nil, function(own)
      local relay = redis.relay(own)
      local limited = limit { shared = relay.url "fleet" }
      assert.equal(1, passed(limited, 1))
      remote.open(relay.url "fleet").patience = fleet.PATIENCE
      relay.stall()
      local calls, passes = {}, 0
      for i = 1, 20 do
        calls[i] = function()
          local more = passed(limited, 1)
          passes = passes + more
        end
      end
      cards.all(calls) -- some of them wait for the answer
      assert.equal(2, passes)
      assert.equal(0.2, remote.open(relay.url "fleet").pause) -- as after one question
      assert.equal(0, (passed(limited, 100)))
      relay.go()
      program.wait_for("it to be back", function() return #said_of(relay) == 2 or limited(fine) end)
    end)
  end)

  it("leaves time to calls whose deadline is short, and holds none up after a second", function()
    with_server(nil, function(own)
      local relay = redis.relay(own)
      local limited, known = limit { shared = relay.url "fleet", burst = 1000 }, remote.open(relay.url "fleet")
      assert.equal("called", limited(fine))
      known.patience = fleet.PATIENCE
      relay.stall()
      local script, asked = known.server.script -- asked: the seconds of a question
      function known.server.script(...)
        asked = context.left()
        return script(...)
      end
      local began
      repeat
        asked, began = nil, core.now()
        assert.equal("called", (cards.deadline(1, limited, fine)))
        assert.is_true(asked and asked <= 0.5, asked) -- half of the call's time
        if known.silent and core.now() - known.silent < 1 then assert.is_false(known.away) end
      until known.away
      assert.is_true(known.again > began + 1.5)
      asked, known.again = nil, math.huge
      assert.equal("called", (cards.deadline(1, limited, fine)))
      assert.is_nil(asked)
      known.again = 0
      assert.equal(1, #said_of(relay))
      relay.go()
      program.wait_for("it to be back", function() return limited(fine) and #said_of(relay) == 2 end)
    end)
  end)

  it("is not away because a question was given up", function()
    with_server(nil, function(own)
      local relay = redis.relay(own)
      local limited, asked = limit { shared = relay.url "fleet", burst = 1000 }, 0
      local known = remote.open(relay.url "fleet")
      assert.equal("called", limited(fine))
      relay.stall()
      assert.is_true(cards.hedge(function()
        asked = asked + 1
        return asked > 1 or limited(fine)
      end, { after = 0.05 }))
      assert.same({ false, false }, { known.away, known.silent })
      relay.go()
    end)
  end)

  it("that is full does as on_loss says", function()
    with_server({ memory = "3mb" }, function(own)
      for i = 1, 3 do own.cli(("SETRANGE filler%d 1000000 x"):format(i)) end
      assert.equal(2, passed(limit({}, own), 3))
      local passes, err = passed(limit({ on_loss = "refuse" }, own), 3)
      assert.equal(0, passes)
      assert.equal("busy", err.kind)
      assert.equal(1, #said_of(own))
    end)
  end)

  it("whose key is of another version does as on_loss says", function()
    local known = remote.open(server.url "fleet")
    for name, how in pairs { later = "SET %s '2 soon'", kind = "HSET %s a 1" } do
      server.cli(how:format("'" .. known:key("limit", name) .. "'"))
      assert.equal(2, passed(limit { key = name }, 3))
      assert.equal(0, (passed(limit { key = name, on_loss = "refuse" }, 3)))
    end
  end)
end)

it("a reply that is none of our scripts has limits, breakers and tokens do as on_loss says", function()
  for _, script in ipairs { "return 'OK'", "return {}", "return { 'x', 1, 1, 'y' }", "return { 1, {}, 1 }", "return 1" } do
    local own = redis.start()
    local loaded = remote.open(own.url "fleet").server.loaded
    for _, name in ipairs { "limit", "breaker", "token" } do loaded[name] = own.cli(('SCRIPT LOAD "%s"'):format(script)) end
    for _, how in ipairs { "local", "refuse" } do
      local source = cards.token_source(function() return "planted-token" end, { shared = own.url "fleet", on_loss = how, name = "strange" })
      local breaker = cards.breaker { shared = own.url "fleet", on_loss = how, name = "strange" }
      local made = cards.limit { shared = own.url "fleet", on_loss = how, key = "strange", rate = 1 }
      for what, call in pairs { limit = made, breaker = breaker, token = function(call) return source() and call() end } do
        assert.equal(how == "local", call(function() return true end) or false, what .. how .. script)
      end
      assert.equal("closed", breaker:state().phase)
    end
    own.stop()
  end
end)

it("a reply with numbers that none of our scripts gives raises no error", function()
  for _, numbers in ipairs { "1, 999999999999999999", "1, 5000000", "0, 999999999999999999", "-5, -9999999999", "7, 7" } do
    local own = redis.start()
    local loaded = remote.open(own.url "fleet").server.loaded
    for _, name in ipairs { "limit", "breaker" } do loaded[name] = own.cli(('SCRIPT LOAD "return { %s, 0, 0 }"'):format(numbers)) end
    loaded.token = own.cli(("SCRIPT LOAD \"return { 0, '1:%s:x', '%s' }\""):format(("9"):rep(30), numbers))
    local _, err = cards.limit { shared = own.url "fleet", key = "strange", rate = 1, max_wait = 2 }(fine)
    assert.is_true(err == nil or err.kind == "busy", numbers)
    local _, refused = cards.breaker { shared = own.url "fleet", name = "strange" }(fine)
    assert.is_true(refused == nil or refused.kind == "busy" and (refused.retry_after or 0) <= 86400, numbers)
    assert.truthy(cards.token_source(function() return "planted-token" end, { shared = own.url "fleet", name = "strange" })())
    own.stop()
  end
end)

it("a limit tells its listener of calls that wait or are refused, and of nothing else", function()
  test_clock(finally)
  local events = {}
  local function note(event) events[#events + 1] = event end
  local limited = limit { rate = 1, per = 100, burst = 1, max_wait = 1000, name = "alix", on_event = note }
  assert.equal("called", limited(fine))
  assert.same({}, events)
  assert.equal("called", limited(fine))
  assert.equal(1, #events)
  assert.is_true(events[1].waited > 0)
  events[1].waited = nil
  assert.same({ event = "limit", name = "alix" }, events[1])
  local refusing = limit { on_event = note }
  passed(refusing, 3)
  assert.is_true(events[2].retry_after > 0)
  events[2].retry_after = nil
  assert.same({ event = "limit", refused = true, kind = "busy" }, events[2])
  local loud = limit { on_event = function() error "oops" end }
  assert.equal(2, passed(loud, 3))
  assert.matches("on_event failed: .*oops", said[#said])
end)

if program.lua == "luajit" then -- it can call libc's fork
  it("a limit does as on_loss says in a process that cannot read the key any more", function()
    local path = program.file(fleet.KEY)
    local output, status = program.run(([[
      local ffi = require "ffi"
      ffi.cdef "int fork(void); int waitpid(int, int *, int); void _exit(int);"
      local cards = require "cards"
      local limits = {}
      for i, on_loss in ipairs { "local", "refuse" } do
        limits[i] = cards.limit { rate = 1, per = 1000, max_wait = 0, key = "forked", shared = %q, on_loss = on_loss }
      end
      os.remove(os.getenv "CARDS_SHARED_KEY_FILE")
      if ffi.C.fork() == 0 then
        for _, limited in ipairs(limits) do print(limited(function() return "called" end)) end
        io.flush()
        ffi.C._exit(0)
      end
      ffi.C.waitpid(-1, nil, 0)]]):format(server.url "fleet"), { env = { CARDS_SHARED_KEY_FILE = path } })
    assert.equal(0, status, output)
    assert.matches("cannot be had: CARDS_SHARED_KEY_FILE: .*No such file", output)
    assert.matches("called\nnil\tcards.limit: busy: ", output)
  end)
end

it("a limit is shared from inside of cards.all, too", function()
  local limited, calls, alix, passes = limit { rate = 1, per = 1000, burst = 5 }, {}, drive.client "alix", 0
  local function call()
    passes = passes + 1
    return alix:private_info "c_1"
  end
  for i = 1, 8 do calls[i] = function() return limited(call) end end
  cards.all(calls)
  assert.equal(5, passes)
end)
