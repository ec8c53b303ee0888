--- cards.retry: calls a function again after a retryable error.

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

local function is_retryable(err)
  return type(err) == "table" and err.retryable == true
end

local LONGEST = 86400 -- seconds; nobody can ask for a longer wait than a day

--- Seconds before the next attempt: full jitter, or the retry_after of the provider where that is longer.
local function pause(err, failed, base, max)
  local backoff = core.random() * math.min(max, base * 2 ^ math.min(failed - 1, 60))
  local asked = type(err) == "table" and tonumber(err.retry_after) or 0
  return math.max(backoff, math.min(asked, LONGEST))
end

--- Calls a function until it succeeds, up to so many times. A client's `retries` repeat one request; this repeats all that the function does.
-- @param call function(), which fails by nil and an error
-- @param policy { attempts = 3 (in all), base = 0.2, max = 5, on }:
--   base: the longest wait in seconds after the first failure; it doubles with each failure, up to max; on: function(err) that returns whether to try again;
--   by default err.retryable decides. err.retry_after is always waited for. Where a deadline comes before the end of a wait, there is no wait and no attempt
-- @return what the last attempt returned. An error that the function raises is passed on
return function(call, policy)
  policy = policy or {}
  check.argument("cards.retry", check.callable(call, "the first argument") or type(policy) ~= "table" and "the policy must be a table"
    or check.table(policy, known))
  async.check("cards.retry", 2)
  local attempts, on = policy.attempts or 3, policy.on or is_retryable

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
