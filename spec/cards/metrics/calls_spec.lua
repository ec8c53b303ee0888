--- What counts as a call, a try and an error, in each way of calling.

local bank = require "support.bank"
local cards = require "cards"
local counted = require "support.counted"
local program = require "support.program"
local sandbox = require "support.sandbox"
local started = require "support.started"
local testing = require "cards.testing"

local asked_to = sandbox.asked_to

local function client(overrides) return cards.alix.new(sandbox.config("alix", overrides)) end

local more

before_each(function()
  collectgarbage()
  collectgarbage()
  started.wait_for_no_calls() -- those of other specs
  more = counted("alix", "private_info")
end)

describe("a call that was started is counted once, with its tries and its time:", function()
  local ways = {
    ["where it blocks"] = function(alix, id, options) alix:private_info(id, options) end,
    ["in cards.each"] = function(alix, id, options)
      for _ in cards.each({ id }, function() return alix:private_info(id, options) end) do end -- luacheck: ignore 542
    end,
    ["in cards.all"] = function(alix, id, options) cards.all { function() return alix:private_info(id, options) end } end,
    ["by client:start"] = function(alix, id, options) alix:start("private_info", id, options):result() end,
    ["with a function as credential"] = function(_, id, options)
      client({ access_token = function() return "alix_token_sandbox" end }):private_info(id, options)
    end,
    ["with a listener"] = function(_, id, options) client({ on_event = function() end }):private_info(id, options) end,
  }
  for way, call in pairs(ways) do
    it(way, function()
      local alix = client()
      call(alix, "c_1")
      assert.same({ { ok = 1, tries = 1, timed = 1 }, 0 }, { more() })
      call(alix, "c_1", asked_to "declined")
      assert.same({ declined = 1, tries = 1, timed = 1 }, (more()))
      call(alix, sandbox.unique_id "twice", asked_to "fail_then_ok=2,retry_after=ms:1")
      assert.same({ ok = 1, tries = 3, timed = 1 }, (more()))
      call(alix, "c_1", asked_to("never", { timeout = 0.1, retries = 0 }))
      assert.same({ { timeout = 1, tries = 1, timed = 1 }, 0 }, { more() })
    end)
  end
end)

describe("a call that was not started is counted, without a try or a time:", function()
  it("a parameter is wrong", function()
    local alix = client()
    assert.is_nil((alix:private_info { wrong = 1 }))
    assert.is_nil((alix:private_info {}))
    assert.is_nil((alix:start("private_info", { wrong = 1 }):result()))
    assert.same({ { invalid_request = 3 }, 0 }, { more() })
  end)

  it("a function gave no credential", function()
    local _, err = client({ access_token = function() return nil end }):private_info "c_1"
    assert.equal("auth", err.kind)
    assert.same({ { auth = 1 }, 0 }, { more() })
  end)

  it("there is no room for it", function()
    finally(function() cards.configure { max_in_flight = 8192 } end)
    local alix = client()
    started.wait_for_no_calls()
    cards.configure { max_in_flight = 1 }
    local id = sandbox.unique_id "held"
    local held = alix:start("private_info", id, asked_to "never")
    program.wait_for("the request", function() return sandbox.seen(id).count == 1 end)
    local _, err = alix:start("private_info", "c_2"):result()
    assert.equal("busy", err.kind)
    assert.same({ { busy = 1, tries = 1 }, 1 }, { more() }) -- the try is that of the call that is held
    held:cancel()
    assert.same({ { cancelled = 1, timed = 1 }, 0 }, { more() })
  end)

  it("the deadline around it is over, or nobody waits for it", function()
    local alix = client()
    cards.deadline(0.001, function()
      cards.sleep(0.01)
      return alix:private_info "c_1"
    end)
    assert.same({ { timeout = 1 }, 0 }, { more() })
  end)
end)

describe("a call that is given up is counted as cancelled:", function()
  it("by job:cancel, with the tries that it had", function()
    local alix, id = client(), sandbox.unique_id "given_up"
    local job = alix:start("private_info", id, asked_to "never")
    program.wait_for("the request", function() return sandbox.seen(id).count == 1 end)
    assert.same({ { tries = 1 }, 1 }, { more() })
    job:cancel()
    job:cancel()
    assert.same({ { cancelled = 1, timed = 1 }, 0 }, { more() })
  end)

  it("by nobody who holds it, though it may have succeeded", function()
    local alix = client()
    do
      local job = alix:start("private_info", "c_1")
      program.wait_for("the answer", function() return job:done() or require("cards.core").calls() == 0 end)
    end
    collectgarbage()
    collectgarbage()
    local counts, in_flight = more()
    assert.equal(1, (counts.cancelled or 0) + (counts.ok or 0))
    assert.equal(1, counts.timed)
    assert.equal(0, in_flight)
  end)

  it("as the slower one of a hedge", function()
    local alix, id = client(), sandbox.unique_id "hedge"
    local first = true
    local record = cards.hedge(function()
      local options = first and asked_to "never" or nil
      first = false
      return alix:private_info(id, options)
    end, { after = 0.05 })
    assert.is_table(record)
    collectgarbage()
    collectgarbage()
    assert.same({ { ok = 1, cancelled = 1, tries = 2, timed = 2 }, 0 }, { more() })
  end)
end)

describe("what is no call is not counted:", function()
  it("a mistake in the script", function()
    local alix = client()
    assert.is_false((pcall(alix.private_info, {}, "c_1")))
    assert.is_false((pcall(alix.private_info, alix, "c_1", { wrong = 1 })))
    assert.is_false((pcall(alix.private_info, cards.whop.new(sandbox.config "whop"), "c_1")))
    assert.same({ {}, 0 }, { more() })
  end)

  it("a client of a test, and a record that a test makes", function()
    local alix = testing.client("alix", { private_info = { cvv = "123" } })
    assert(alix:private_info "c_1")
    assert.is_nil((alix:private_info { wrong = 1 }))
    testing.record("alix.private_info", { cvv = "123" })
    testing.answer("alix.private_info", 200, '{"success":true,"data":{"cvv":"123"}}')
    assert.same({ {}, 0 }, { more() })
  end)
end)

describe("one call is one call", function()
  local path

  local function write(text)
    local file = assert(io.open(path .. ".new", "wb"))
    file:write(text)
    file:close()
    assert(os.rename(path .. ".new", path))
  end

  setup(function() path = os.tmpname() end)
  teardown(function() os.remove(path) end)

  it("where the credential's file was read again after a 401", function()
    write "before"
    local alix = client { access_token = { file = path } }
    write "alix_token_sandbox"
    assert(alix:private_info "c_1")
    assert.same({ { ok = 1, tries = 2, timed = 1 }, 0 }, { more() })
    write "before"
    alix = client { access_token = { file = path }, on_event = function() end }
    write "wrong, too"
    assert.is_nil((alix:private_info "c_1"))
    assert.same({ { auth = 1, tries = 2, timed = 1 }, 0 }, { more() })
  end)

  it("where a function gives another credential after a 401", function()
    local first = true
    local alix = client { access_token = function()
      local token = first and "refused" or "alix_token_sandbox"
      first = false
      return token
    end }
    assert(alix:private_info "c_1")
    assert.same({ { ok = 1, tries = 2, timed = 1 }, 0 }, { more() })
  end)
end)

describe("calls that are made for a call", function()
  it("count for their own operation", function()
    local made = bank.client(bank.with_steps(bank.definition()))
    local name = bank.definition().name
    local vault, step = counted(name, "vault"), counted(name, "take_token")
    for _ = 1, 3 do assert(made:vault(sandbox.unique_id "bank")) end
    assert.same({ ok = 3, tries = 3, timed = 3 }, (vault()))
    assert.same({ ok = 3, tries = 3, timed = 3 }, (step()))
  end)

  it("give their kind to a call for which they failed", function()
    local made = bank.client(bank.with_steps(bank.definition()), { key = "wrong" })
    local vault = counted(bank.definition().name, "vault")
    local _, err = made:vault(sandbox.unique_id "bank")
    assert.same({ { [err.kind] = 1 }, 0 }, { vault() })
  end)
end)

describe("the histogram", function()
  it("has each call in all buckets whose bound is not below its time, and the sum of times", function()
    local function latency() return cards.metrics().calls.alix.private_info.latency end
    local alix = client()
    assert(alix:private_info "c_1")
    local before = latency()
    assert(alix:private_info("c_1", asked_to "slow_first_byte=0.3"))
    local after = latency()
    local seconds = after.sum - before.sum
    assert.is_true(seconds >= 0.29)
    for i, bucket in ipairs(after.buckets) do
      assert.equal(seconds <= bucket.le and 1 or 0, bucket.count - before.buckets[i].count, tostring(bucket.le))
      assert.is_true(i == 1 or bucket.le > after.buckets[i - 1].le)
    end
    assert.equal(math.huge, after.buckets[#after.buckets].le)
    assert.equal(after.count, after.buckets[#after.buckets].count)
  end)
end)

-- In a process of their own: connections that other specs have left may end at any time.
describe("connections", function()
  local function run(source)
    local output, status = program.run([[
      local cards, program, sandbox, scripted = require "cards", require "support.program", require "support.sandbox", require "support.scripted"
      local function tell(facts)
        local connections, counts = facts.connections, facts.calls.alix.private_info
        print(("open %d, idle %d, waiting %d, in flight %d, reused %d")
          :format(connections.open, connections.idle, connections.waiting, counts.in_flight, counts.reused))
      end
    ]] .. source)
    assert.equal(0, status, output)
    return output
  end

  it("are counted as they are, and calls that wait for one", function()
    assert.equal([[
open 1, idle 1, waiting 0, in flight 0, reused 0
open 1, idle 0, waiting 2, in flight 3, reused 1
open 1, idle 1, waiting 0, in flight 0, reused 3
]], run [=[
      local server, seen = scripted.start [[
        return function(request)
          if request.id == "held" then wait_for "go on" end
          return answer()
        end
      ]], nil
      local alix = cards.alix.new(sandbox.config("alix", { max_connections = 1, base_url = server.url, insecure_http = true }))
      assert(alix:private_info "c_1")
      tell(cards.metrics())
      cards.all {
        function() return alix:private_info "held" end,
        function() return alix:private_info "c_1" end,
        function() return alix:private_info "c_1" end,
        function()
          program.wait_for("the call that is held", function() return #server.lines "GET held$" == 1 end, cards.sleep)
          seen = cards.metrics()
          server.tell "go on"
        end,
      }
      tell(seen)
      tell(cards.metrics())
      server.stop()
    ]=])
  end)

  it("of the I/O thread too", function()
    assert.equal([[
open 1, idle 1, waiting 0, in flight 0, reused 0
open 1, idle 1, waiting 0, in flight 0, reused 1
]], run [[
      local alix = cards.alix.new(sandbox.config "alix")
      for _ = 1, 2 do
        assert(alix:start("private_info", "c_1"):result())
        tell(cards.metrics())
      end
    ]])
  end)
end)

describe("cards.metrics", function()
  it("has the reveals and secrets that cards.reveals and cards.memory tell of", function()
    local secret = cards.secret "x"
    secret:reveal()
    local facts, memory = cards.metrics(), cards.memory()
    assert.same(cards.reveals(), facts.reveals)
    assert.same({ memory.open, memory.used, memory.committed }, { facts.secrets.open, facts.secrets.used, facts.secrets.committed })
    assert.equal(1, facts.processes)
  end)

  it("returns a table of its own each time", function()
    cards.metrics().reveals.revealed = "changed"
    assert.is_number(cards.metrics().reveals.revealed)
  end)
end)
