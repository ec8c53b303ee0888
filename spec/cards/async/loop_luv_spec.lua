--- client:start in a program on libuv: one poll handle serves every job.

local cards = require "cards"
local core = require "cards.core"
local program = require "support.program"
local sandbox = require "support.sandbox"
local scripted = require "support.scripted"

local found, uv = pcall(require, "luv")

describe("client:start in libuv", function()
  if not found then
    pending("needs luv for this Lua: " .. tostring(uv):match "^[^\n]*")
    return
  end

  local alix = cards.alix.new(sandbox.config "alix")

  local function start(case, options)
    options = options or {}
    options.headers = { ["X-Sandbox"] = case }
    return alix:start("private_info", "c_1", options)
  end

  --- Runs the loop until all jobs are done, with other handles of the spec's own beside.
  -- @param patience milliseconds until they are asked even if nothing was readable
  -- @return the places of the jobs in the order in which they were done
  local function run(jobs, timers, patience)
    local done, order = {}, {}
    local poll, timer = uv.new_poll(jobs[1]:pollfd()), uv.new_timer()
    local function look()
      for i, job in ipairs(jobs) do
        if not done[i] and job:done() then
          done[i] = true
          order[#order + 1] = i
        end
      end
      if #order == #jobs and not poll:is_closing() then
        poll:close()
        timer:close()
        for _, other in ipairs(timers or {}) do
          other:close()
        end
      end
    end
    poll:start("r", look)
    timer:start(patience or math.ceil(jobs[1]:timeout() * 1000), 1000, look)
    uv.run()
    return order
  end

  teardown(scripted.stop_all)

  after_each(function() program.wait_for("the calls to be gone", function() return core.calls() == 0 end) end)

  it("serves many calls with one handle, and timers go on", function()
    local server, holding = scripted.hold()
    local jobs, ticks, most = {}, 0, 0
    local count = program.watched and 40 or 100
    for i = 1, count do
      jobs[i] = holding:start("private_info", "c_1")
    end
    local clock = uv.new_timer()
    clock:start(20, 20, function()
      ticks, most = ticks + 1, math.max(most, core.calls())
      if ticks == 5 then server.tell "go on" end
    end)
    run(jobs, { clock })
    server.stop()
    for i = 1, count do
      local info, err = jobs[i]:result()
      assert(info, err)
    end
    assert.is_true(most > 1, "one after the other")
    assert.is_true(ticks >= 5, ticks)
  end)

  it("tells of each call when it is done", function()
    local server, holding = scripted.hold()
    local quick = start ""
    local telling = { done = function()
      local is_done = quick:done()
      if is_done then server.tell "go on" end
      return is_done
    end }
    assert.same({ 2, 1 }, run { holding:start("private_info", "c_1"), telling })
    server.stop()
  end)

  it("keeps a deadline", function()
    local job = start("never", { timeout = 0.2 })
    run { job }
    assert.equal("timeout", (select(2, job:result())).kind)
  end)

  it("hears of an answer that was taken elsewhere", function()
    local jobs = { start "slow_first_byte=0.1", start "slow_first_byte=0.1", start "slow_first_byte=0.1" }
    local eager = uv.new_timer()
    eager:start(1, 1, function() jobs[2]:done() end)
    local started = core.now()
    run(jobs, { eager }, 20000)
    assert.is_true(core.now() - started < 20, "nothing was readable")
  end)

  it("is quiet when all are done", function()
    run { start "", start "" }
    local readable = 0
    local job = start "never"
    for _ = 1, 20 do job:done() end -- calls of other specs that were done and never asked are told of no more then
    local poll, timer = uv.new_poll(job:pollfd()), uv.new_timer()
    poll:start("r", function() readable = readable + 1 end)
    timer:start(100, 0, function()
      poll:close()
      timer:close()
    end)
    uv.run()
    assert.equal(0, readable)
    job:cancel()
  end)

  it("is what examples/luv.lua shows", function()
    local output, status = program.shell(("ALIX_URL=%s/alix CA_FILE=%s ALIX_ACCESS_TOKEN=alix_token_sandbox %s examples/luv.lua")
      :format(sandbox.url "HTTPS_URL", program.quote(sandbox.url "CA_FILE"), os.getenv "LUA_BIN"))
    assert.equal(0, status, output)
    assert.matches("c_1 +%*%*%*%*%*%*%*%*%*%*%*%*1111 after %d", output)
    assert.matches("slow_first_byte=1 +%*%*%*%*%*%*%*%*%*%*%*%*1111 after %d", output)
    assert.matches("sandbox%-declined +declined", output)
    assert.matches("sandbox%-never +cancelled", output)
    assert.matches("the timer went on all the while", output, 1, true)
  end)
end)
