--- client:start, as an event loop sees it; the loops themselves are in loop_cqueues_spec.lua and loop_luv_spec.lua.

local heard = require "support.heard"
local waiters = require "cards.async.waiters"
local cards = require "cards"
local core = require "cards.core"
local program = require "support.program"
local sandbox = require "support.sandbox"
local scripted = require "support.scripted"
local shared = require "support.started"

local client, asked_to, wait_for_no_calls = shared.client, sandbox.asked_to, shared.wait_for_no_calls

describe("a started call", function()
  local alix

  setup(function()
    alix = client "alix"
    wait_for_no_calls()
  end)

  after_each(wait_for_no_calls)
  teardown(scripted.stop_all)

  it("is under way at once, and gives what the blocking call gives", function()
    local id = sandbox.unique_id "started"
    local job = alix:start("private_info", id)
    program.wait_for("the request", function() return sandbox.seen(id).count == 1 end)
    program.wait_for("the answer", function() return job:done() end)
    local info, err = job:result()
    assert.is_nil(err)
    assert.equal("************1111", tostring(info.cardNo))
    assert.equal(sandbox.ALIX_PAN, info.cardNo:reveal())
    assert.equal(1, sandbox.seen(id).count)
  end)

  it("takes parameters as every call does", function()
    local info = alix:start("private_info", { card_id = "c_1" }):result()
    assert.is_truthy(info.cvv)
    local netxd = client "netxd"
    assert.is_truthy(netxd:start("get_cvv", sandbox.params "netxd"):result().card.cvv)
    assert.is_truthy(cards.alix.start(alix, "private_info", cards.secret "c_1"):result().cvv)
  end)

  it("gives the result again when asked again", function()
    local job = alix:start("private_info", "c_1")
    local first = job:result()
    local again, err = job:result()
    assert.equal(first, again)
    assert.is_nil(err)

    job = alix:start("private_info", "sandbox-declined")
    local _, refused = job:result()
    assert.equal("declined", refused.kind)
    assert.equal(refused, (select(2, job:result())))
    assert.equal(2, select("#", job:result()))
  end)

  it("waits in result where it is not done", function()
    local job = alix:start("private_info", "c_1", asked_to "slow_first_byte=0.2")
    assert.is_truthy(job:result())
    assert.is_true(job:done())
  end)

  it("says what to poll: the same descriptor for all, for reading, until the deadline", function()
    local one = alix:start("private_info", "c_1", asked_to("slow_first_byte=0.1", { timeout = 7 }))
    local other = client("nayax"):start("get_token", "T1")
    assert.is_number(one:pollfd())
    assert.is_true(one:pollfd() >= 0)
    assert.equal(one:pollfd(), other:pollfd())
    assert.equal("r", one:events())
    local seconds = one:timeout()
    assert.is_true(seconds > 0 and seconds < 7.5)
    one:result()
    assert.equal(0, one:timeout())
    assert.equal("r", one:events())
    other:result()
  end)

  it("runs beside many others", function()
    local jobs, count = {}, program.watched and 40 or 100
    for i = 1, count do
      jobs[i] = alix:start("private_info", "c_" .. i, asked_to "slow_first_byte=0.2")
    end
    assert.equal(count, core.calls())
    local descriptor = jobs[1]:pollfd()
    for i, job in ipairs(jobs) do
      assert.equal(descriptor, job:pollfd())
      local info, err = job:result()
      assert.is_nil(err)
      assert.equal("************1111", tostring(info.cardNo), "call " .. i)
    end
    assert.equal(0, core.calls())
  end)

  it("keeps its deadline where the provider never answers", function()
    local started = core.now()
    local job = alix:start("private_info", "c_1", asked_to("never", { timeout = 0.2 }))
    assert.is_true(job:timeout() < 1)
    local info, err = job:result()
    local seconds = core.now() - started
    assert.is_nil(info)
    assert.equal("timeout", err.kind)
    assert.is_true(seconds >= 0.19, seconds)
  end)

  it("is held to its client's deadline where it has none of its own", function()
    local hurried = client("alix", { timeout = 0.2 })
    local job = hurried:start("private_info", "c_1", asked_to "never")
    assert.is_true(job:timeout() < 1)
    assert.equal("timeout", (select(2, job:result())).kind)
  end)

  it("gives errors that need no request at once", function()
    local job = alix:start "private_info"
    assert.equal(0, core.calls())
    assert.is_true(job:done())
    assert.equal(0, job:timeout())
    local info, err = job:result()
    assert.is_nil(info)
    assert.equal("invalid_request", err.kind)
    assert.equal(0, err.attempts)
  end)

  it("is refused at the caller's line where it is a mistake", function()
    local function refused(expected, ...)
      local arguments = { ... }
      local ok, message = pcall(function()
        local start = cards.alix.start
        local job = start(arguments[1], arguments[2], arguments[3], arguments[4])
        return job
      end)
      assert.is_false(ok)
      assert.matches("loop_spec.lua:%d+: cards.alix.start: ", message)
      assert.matches(expected, message, 1, true)
    end
    refused("the first argument must be a cards.alix client, not nil", nil, "private_info", "c_1")
    refused("the first argument must be a cards.alix client, not a cards.whop client", client "whop", "private_info", "c_1")
    refused("unknown operation 'private_inf' (did you mean 'private_info'?)", alix, "private_inf", "c_1")
    refused("the name of an operation is expected first", alix)
    refused("unknown key 'timeot' (did you mean 'timeout'?)", alix, "private_info", "c_1", { timeot = 1 })
    refused("timeout must be a number", alix, "private_info", "c_1", { timeout = "1" })
    refused("the options must be a table", alix, "private_info", "c_1", 5)
  end)

  it("tells on_event once", function()
    local events = {}
    local telling = client("alix", { on_event = heard.calls(events) })
    assert.is_truthy(telling:start("private_info", "c_1"):result())
    telling:start("private_info", "sandbox-declined"):result()
    telling:start("private_info", 5):result()
    assert.equal(3, #events)
    assert.is_true(events[1].ok)
    assert.equal(200, events[1].status)
    assert.equal("declined", events[2].kind)
    assert.equal("invalid_request", events[3].kind)
  end)

  it("may be asked about others from on_event, without losing an answer", function()
    local slow, told = {}, false
    local telling = client("alix", { on_event = function()
      if not told then
        told = true
        program.shell "sleep 0.2" -- until several of the slow ones are there
        slow[1]:result()
      end
    end })
    local jobs = {}
    for _ = 1, 6 do
      table.insert(jobs, telling:start("private_info", "c_1"))
    end
    for i = 1, 4 do
      slow[i] = alix:start("private_info", "c_2", asked_to "slow_first_byte=0.2")
      table.insert(jobs, slow[i])
    end
    program.shell "sleep 0.1"
    for i, job in ipairs(jobs) do
      program.wait_for("call " .. i, function() return job:done() end)
      local info, err = job:result()
      assert.is_nil(err, "call " .. i)
      assert.is_truthy(info)
    end
  end)

  it("may be asked about others from on_event whose answers came with its own", function()
    local id, others, outcome = sandbox.unique_id "together", {}, nil
    local telling = client("alix", { on_event = function()
      outcome = outcome or { others[2]:result() }
    end })
    local first = telling:start("private_info", id)
    for i = 1, 3 do
      others[i] = alix:start("private_info", id, { timeout = 10 })
    end
    program.wait_for("the answers", function() return sandbox.seen(id).count == 4 and shared.are_answered() end)
    assert.is_truthy(first:result())
    assert.is_nil(outcome[2])
    for i = 1, 3 do assert.is_truthy(others[i]:result()) end
  end)

  it("calls credential functions, and again after a 401", function()
    local given = 0
    local dynamic = client("alix", { access_token = function()
      given = given + 1
      return "alix_token_sandbox"
    end })
    local id = sandbox.unique_id "fresh"
    local job = dynamic:start("private_info", id, asked_to "expire_then_ok")
    assert.equal(1, given)
    assert.is_truthy((job:result()))
    assert.equal(2, given)
    assert.equal(2, sandbox.seen(id).count)
  end)

  it("gives the error of a credential function that fails", function()
    local dynamic = client("alix", { access_token = function() error "no vault" end })
    local job = dynamic:start("private_info", "c_1")
    assert.is_true(job:done())
    assert.equal("auth", (select(2, job:result())).kind)
  end)

  it("lets a credential function call a provider, which goes on in the background too", function()
    local fetched = false
    local dynamic = client("alix", { access_token = function()
      assert(alix:private_info("c_1", asked_to "slow_first_byte=0.2"))
      fetched = true
      return "alix_token_sandbox"
    end })
    local job = dynamic:start("private_info", "c_2")
    if not shared.blocks_in_credentials then
      assert.is_false(fetched, "it blocked")
      assert.is_false(job:done())
    end
    assert.is_truthy((job:result()))
  end)

  it("signs with a function", function()
    local netxd = client("netxd", { signature = false, sign = function() return "netxd_signature_sandbox" end })
    local record, err = netxd:start("get_cvv", sandbox.params "netxd"):result()
    assert.is_nil(err)
    assert.is_truthy(record.card.cvv)
  end)

  it("leaves a blocking call of another client as it is", function()
    local server, holding = scripted.hold()
    local job = holding:start("private_info", "c_1")
    assert.is_truthy((alix:private_info "c_2").cvv)
    assert.is_false(job:done())
    server.tell "go on"
    assert.is_truthy((job:result()))
    server.stop()
  end)

  if program.lua ~= "5.1" then -- there pcall, which calls them, cannot yield
    it("ends with an error that says so where a function of the client's yields to nobody", function()
      for _, value in ipairs { 1, {}, "x", false } do
        local function token()
          coroutine.yield(value or nil)
          return "alix_token_sandbox"
        end
        local ok, why = pcall(function() client("alix", { access_token = token }):start("private_info", "c_1") end)
        assert.is_false(ok)
        assert.matches("^a function that the client was given yielded outside of a call\nstack traceback:.*loop_spec", why)
        assert.equal(0, waiters.active())
      end
      local job = client("alix", { on_event = function() coroutine.yield() end }):start("private_info", "c_1")
      assert.matches("^a function that the client was given yielded outside of a call\n", select(2, pcall(job.result, job)))
      assert.equal(0, waiters.active())
    end)
  end

  it("refuses to be asked with a dot for the colon, at the caller's line", function()
    local job = alix:start("private_info", "c_1")
    for _, name in ipairs { "timeout", "done", "result", "cancel" } do
      for _, wrong in ipairs { false, {}, 3 } do
        local ok, why = pcall(function() local _ = job[name](wrong or nil) end)
        assert.is_false(ok)
        assert.matches("loop_spec.lua:%d+: job:" .. name .. ": a started call is expected", why)
      end
    end
    assert.is_truthy((job:result()))
  end)

  it("goes on while cards.all runs, and may be asked from there", function()
    local outside = alix:start("private_info", "c_1", asked_to "slow_first_byte=0.2")
    local a, b, c = cards.all {
      function() return alix:private_info("c_2", asked_to "slow_first_byte=0.1") end,
      function() return alix:start("private_info", "c_3"):result() end,
      function()
        local job = alix:start("private_info", "c_4")
        local info = alix:private_info "c_5"
        return job:result(), info
      end,
    }
    assert.is_truthy(a[1].cvv)
    assert.is_truthy(b[1].cvv)
    assert.is_truthy(c[1].cvv)
    assert.is_truthy(c[2].cvv)
    assert.is_truthy((outside:result()))
  end)

  it("costs other calls nothing when it is over", function()
    alix:start("private_info", "c_1"):result()
    local job = alix:start("private_info", "c_1", asked_to "never")
    assert.equal(1, waiters.active())
    job:cancel()
    assert.equal(0, waiters.active())
  end)
end)
