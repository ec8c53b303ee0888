--- client:start in a program on cqueues: a job is an object that cqueues polls.

local cards = require "cards"
local core = require "cards.core"
local program = require "support.program"
local sandbox = require "support.sandbox"
local scripted = require "support.scripted"

local found, cqueues = pcall(require, "cqueues")

describe("client:start in cqueues", function()
  if not found then
    pending("needs cqueues for this Lua: " .. tostring(cqueues):match "^[^\n]*")
    return
  end

  local alix = cards.alix.new(sandbox.config "alix")

  local function start(case)
    return alix:start("private_info", "c_1", { headers = { ["X-Sandbox"] = case } })
  end

  local function wait(job)
    while not job:done() do
      cqueues.poll(job)
    end
    return job:result()
  end

  --- The same by the descriptor alone, which has to be readable for it.
  local function wait_to_hear(job)
    while not job:done() do
      assert.is_truthy(cqueues.poll({ pollfd = job:pollfd(), events = "r" }, 20), "nothing was readable")
    end
    return job:result()
  end

  --- Runs functions as coroutines of one controller to their end.
  local function run(functions)
    local loop = cqueues.new()
    for _, call in ipairs(functions) do
      loop:wrap(call)
    end
    assert(loop:loop())
  end

  teardown(scripted.stop_all)

  after_each(function() program.wait_for("the calls to be gone", function() return core.calls() == 0 end) end)

  it("lets many coroutines wait, each for its own call, and timers go on", function()
    local server, holding = scripted.hold()
    local functions, answers, ticks, most = {}, 0, 0, 0
    for i = 1, 60 do
      functions[i] = function()
        local info, err = wait(holding:start("private_info", "c_" .. i))
        assert(info, err)
        answers = answers + 1
      end
    end
    table.insert(functions, function()
      while answers < 60 do
        cqueues.sleep(0.02)
        ticks, most = ticks + 1, math.max(most, core.calls())
        if ticks == 5 then server.tell "go on" end
      end
    end)
    run(functions)
    server.stop()
    assert.equal(60, answers)
    assert.is_true(most > 1, "one after the other")
    assert.is_true(ticks >= 5, ticks)
  end)

  it("wakes a coroutine for its call, not before", function()
    local server, holding = scripted.hold()
    local order = {}
    run {
      function()
        wait(holding:start("private_info", "c_1"))
        table.insert(order, "slow")
      end,
      function()
        wait(start "")
        table.insert(order, "quick")
        server.tell "go on"
      end,
    }
    server.stop()
    assert.same({ "quick", "slow" }, order)
  end)

  it("keeps a deadline without anything that is readable", function()
    local kind
    run { function()
      local _, err = wait(alix:start("private_info", "c_1", { timeout = 0.2, headers = { ["X-Sandbox"] = "never" } }))
      kind = err.kind
    end }
    assert.equal("timeout", kind)
  end)

  it("wakes a coroutine whose answer another one has taken", function()
    local job = start "slow_first_byte=0.2"
    local quick
    run {
      function() wait_to_hear(job) end,
      function()
        cqueues.sleep(0.05)
        quick = core.now()
        local other = start "slow_first_byte=0.3"
        assert(other:result()) -- blocks everything, and receives the first one's answer, too
        quick = core.now() - quick
      end,
    }
    assert.is_true(quick >= 0.3)
  end)

  it("wakes a coroutine even where others keep asking", function()
    local functions, running = {}, 20
    for i = 1, 20 do
      functions[i] = function()
        assert(wait_to_hear(start "slow_first_byte=0.2"))
        running = running - 1
      end
    end
    for _ = 1, 5 do
      table.insert(functions, function()
        local mine = start "slow_first_byte=0.6"
        while running > 0 do -- looks often, and takes what is there
          mine:done()
          cqueues.sleep(0.001)
        end
        mine:cancel()
      end)
    end
    run(functions)
    assert.equal(0, running)
  end)

  it("does not spin for a call that is done and that nobody asks", function()
    local polls = 0
    run { function()
      local forgotten = {}
      for i = 1, 10 do
        forgotten[i] = start ""
      end
      local job = start "slow_first_byte=0.3"
      while not job:done() do
        cqueues.poll(job)
        polls = polls + 1
      end
      for i = 1, 10 do
        assert(forgotten[i]:result())
      end
    end }
    assert.is_true(polls < 300, polls)
  end)

  it("rests when there is nothing to wait for", function()
    local job = start ""
    program.wait_for("the answer", function() return job:done() end)
    local other = start "never"
    local seconds
    for _ = 1, 5 do -- the first call may have been taken before the byte that tells of it was written
      local started = core.now()
      cqueues.poll({ pollfd = other:pollfd(), events = "r" }, 0.1)
      seconds = core.now() - started
      if seconds >= 0.09 then break end
      assert.is_false(other:done())
    end
    other:cancel()
    assert.is_true(seconds >= 0.09, "readable, with nothing to tell")
  end)

  it("is cancelled from another coroutine", function()
    local job, kind = start "never", nil
    run {
      function()
        local _, err = wait(job)
        kind = err.kind
      end,
      function()
        cqueues.sleep(0.1)
        job:cancel()
      end,
    }
    assert.equal("cancelled", kind)
  end)

  it("is what examples/cqueues.lua shows", function()
    local output, status = program.shell(("ALIX_URL=%s/alix CA_FILE=%s ALIX_ACCESS_TOKEN=alix_token_sandbox %s examples/cqueues.lua")
      :format(sandbox.url "HTTPS_URL", program.quote(sandbox.url "CA_FILE"), os.getenv "LUA_BIN"))
    assert.equal(0, status, output)
    assert.matches("c_1 +%*%*%*%*%*%*%*%*%*%*%*%*1111 after %d", output)
    assert.matches("slow_first_byte=1 +%*%*%*%*%*%*%*%*%*%*%*%*1111 after %d", output)
    assert.matches("sandbox%-declined +declined", output)
    assert.matches("sandbox%-never +cancelled", output)
    assert.matches("the timer went on all the while", output, 1, true)
  end)
end)
