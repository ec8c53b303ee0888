--- Calls of client:start that nobody waits for to the end: cancelled, dropped, refused, left to a forked child or to the end of the program.

local heard = require "support.heard"
local waiters = require "cards.async.waiters"
local cards = require "cards"
local core = require "cards.core"
local program = require "support.program"
local sandbox = require "support.sandbox"
local shared = require "support.started"

local client, asked_to, wait_for_no_calls = shared.client, sandbox.asked_to, shared.wait_for_no_calls

describe("a started call that is cancelled", function()
  local alix

  setup(function()
    alix = client "alix"
    wait_for_no_calls()
  end)

  it("is done at once, with an error that says so, and frees its slot", function()
    local id = sandbox.unique_id "cancelled"
    local job = alix:start("private_info", id, asked_to "never")
    program.wait_for("the request", function() return sandbox.seen(id).count == 1 end)
    assert.equal(1, core.calls())
    job:cancel()
    assert.is_true(job:done())
    assert.equal(0, job:timeout())
    local info, err = job:result()
    assert.is_nil(info)
    assert.equal("cancelled", err.kind)
    assert.equal("alix", err.provider)
    assert.is_false(err.retryable)
    wait_for_no_calls()
    assert.equal(err, (select(2, job:result())))
  end)

  it("gives back what its functions hold that go on with another call", function()
    if shared.blocks_in_credentials then
      return
    end
    local limited = cards.limit { concurrency = 1, max_wait = 20 }
    local credential = client("alix", { access_token = function()
      return limited(function()
        return alix:private_info("c_1", asked_to "never") or alix:private_info("c_1", asked_to "never") or "t"
      end)
    end })
    local job = credential:start("private_info", "c_1")
    job:cancel()
    assert.equal("cancelled", (select(2, job:result())).kind)
    assert.equal("ran", limited(function() return "ran" end))
    assert.equal("cancelled", (select(2, job:result())).kind)
    wait_for_no_calls()
  end)

  it("stays cancelled, whatever comes", function()
    local job = alix:start("private_info", "c_1")
    job:cancel()
    job:cancel()
    program.shell "sleep 0.1"
    alix:start("private_info", "c_2"):result()
    assert.equal("cancelled", (select(2, job:result())).kind)
    wait_for_no_calls()
  end)

  it("keeps its result where it was done", function()
    local job = alix:start("private_info", "c_1")
    local info = job:result()
    job:cancel()
    assert.equal(info, (job:result()))
    assert.is_nil((select(2, job:result())))
  end)

  it("may have its answer already, unseen", function()
    local id = sandbox.unique_id "unseen"
    local job = alix:start("private_info", id)
    program.wait_for("the request", function() return sandbox.seen(id).count == 1 end)
    program.shell "sleep 0.1"
    job:cancel()
    assert.equal("cancelled", (select(2, job:result())).kind)
    wait_for_no_calls()
  end)

  it("tells on_event", function()
    local events = {}
    local telling = client("alix", { on_event = heard.calls(events) })
    local job = telling:start("private_info", "c_1", asked_to "never")
    job:cancel()
    assert.equal(1, #events)
    assert.equal("cancelled", events[1].kind)
    wait_for_no_calls()
  end)

  it("calls no credential function again", function()
    local given = 0
    local dynamic = client("alix", { access_token = function()
      given = given + 1
      return "alix_token_sandbox"
    end })
    local job = dynamic:start("private_info", "c_1", asked_to "never")
    job:cancel()
    assert.equal(1, given)
    assert.equal("cancelled", (select(2, job:result())).kind)
    wait_for_no_calls()
  end)

  it("is cancelled where its credential function stands in a call", function()
    if shared.blocks_in_credentials then
      return
    end
    local dynamic = client("alix", { access_token = function()
      for _ = 1, 3 do
        alix:private_info("c_1", asked_to "never")
      end
      return "alix_token_sandbox"
    end })
    local job = dynamic:start("private_info", "c_1")
    assert.equal(1, core.calls())
    job:cancel()
    assert.is_true(job:done())
    assert.equal("cancelled", (select(2, job:result())).kind)
    wait_for_no_calls()
    assert.equal(0, waiters.active())
  end)
end)

describe("a started call that nobody holds any more", function()
  it("is cancelled by the collector", function()
    local alix = client "alix"
    wait_for_no_calls()
    local function start()
      for _ = 1, 20 do
        alix:start("private_info", "c_1", asked_to "never")
      end
    end
    start()
    assert.is_true(core.calls() > 0)
    program.wait_for("the slots to be free", function()
      collectgarbage()
      return core.calls() == 0
    end)
    assert.is_truthy((alix:start("private_info", "c_2"):result()))
    collectgarbage()
    collectgarbage()
    assert.equal(0, waiters.active())
  end)

  it("is harmless where it was done", function()
    local alix = client "alix"
    local function start()
      for _ = 1, 20 do
        alix:start("private_info", "c_1")
      end
    end
    start()
    program.shell "sleep 0.3"
    collectgarbage()
    collectgarbage()
    wait_for_no_calls()
    assert.is_truthy((alix:private_info "c_2").cvv)
  end)
end)

describe("a started call beyond max_in_flight", function()
  after_each(function()
    cards.configure { max_in_flight = 8192 }
    wait_for_no_calls()
  end)

  it("is refused at once as busy, with nothing sent", function()
    local alix = client "alix"
    wait_for_no_calls()
    cards.configure { max_in_flight = 2 }
    local held = { alix:start("private_info", "c_1", asked_to "never"), alix:start("private_info", "c_1", asked_to "never") }
    local id = sandbox.unique_id "busy"
    local job = alix:start("private_info", id)
    assert.is_true(job:done())
    local info, err = job:result()
    assert.is_nil(info)
    assert.equal("busy", err.kind)
    assert.is_true(err.retryable)
    assert.equal(0, err.attempts)
    assert.matches("alix.private_info: busy", tostring(err), 1, true)
    assert.equal(0, sandbox.seen(id).count)
    assert.equal(2, core.calls())

    held[1]:cancel()
    program.wait_for("a free slot", function() return core.calls() == 1 end)
    assert.is_truthy((alix:start("private_info", id):result()))
    held[2]:cancel()
  end)

  it("leaves blocking calls and cards.all alone", function()
    local alix = client "alix"
    cards.configure { max_in_flight = 1 }
    local held = alix:start("private_info", "c_1", asked_to "never")
    assert.is_truthy((alix:private_info "c_2").cvv)
    local a, b = cards.all { function() return alix:private_info "c_3" end, function() return alix:private_info "c_4" end }
    assert.is_truthy(a[1].cvv)
    assert.is_truthy(b[1].cvv)
    held:cancel()
  end)

  it("is refused after a 401 as well, where the slot is gone meanwhile", function()
    local alix = client "alix"
    local others = {}
    local dynamic = client("alix", { access_token = function()
      cards.configure { max_in_flight = 1 }
      table.insert(others, alix:start("private_info", "c_1", asked_to "never"))
      if #others == 1 then -- the first time there is room
        others[1]:cancel()
        program.wait_for("a free slot", function() return core.calls() == 0 end)
      end
      return "alix_token_sandbox"
    end })
    local id = sandbox.unique_id "busy"
    local _, err = dynamic:start("private_info", id, asked_to "expire_then_ok"):result()
    assert.equal("busy", err.kind)
    assert.equal(1, err.attempts)
    assert.equal(1, sandbox.seen(id).count)
    others[2]:cancel()
  end)
end)

-- Lua has no fork; LuaJIT can call libc's.
if program.lua == "luajit" then
  describe("a forked child", function()
    it("starts calls of its own, and does not wait for those of its parent", function()
      local output, status = program.run [[
        local ffi = require "ffi"
        ffi.cdef "int fork(void); int waitpid(int, int *, int); void _exit(int);"
        local cards, core, sandbox = require "cards", require "cards.core", require "support.sandbox"
        local alix = cards.alix.new(sandbox.config("alix"))
        local slow = { headers = { ["X-Sandbox"] = "slow_first_byte=0.3" }, timeout = 4 }
        local job = alix:start("private_info", "c_1", slow)
        local child = ffi.C.fork()
        if child == 0 then
          local parents_timeout = job:timeout()
          local fresh = cards.alix.new(sandbox.config("alix"))
          local info, err = fresh:start("private_info", "c_2"):result()
          print("child", info and tostring(info.cardNo) or err)
          local _, lost = job:result()
          print("child, parent's", lost and lost.kind)
          print("child, calls", core.calls())
          io.stdout:flush()
          ffi.C._exit(0)
        end
        local info, err = job:result()
        print("parent", info and tostring(info.cardNo) or err)
        io.stdout:flush()
        ffi.C.waitpid(child, nil, 0)
        print("parent again", (alix:start("private_info", "c_3"):result()).cardNo)
      ]]
      assert.equal(0, status, output)
      assert.matches("child\t************1111", output, 1, true)
      assert.matches("child, parent's\ttimeout", output, 1, true)
      assert.matches("child, calls\t0", output, 1, true)
      assert.matches("parent\t************1111", output, 1, true)
      assert.matches("parent again\t************1111", output, 1, true)
    end)
  end)
end

describe("a started call that asks for itself", function()
  it("is told so, instead of waiting for ever", function()
    local job, ok, message
    local telling = client("alix", { on_event = function()
      job:cancel()
      assert(not job:done())
      ok, message = pcall(job.result, job)
    end })
    job = telling:start("private_info", "c_1")
    assert.is_truthy((job:result()))
    assert.is_false(ok)
    assert.matches("cannot wait for itself", message, 1, true)
  end)
end)

describe("the end of a program", function()
  it("does not wait for a started call", function()
    local output, status = program.run [[
      local cards, sandbox = require "cards", require "support.sandbox"
      local alix = cards.alix.new(sandbox.config("alix", { headers = { ["X-Sandbox"] = "never" } }))
      kept = {}
      for i = 1, 50 do kept[i] = alix:start("private_info", "c_1") end
      print "ended"
    ]]
    assert.equal(0, status, output)
    assert.equal("ended\n", output)
  end)
end)
