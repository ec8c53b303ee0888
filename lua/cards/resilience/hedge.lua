--- cards.hedge: calls a function once more where it takes long; the first success wins.

local async = require "cards.async"
local check = require "cards.util.check"
local context = require "cards.async.context"
local sleep = require "cards.async.sleep"

local groups = async.group
local unpack = table.unpack or unpack -- luacheck: ignore

local known = {
  after = check.number(0, 86400),
  attempts = check.number(1, 100, true),
}

local RETURNED, TIME, OVER = {}, {}, {} -- the first value of a task: a function returned, its time has come, or that of a surrounding deadline

--- Starts a function, and once more whenever the last one has not ended after so many seconds or has failed in a way that may pass. The first that succeeds
-- wins, and those that still run are ended with their calls: as with cards.all they run as coroutines, inside of nginx as light threads.
-- @param call function(), which fails with nil and an error
-- @param options { after = 0.3 (seconds), attempts = 2 (in all) }
-- @return what the winner returned; what one returned that failed with an error that is not retryable, at once; or, when all failed, what the last one did.
--   An error that one of them raises goes through
return function(call, options)
  options = options or {}
  local wrong = check.callable(call, "the first argument") or (type(options) ~= "table" and "the options must be a table") or check.table(options, known)
  if wrong then
    error("cards.hedge: " .. wrong, 2)
  end
  async.check("cards.hedge", 2)
  local after, attempts = options.after or 0.3, options.attempts or 2
  local group, contexts, started, running = groups.new(), {}, {}, 0
  local abandoned = groups.finalizer(group)

  local function spawn(task)
    started[#started + 1] = groups.spawn(group, task, false)
  end

  local function attempt()
    local own = context.child()
    contexts[#contexts + 1] = own
    running = running + 1
    local number = #contexts
    spawn(function() return RETURNED, context.run(own, call) end)
    if number < attempts then
      spawn(function() return sleep(after) and TIME or OVER, number end)
    end
  end

  local function finish()
    for _, own in ipairs(contexts) do
      own.cancelled = true
    end
    groups.cancel(group, started)
    abandoned = nil
  end

  attempt()
  while abandoned ~= nil do
    local task = groups.next(group)
    local what, value, err = task[1], task[2], task[3]
    if what == TIME then
      if value == #contexts then -- else one that failed was followed at once
        attempt()
      end
    elseif what ~= OVER then
      running = running - 1
      local may_pass = what == RETURNED and value == nil and type(err) == "table" and err.retryable
      if may_pass and #contexts < attempts then
        attempt()
      elseif not may_pass or running == 0 then
        finish()
        if what ~= RETURNED then
          error(value, 0)
        end
        return unpack(task, 2, task.n)
      end
    end
  end
end
