--- cards.deadline and cards.sleep, in every place where a call may stand; in nginx see spec/nginx/orchestration_spec.lua.

local cards = require "cards"
local core = require "cards.core"
local drive = require "support.drive"
local program = require "support.program"
local sandbox = require "support.sandbox"
local context = require "cards.async.context"
local timers = require "cards.async.timers"

local alix = drive.client("alix", { timeout = 60 })

local function asked_to(case, more)
  local options = { headers = { ["X-Sandbox"] = case } }
  for key, value in pairs(more or {}) do options[key] = value end
  return options
end

--- Runs functions at the same time. @return what they returned by name
local function together(functions)
  local got, list = {}, {}
  for name, call in pairs(functions) do
    list[#list + 1] = function() got[name] = { call() } end
  end
  for _, result in ipairs { cards.all(list) } do assert.is_nil(result[2], result[2]) end
  return got
end

-- A call that would get its answer after all, so that only what ends it sooner can make an error of it.
local function late(id) return alix:private_info(id or "c_1", asked_to "slow_first_byte=20") end

-- A call beside it, which takes longer than what ends that one.
local function neighbour() return alix:private_info("c_1", asked_to "slow_first_byte=0.2") end

--- Sleeps in steps until a condition holds, which others have to bring about meanwhile; at most for some ten seconds.
local function sleep_until(condition, sleep)
  for _ = 1, 1000 do
    if condition() then return true end
    sleep(0.01)
  end
end

describe("cards.deadline", function()
  after_each(function()
    collectgarbage()
    context.get()
    assert.is_nil(context.get())
  end)

  it("returns what its function returns, and hands on its arguments and what it raises", function()
    assert.same({ 1, nil, 3, n = 3 }, (function(...) return { n = select("#", ...), ... } end)(cards.deadline(9, function() return 1, nil, 3 end)))
    assert.equal("ab", cards.deadline(9, function(a, b) return a .. b end, "a", "b"))
    local thrown = {}
    assert.equal(thrown, select(2, pcall(cards.deadline, 9, function() error(thrown) end)))
    assert.is_nil(context.left())
  end)

  it("is the timeout of a call that would take longer", function()
    local id = sandbox.unique_id "deadline"
    local got = together {
      cut = function() return cards.deadline(program.watched and 5 or 0.1, late, id) end, -- enough to be sent
      neighbour = neighbour,
    }
    assert.equal("timeout", got.cut[2].kind)
    assert.equal("private_info", got.cut[2].operation)
    assert.equal(1, sandbox.seen(id).count)
    assert.is_truthy(got.neighbour[1].cvv)
  end)

  it("leaves a call its own timeout where that is shorter", function()
    local _, err = cards.deadline(50, function() return alix:private_info("c_1", asked_to("slow_first_byte=20", { timeout = 0.1 })) end)
    assert.equal("timeout", err.kind)
  end)

  it("holds for all calls inside of it together, and sends none when it is over", function()
    local first, second = sandbox.unique_id "first", sandbox.unique_id "second"
    cards.deadline(0.1, function()
      assert.equal("timeout", (select(2, late(first))).kind)
      local info, err = alix:private_info(second)
      assert.is_nil(info)
      assert.equal("timeout", err.kind)
      assert.equal(0, err.attempts)
      assert.is_true(err.retryable)
      assert.equal("alix.private_info: timeout: the deadline around it is over", tostring(err))
    end)
    assert.equal(1, sandbox.seen(first).count)
    assert.equal(0, sandbox.seen(second).count)
    assert.is_truthy(alix:private_info(second))
  end)

  it("is the sooner one where they are nested", function()
    local got = together {
      inner = function() return cards.deadline(50, cards.deadline, 0.1, late) end,
      outer = function() return cards.deadline(0.1, cards.deadline, 50, late) end,
    }
    assert.equal("timeout", got.inner[2].kind)
    assert.equal("timeout", got.outer[2].kind)
    cards.deadline(50, function()
      cards.deadline(0, function() assert.equal(0, context.left()) end)
      assert.is_true(context.left() > 0)
    end)
  end)

  it("reaches into cards.all and cards.each, and not to their neighbours", function()
    local got = together {
      all = function() return cards.deadline(0.1, cards.all, { function() return late() end }) end,
      each = function()
        return cards.deadline(0.1, function()
          local why
          for _, _, _, err in cards.each({ "c_1" }, late) do why = err end
          return why
        end)
      end,
      neighbour = neighbour,
    }
    assert.equal("timeout", got.all[1][2].kind)
    assert.equal("timeout", got.each[1].kind)
    assert.is_truthy(got.neighbour[1])
    -- what ran inside of it runs other functions afterwards
    local results = { cards.all { function() return context.left() end, function() return context.left() end, function() return context.left() end } }
    assert.same({ {}, {}, {} }, results)
  end)

  it("does not stay with a coroutine whose function raised", function()
    local a = cards.all { function()
      pcall(cards.deadline, 0, error, "oops")
      return alix:private_info "c_1"
    end }
    assert.is_truthy(a[1])
    assert.is_false(pcall(cards.deadline, 0, error, "oops"))
    assert.is_truthy(alix:private_info "c_1")
    local failed = cards.all { function() cards.deadline(0, error, "oops") end }
    assert.matches("oops", failed[2])
    assert.is_truthy(cards.all { function() return alix:private_info "c_1" end }[1])
  end)

  it("reaches into functions that give credentials", function()
    local left
    local client = drive.client("alix", { access_token = function()
      left = context.left()
      return "alix_token_sandbox"
    end })
    assert.is_truthy(cards.deadline(50, client.private_info, client, "c_1"))
    assert.is_true(left <= 50)
  end)

  it("tells on_event of a call that it did not let begin", function()
    local events = {}
    local client = drive.client("alix", { on_event = function(event) events[#events + 1] = event end })
    cards.deadline(0, client.private_info, client, "c_1")
    assert.equal(1, #events)
    assert.equal("timeout", events[1].kind)
    assert.equal(0, events[1].attempts)
  end)

  it("holds for a call that is started in it", function()
    local job, next_one = cards.deadline(0.1, function()
      local job = alix:start("private_info", "c_1", asked_to "slow_first_byte=20")
      cards.sleep(1)
      return job, alix:start("private_info", "c_1")
    end)
    assert.equal("timeout", (select(2, next_one:result())).kind)
    assert.equal("timeout", (select(2, job:result())).kind)
    assert.is_truthy(alix:start("private_info", "c_1"):result())
  end)

  it("refuses what is no time and no function, at the caller's line", function()
    for _, wrong in ipairs { { -1, print }, { "x", print }, { 1 }, { 1, {} }, { 0 / 0, print } } do
      local ok, message = pcall(function() cards.deadline(wrong[1], wrong[2]) end)
      assert.is_false(ok)
      assert.matches("deadline_spec.lua:%d+: cards.deadline: ", message)
    end
  end)
end)

describe("cards.sleep", function()
  it("waits alone", function()
    local began = core.now()
    assert.is_true(cards.sleep(0.05))
    assert.is_true(core.now() - began >= 0.05)
    assert.is_true(cards.sleep(0))
  end)

  it("ends in the order of the times, and lets others go on meanwhile", function()
    local order, called = {}, false
    local function after(seconds)
      return function()
        cards.sleep(seconds)
        order[#order + 1] = seconds
      end
    end
    together {
      third = after(0.09), first = after(0), second = after(0.03),
      call = function() called = alix:private_info "c_1" ~= nil end,
      waits = function() assert.is_true(sleep_until(function() return called end, cards.sleep)) end,
    }
    assert.same({ 0, 0.03, 0.09 }, order)
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
      local slept
      local client = drive.client("alix", { access_token = function()
        slept = cards.sleep(0.2)
        return "alix_token_sandbox"
      end })
      local job, other = client:start("private_info", "c_1"), alix:start("private_info", "c_2")
      assert.is_true(job:timeout() <= 0.2)
      assert.is_false(job:done())
      assert.is_nil(slept)
      assert.is_truthy(other:result())
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
      assert.matches("deadline_spec.lua:%d+: cards.sleep: seconds must be a number", message)
      assert.not_matches("1000000.0", message, 1, true)
    end
  end)
end)
