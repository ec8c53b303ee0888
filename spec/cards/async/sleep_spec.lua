--- cards.sleep and the timers below it, in every place where a call may stand; in nginx see spec/nginx/orchestration_spec.lua.

local cards = require "cards"
local core = require "cards.core"
local drive = require "support.drive"
local program = require "support.program"
local sandbox = require "support.sandbox"
local test_clock = require "support.test_clock"
local timers = require "cards.async.timers"
local together = require "support.together"

local alix = drive.client("alix", { timeout = 60 })
local asked_to = sandbox.asked_to

--- Sleeps in steps until a condition holds, which others have to bring about meanwhile; at most for some ten seconds.
local function sleep_until(condition, sleep)
  for _ = 1, 1000 do
    if condition() then return true end
    sleep(0.01)
  end
end

describe("cards.sleep", function()
  it("waits alone", function()
    local began = core.now()
    assert.is_true(cards.sleep(0.05))
    assert.is_true(core.now() - began >= 0.05)
    assert.is_true(cards.sleep(0))
  end)

  it("ends in the order of the times, and lets others go on meanwhile", function()
    test_clock(finally) -- by the real one the three may begin, and be due, at any time on a loaded machine
    local order, called = {}, false
    local function after(seconds)
      return function()
        cards.sleep(seconds)
        order[#order + 1] = seconds
      end
    end
    together {
      third = after(0.3), first = after(0), second = after(0.1),
      call = function() called = alix:private_info "c_1" ~= nil end,
      waits = function() assert.is_true(sleep_until(function() return called end, cards.sleep)) end,
    }
    assert.same({ 0, 0.1, 0.3 }, order)
  end)

  it("goes on with calls where it stands in the loop of cards.each, in pcall and in a coroutine of the script's own", function()
    local done = {}
    for _, id in cards.each({ "c_1", "c_2" }, function(id)
      local info = alix:private_info(id, id == "c_2" and asked_to "slow_first_byte=0.1" or nil)
      done[id] = info ~= nil
    end) do
      if id == "c_1" then assert.is_true(sleep_until(function() return done.c_2 end, cards.sleep)) end
    end
    for _, sleep in ipairs {
      function(seconds) assert.is_true(select(2, pcall(cards.sleep, seconds))) end,
      function(seconds) assert.is_true(coroutine.wrap(function() return cards.sleep(seconds) end)()) end,
    } do
      local called = false
      together {
        waits = function() assert.is_true(sleep_until(function() return called end, sleep)) end,
        call = function() called = alix:private_info("c_1", asked_to "slow_first_byte=0.1") ~= nil end,
      }
    end
  end)

  it("takes many that are given up", function()
    test_clock(finally) -- by the real one all may be due at once on a loaded machine
    local woken = 0
    for _ = 1, 3 do
      local given = 0
      local function source() given = given + 1 return given end
      for _ in cards.each(source, function(number) -- luacheck: ignore 512
        cards.sleep(number == 200 and 0.01 or 0.02)
        woken = woken + 1
        return true
      end, { concurrency = 200 }) do break end -- luacheck: ignore 512
      collectgarbage()
      collectgarbage()
    end
    assert.is_true(cards.sleep(0.1))
    assert.is_true(woken < 3 * 200, woken)
  end)

  it("keeps nothing of what is given up", function()
    local kept = setmetatable({}, { __mode = "k" })
    local function leave()
      for _ in cards.each({ 1, 2 }, function(number) -- luacheck: ignore 512
        if number == 1 then return cards.sleep(0.01) end
        local value = {}
        kept[value] = true
        return cards.sleep(3600) and value
      end) do break end
    end
    leave()
    for _ = 1, 2 do -- found in the first round, and let go of by what waits next
      for _ = 1, 3 do collectgarbage() end
      assert.is_true(cards.sleep(0))
    end
    assert.is_nil(next(kept))
  end)

  it("keeps no time that nobody waits for any more, however far off", function()
    local kept, count = setmetatable({}, { __mode = "k" }), 0
    for _ = 1, 2000 do
      local entry = { at = core.now() + 3600, owner = true, wake = print }
      timers.add(entry)
      entry.owner = false
      kept[entry] = true
    end
    collectgarbage()
    collectgarbage()
    for _ in pairs(kept) do count = count + 1 end
    assert.is_true(count < 1000, count)
  end)

  it("wakes in the order of the times, also where most were given up", function()
    local woken, expected = {}, {}
    for i = 1, 1000 do
      local at = core.now() - (i * 7919 % 1000)
      local entry = { at = at, owner = at, wake = function(owner) table.insert(woken, owner) end }
      timers.add(entry)
      if i % 5 == 0 then
        table.insert(expected, at)
      else
        entry.owner = false
      end
    end
    timers.due()
    table.sort(expected)
    assert.same(expected, woken)
  end)

  it("ends with nil and an error at a deadline", function()
    local slept, err = cards.deadline(0.1, cards.sleep, 40)
    assert.is_nil(slept)
    assert.equal("timeout", err.kind)
    assert.equal("cards.sleep: timeout: the deadline around it is over", tostring(err))
    assert.is_true(cards.deadline(50, cards.sleep, 0))
  end)

  if program.lua ~= "5.1" then -- there a function for a credential cannot yield
    it("lets an event loop go on with other calls", function()
      local slept, may_end
      local client = drive.client("alix", { access_token = function()
        repeat local ok = cards.sleep(0.2) until may_end or not ok
        slept = true
        return "alix_token_sandbox"
      end })
      local job, other = client:start("private_info", "c_1"), alix:start("private_info", "c_2")
      assert.is_true(job:timeout() <= 0.2)
      assert.is_false(job:done())
      assert.is_truthy(other:result())
      assert.is_nil(slept)
      may_end = true
      program.wait_for("the call", function() return job:done() end)
      assert.is_true(slept)
      assert.is_truthy(job:result())
    end)

    it("is given up with the started call that it stands in", function()
      local why
      local client = drive.client("alix", { access_token = function()
        why = select(2, cards.sleep(60))
        return nil, why
      end })
      local job = client:start("private_info", "c_1")
      job:cancel()
      assert.is_true(job:done())
      assert.equal("cancelled", why.kind)
      assert.equal("cancelled", (select(2, job:result())).kind)
    end)
  end

  it("refuses what is no time, at the caller's line", function()
    for _, wrong in ipairs { -1, "x", {}, 1e9, 0 / 0 } do
      local ok, message = pcall(function() cards.sleep(wrong) end)
      assert.is_false(ok)
      assert.matches("sleep_spec.lua:%d+: cards.sleep: seconds must be a number", message)
      assert.not_matches("1000000.0", message, 1, true)
    end
  end)
end)
