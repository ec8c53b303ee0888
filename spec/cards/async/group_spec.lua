--- Groups of tasks whose ends are told of to functions, which may do anything.

local cards = require "cards"
local context = require "cards.async.context"
local groups = require "cards.async.group"
local waiters = require "cards.async.waiters"

local running = coroutine.running

local function none() end

describe("a group that is cancelled", function()
  it("may end another one that would have been next, and itself", function()
    local all, told = groups.new(), 0
    local inner
    groups.spawn(all, function()
      inner = groups.new()
      groups.spawn(inner, function() cards.sleep(60) end, false)
      return groups.next(inner)
    end, false)
    groups.spawn(all, function()
      local around = context.child()
      around.thread, around.lost = running(), function()
        told = told + 1
        groups.cancel(inner)
        groups.cancel(all)
      end
      return context.run(around, cards.sleep, 60)
    end, false)
    groups.spawn(all, none, false)
    assert.equal(0, groups.next(all).n)
    assert.equal(3, waiters.active())
    groups.cancel(all)
    assert.equal(1, told)
    assert.equal(0, waiters.active())
    assert.is_nil(groups.next(all))
  end)
end)
