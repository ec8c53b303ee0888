--- cards.hedge: calls a slow function a second time; the first success wins.

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

-- The first value that a task returns: the function returned, the time for another attempt has come, or a surrounding deadline is over.
local RETURNED, TIME, OVER = {}, {}, {}

--- Starts a function, and starts it again whenever the last attempt takes longer than so many seconds or fails with a retryable error. The first success wins,
-- and the other attempts are cancelled with their calls. Attempts run as coroutines, in nginx as light threads.
-- @param call function(), which fails by nil and an error
-- @param options { after = 0.3 (seconds), attempts = 2 (in all) }
-- @return what the first success returned; at once what an attempt returned whose error is not retryable; or what the last attempt returned when all failed.
--   An error that an attempt raises is passed on
return function(call, options)
  options = options or {}
  check.argument("cards.hedge", check.callable(call, "the first argument") or check.options(options, known))
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
      if value == #contexts then -- else a failed attempt was followed at once
        attempt()
      end
    elseif what ~= OVER then
      running = running - 1
      local is_retryable = what == RETURNED and value == nil and type(err) == "table" and err.retryable
      if is_retryable and #contexts < attempts then
        attempt()
      elseif not is_retryable or running == 0 then
        finish()
        if what ~= RETURNED then
          error(value, 0)
        end
        return unpack(task, 2, task.n)
      end
    end
  end
end
