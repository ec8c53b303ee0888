--- Groups that the collector finds unreachable while others are cancelled, which is between any two instructions of it.

local waiters = require "cards.async.waiters"

describe("a group that nobody can reach any more", function()
  if rawget(_G, "jit") then jit.off() end -- luacheck: ignore -- compiled code calls no hooks
  teardown(function()
    if rawget(_G, "jit") then jit.on() end -- luacheck: ignore
  end)

  local cancelled

  local function orphan(name, cancel)
    return { group = { cancel = cancel or function() cancelled[#cancelled + 1] = name end }, later = false }
  end

  before_each(function() cancelled = {} end)

  it("is cancelled once, whichever instruction of a sweep its finalizer interrupts", function()
    local at, interrupted, count = 0, 0
    repeat
      local late = orphan "late"
      at, count, cancelled = at + 1, 0, {}
      waiters.orphan(orphan "early")
      debug.sethook(function()
        count = count + 1
        if count == at then
          waiters.orphan(late)
          interrupted = interrupted + (#cancelled == 0 and 1 or 0)
        end
      end, "", 1)
      waiters.sweep()
      debug.sethook()
      waiters.sweep()
      assert.same({ "early", count >= at and "late" or nil }, cancelled, at)
    until count < at
    assert.is_true(interrupted > 5)
  end)

  it("is cancelled again after a sweep that found no memory, and those after it with it", function()
    local short = true
    waiters.orphan(orphan("first", function()
      if short then
        waiters.orphan(orphan "third")
        waiters.sweep()
        error("not enough memory", 0)
      end
      cancelled[#cancelled + 1] = "first"
    end))
    waiters.orphan(orphan "second")
    assert.has_error(waiters.sweep, "not enough memory")
    assert.same({ "second", "third" }, cancelled)
    short = false
    waiters.sweep()
    waiters.sweep()
    assert.same({ "second", "third", "first" }, cancelled)
  end)
end)
