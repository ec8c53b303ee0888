--- cards.breaker whose state hosts share in a Redis.

local cards = require "cards"
local core = require "cards.core"
local fleet = require "support.fleet"
local program = require "support.program"
local redis = require "support.redis"
local remote = require "cards.resilience.remote"

local server, said

setup(function() server, said = fleet.begin() end)
teardown(fleet.finish)

local names = 0

local function new_name()
  names = names + 1
  return "breaker " .. names
end

--- A breaker of that name, as another host has it.
local function breaker(name, options, from)
  local made = { failures = 3, open_for = 1000, name = name, shared = (from or server).url "fleet" }
  for key, value in pairs(options or {}) do made[key] = value end
  return cards.breaker(made)
end

local function failing(kind)
  return function() return nil, core.error { kind = kind, message = "made up", attempts = 1 } end
end

local function fine() return "called" end

local function fail(one, times)
  for _ = 1, times do one(failing "network") end
end

local function is_open(one)
  return select(2, one(fine)) ~= nil
end

--- Has a time of a breaker in Redis lie behind, as if more than those of its options had gone by.
-- @param field "window_ends", "open_ends" or "trials_end"
local function end_time(name, field)
  server.cli(("HINCRBY '%s' %s -1000000"):format(remote.open(server.url "fleet"):key("breaker", name), field))
end

--- How many scripts a server has run.
local function scripts_of(one)
  return tonumber(one.cli "INFO commandstats":match "cmdstat_evalsha:calls=(%d+)")
end

describe("a breaker that hosts share", function()
  it("opens for all with the last of so many failures, whoever had them", function()
    local name = new_name()
    local one, other, third = breaker(name), breaker(name), breaker(name)
    assert.equal("called", third(fine))
    fail(one, 2)
    assert.same({ phase = "closed", failures = 2, retry_after = 0 }, other:state())
    fail(other, 1)
    local value, err = other(fine)
    assert.is_nil(value)
    assert.equal("busy", err.kind)
    assert.is_true(err.retry_after > 900 and err.retry_after <= 1000)
    assert.equal("open", one:state().phase)
    program.wait_for("a host that has heard that it is closed to ask again", function() return is_open(third) end)
    assert.equal("called", breaker(new_name())(fine))
    assert.equal("called", breaker(name, { shared = server.url "others" })(fine))
  end)

  it("is shown by cards.metrics() as its process knows it, without a question", function()
    local name, shorter = new_name(), new_name()
    local one, other, short = breaker(name, { failures = 1 }), breaker(name, { failures = 1 }), breaker(shorter, { failures = 1, open_for = 0.05 })
    fail(one, 1)
    fail(short, 1)
    local before = scripts_of(server)
    assert.same({ closed = 1, open = 1, half_open = 0 }, cards.metrics().breakers[name])
    program.wait_for("its time to be over", function() return cards.metrics().breakers[shorter].half_open == 1 end)
    assert.equal(before, scripts_of(server))
    assert.is_truthy(other)
  end)

  it("costs no question while it is closed but once in 0.2 seconds, and one while it is open in a second", function()
    local one = breaker(new_name(), { failures = 1 })
    local before
    local function at(seconds, count, call)
      fleet.later(seconds, function() for _ = 1, count do call() end end)
      return scripts_of(server) - before
    end
    local now, stopped = core.now, core.now()
    finally(function() core.now = now end)
    core.now = function() return stopped end -- luacheck: ignore
    one(fine)
    before = scripts_of(server)
    local function succeed() assert.equal("called", one(fine)) end
    assert.equal(0, at(0.19, 1000, succeed))
    assert.equal(1, at(0.21, 1000, succeed))
    assert.equal(2, at(0.22, 1, function() fail(one, 1) end))
    local function be_refused() assert.is_true(is_open(one)) end
    assert.equal(2, at(1.21, 1000, be_refused))
    assert.equal(3, at(1.23, 1000, be_refused))
  end)

  it("lets only so many try while it is half open, on all hosts", function()
    for most = 1, 2 do
      local name, called, tried, refused = new_name(), 0, 0, 0
      local options = { failures = 1, half_open = most }
      fail(breaker(name, options), 1)
      local hosts, calls = {}, {}
      for i = 1, 4 do
        hosts[i] = breaker(name, options)
        calls[i] = function()
          local value, err = hosts[i](function()
            called = called + 1
            program.wait_for("the others to have asked", function() return refused >= 4 - most or called > most end, cards.sleep)
            return "tried"
          end)
          tried, refused = tried + (value == "tried" and 1 or 0), refused + (err and err.kind == "busy" and 1 or 0)
        end
      end
      end_time(name, "open_ends")
      assert.equal("half_open", hosts[1]:state().phase)
      cards.all(calls)
      assert.same({ most, most, 4 - most }, { called, tried, refused })
      for _, host in ipairs(hosts) do assert.equal("called", host(fine)) end
      assert.same({ phase = "closed", failures = 0, retry_after = 0 }, hosts[1]:state())
    end
  end)

  it("opens again where a trial fails, and tries again after one that showed nothing or ended without a word", function()
    local name = new_name()
    local options = { failures = 2 }
    local one, other = breaker(name, options), breaker(name, options)
    fail(one, 2)
    end_time(name, "open_ends")
    assert.equal("half_open", other:state().phase)
    fail(other, 1)
    assert.equal("open", other:state().phase)
    end_time(name, "open_ends")
    one, other = breaker(name, options), breaker(name, options) -- which have not heard that it is open
    for _ = 1, 3 do assert.equal("cancelled", select(2, one(failing "cancelled")).kind) end
    local thread = coroutine.create(function() one(coroutine.yield) end)
    if program.lua ~= "5.1" then -- where none yields across pcall
      coroutine.resume(thread)
      assert.is_true(is_open(other))
      end_time(name, "trials_end")
      assert.is_false(is_open(other))
    end
  end)

  it("learns of a failure that was the end of a deadline around it", function()
    local name = new_name()
    local function last()
      cards.sleep(1) -- until the deadline
      return nil, core.error { kind = "timeout", message = "made up", attempts = 1 }
    end
    for i = 1, 3 do
      assert.equal("timeout", select(2, cards.deadline(0.2, breaker(name), last)).kind)
      assert.equal(i < 3 and i or 0, breaker(name):state().failures)
    end
    assert.equal("open", breaker(name):state().phase)
  end)

  it("forgets failures that lie too far back, and keys that nobody needs", function()
    local name = new_name()
    local one = breaker(name, { window = 1000 })
    fail(one, 2)
    assert.equal(2, one:state().failures)
    end_time(name, "window_ends")
    assert.equal(0, one:state().failures)
    name = new_name()
    one = breaker(name, { window = 0.05 })
    fail(one, 2)
    program.wait_for("the window to end", function() return one:state().failures == 0 end)
    program.wait_for("its key to expire", function() return server.cli("EXISTS '" .. remote.open(server.url "fleet"):key("breaker", name) .. "'") == "0" end)
  end)

  it("has a key in Redis that shows nothing", function()
    local name = "name of the planted provider"
    fail(breaker(name), 1)
    local all = server.cli "--scan"
    assert.is_nil(all:find "planted")
    assert.matches("cards:{fleet}:breaker:%x+", all)
  end)
end)

describe("without its Redis a breaker", function()
  it("is one of each process, or refuses, and is shared again when Redis is back", function()
    local own = redis.start()
    local name = new_name()
    local alone, refusing = breaker(name, nil, own), breaker(name, { on_loss = "refuse" }, own)
    assert.equal("called", alone(fine))
    own.kill()
    fleet.later(1, function() -- what was heard of Redis holds no longer
      assert.equal("called", alone(fine))
      local value, err = refusing(fine)
      assert.is_nil(value)
      assert.equal("busy", err.kind)
      assert.matches("cannot be had, without which nothing is called", err.message, 1, true)
      fail(alone, 3)
      assert.is_true(is_open(alone))
      assert.equal("open", alone:state().phase)
    end)
    own.run()
    program.wait_for("Redis to be back", function() return refusing(fine) end)
    fleet.later(2000, function()
      program.wait_for("a trial", function() return alone(fine) end)
      fail(breaker(name, nil, own), 3)
      program.wait_for("it to be shared again", function() return is_open(alone) end)
    end)
    local about = {}
    for _, text in ipairs(said) do about[#about + 1] = text:find(":" .. own.port .. "/", 1, true) and text or nil end
    assert.equal(2, #about)
    own.stop()
  end)

  it("opens where Redis is full, and learns of no failure", function()
    local own = redis.start { memory = "3mb" }
    for i = 1, 3 do own.cli(("SETRANGE filler%d 1000000 x"):format(i)) end
    local one = breaker(new_name(), nil, own)
    assert.equal("called", one(fine))
    fail(one, 3)
    assert.is_true(is_open(one))
    fleet.later(2000, function() assert.equal("called", one(fine)) end)
    assert.equal("closed", one:state().phase)
    own.stop()
  end)

  it("makes nobody wait for a clock of Redis that was set back", function()
    local name = new_name()
    fail(breaker(name, { open_for = 0.5 }), 3)
    local key, hour = remote.open(server.url "fleet"):key("breaker", name), 3600000 -- as if it had been an hour later when the breaker opened
    for _, field in ipairs { "written", "open_ends" } do server.cli(("HINCRBY '%s' %s %d"):format(key, field, hour)) end
    local other = breaker(name, { open_for = 0.5 })
    assert.is_true(other:state().retry_after <= 0.5)
    program.wait_for("a trial", function() return other(fine) end)
    assert.equal("closed", breaker(name):state().phase)
  end)

  it("whose key is of another version does as on_loss says", function()
    local name = new_name()
    server.cli(("HSET '%s' version 2"):format(remote.open(server.url "fleet"):key("breaker", name)))
    assert.equal("called", breaker(name)(fine))
    assert.equal("busy", select(2, breaker(name, { on_loss = "refuse" })(fine)).kind)
  end)
end)

it("a breaker tells its listener of another phase, and of nothing else", function()
  for _, shared in ipairs { false, server.url "fleet" } do
    local events = {}
    local one = breaker("alix", { failures = 2, open_for = 0.05, shared = shared or nil, on_event = function(event) events[#events + 1] = event end })
    one(fine)
    fail(one, 1)
    assert.same({}, events)
    fail(one, 1)
    program.wait_for("a trial", function() return one(fine) end)
    one(fine)
    assert.same({
      { event = "breaker", name = "alix", phase = "open", was = "closed" },
      { event = "breaker", name = "alix", phase = "half_open", was = "open" },
      { event = "breaker", name = "alix", phase = "closed", was = "half_open" },
    }, events)
  end
end)
