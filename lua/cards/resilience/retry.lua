--- cards.retry: calls a function again after an error that may pass.

local async = require "cards.async"
local check = require "cards.util.check"
local core = require "cards.core"
local context = require "cards.async.context"
local sleep = require "cards.async.sleep"

local known = {
  attempts = check.number(1, 1000, true),
  base = check.number(0, 86400),
  max = check.number(0, 86400),
  on = check.callback,
}

local function may_pass(err)
  return type(err) == "table" and err.retryable == true
end

--- Seconds before the next attempt: full jitter, or what the provider asks for where that is longer.
local function pause(err, failed, base, max)
  local backoff = core.random() * math.min(max, base * 2 ^ math.min(failed - 1, 60))
  local asked = type(err) == "table" and tonumber(err.retry_after) or 0
  return math.max(backoff, math.min(asked, 1e6))
end

--- Calls a function until it succeeds, up to so many times. The retries of a client (`retries`) repeat one request; this repeats whatever the function does.
-- @param call function(), which fails with nil and an error
-- @param policy { attempts = 3 (calls in all), base = 0.2 (seconds: the longest wait after the first failure, which doubles with each further one),
--   max = 5 (seconds: what it never grows above), on = function(err) that says whether to go on; without it err.retryable does }. err.retry_after is waited
--   for, however long; but where a deadline comes first, nothing is waited for at all
-- @return what the function returned last; an error that it raises goes through
return function(call, policy)
  policy = policy or {}
  local wrong = check.callable(call, "the first argument") or (type(policy) ~= "table" and "the policy must be a table") or check.table(policy, known)
  if wrong then
    error("cards.retry: " .. wrong, 2)
  end
  async.check("cards.retry", 2)
  local attempts, on = policy.attempts or 3, policy.on or may_pass

  local function try(attempt, ...)
    local value, err = ...
    if value ~= nil or err == nil or attempt == attempts or not on(err) then
      return ...
    end
    local seconds, left = pause(err, attempt, policy.base or 0.2, policy.max or 5), context.left()
    if (left and seconds >= left) or not sleep(seconds) then
      return ...
    end
    return try(attempt + 1, call())
  end
  return try(1, call())
end
