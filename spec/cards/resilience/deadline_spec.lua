--- cards.deadline, in every place where a call may stand; in nginx see spec/nginx/orchestration_spec.lua.

local cards = require "cards"
local drive = require "support.drive"
local heard = require "support.heard"
local program = require "support.program"
local sandbox = require "support.sandbox"
local context = require "cards.async.context"
local together = require "support.together"

local TO_BE_SENT = program.watched and 5 or 1 -- seconds in which a call is sent on a loaded machine, too

local alix = drive.client("alix", { timeout = 60 })
local asked_to = sandbox.asked_to

-- A call that would get its answer after all, so that only what ends it sooner can make an error of it.
local function late(id) return alix:private_info(id or "c_1", asked_to "slow_first_byte=20") end

-- A call beside it, which takes longer than what ends that one.
local function neighbour(seconds) return alix:private_info("c_1", asked_to("slow_first_byte=" .. (seconds or 0.2))) end

--- How often a call was seen, which may be later than its end here.
local function seen(id)
  return program.wait_for("the call", function()
    local count = sandbox.seen(id).count
    return count > 0 and count
  end)
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
      cut = function() return cards.deadline(TO_BE_SENT, late, id) end,
      neighbour = function() return neighbour(TO_BE_SENT + 0.2) end,
    }
    assert.equal("timeout", got.cut[2].kind)
    assert.equal("private_info", got.cut[2].operation)
    assert.equal(1, seen(id))
    assert.is_truthy(got.neighbour[1].cvv)
  end)

  it("leaves a call its own timeout where that is shorter", function()
    local _, err = cards.deadline(50, function() return alix:private_info("c_1", asked_to("slow_first_byte=20", { timeout = 0.1 })) end)
    assert.equal("timeout", err.kind)
  end)

  it("holds for all calls inside of it together, and sends none when it is over", function()
    local first, second = sandbox.unique_id "first", sandbox.unique_id "second"
    cards.deadline(TO_BE_SENT, function()
      assert.equal("timeout", (select(2, late(first))).kind)
      local info, err = alix:private_info(second)
      assert.is_nil(info)
      assert.equal("timeout", err.kind)
      assert.equal(0, err.attempts)
      assert.is_true(err.retryable)
      assert.equal("alix.private_info: timeout: the deadline around it is over", tostring(err))
    end)
    assert.equal(1, seen(first))
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
    local client = drive.client("alix", { on_event = heard.calls(events) })
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
