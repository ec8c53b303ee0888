--- cards.limit: so many calls in a time, and so many at once.

local async = require "cards.async"
local check = require "cards.util.check"
local core = require "cards.core"
local new_permits = require "cards.resilience.permits"
local new_rate = require "cards.resilience.rate"
local yielding_pcall = require("cards.async.yield").pcall
local context = require "cards.async.context"
local shared = require "cards.resilience.shared"
local sleep = require "cards.async.sleep"

local function is_key(value, key)
  local of = type(value)
  return of ~= "string" and of ~= "function" and not check.is_secret(value) and ("%s must be a string, a secret or a function"):format(key) or nil
end

local known = {
  rate = check.number(0.001, 1e6),
  per = check.number(0.001, 86400),
  burst = check.number(1, 1e6, true),
  concurrency = check.number(1, 1e6, true),
  max_wait = check.number(0, 86400),
  key = is_key,
  shared = check.text,
}

local methods = {}
local metatable = { __index = methods, __name = "cards.limit" }

local function is_idle(bucket)
  return bucket.at <= core.now() and not (bucket.permits and bucket.permits.running > 0)
end

local function bucket_of(self, ...)
  local key = self.key
  if type(key) == "function" then
    key = key(...)
  end
  if check.is_secret(key) then
    local why = check.not_open(key)
    if why then
      error(("cards.limit: key: the secret %s"):format(why), 3)
    end
    key = core.hash("cards.limit", key)
  elseif type(key) ~= "string" and type(key) ~= "number" then
    error("cards.limit: the function key must return a string, a number or a secret", 3)
  end
  local bucket = self.buckets[key]
  if not bucket then
    if self.count >= self.most then -- as good as new are those that rest
      for name, other in pairs(self.buckets) do
        if is_idle(other) then
          self.buckets[name] = nil
          self.count = self.count - 1
        end
      end
      self.most = 2 * self.count + 64
    end
    bucket = { name = "cards.limit:" .. key, at = 0, permits = self.concurrency and new_permits(self.concurrency) }
    self.buckets[key] = bucket
    self.count = self.count + 1
  end
  return bucket
end

local function busy(message, seconds)
  return core.error {
    kind = "busy", provider = "cards", operation = "limit", message = message, retry_after = seconds, retryable = true, attempts = 0,
  }
end

--- Waits for a permit, and then for the turn. @return true, the permit and its keeper; or nil and an error
local function enter(self, bucket)
  local most, permit, keeper = math.min(self.max_wait, context.left() or math.huge), nil, nil
  local ends = core.now() + most
  if bucket.permits then
    permit, keeper = bucket.permits:take(most)
    if not permit then
      return nil, keeper or busy(("%d calls run already, and none ended in time"):format(self.concurrency))
    end
  end
  local seconds, longer
  if self.rate then
    seconds, longer = self.rate:take(bucket, math.max(0, ends - core.now()))
  end
  local err = longer and busy(("the rate is used up for %.3g seconds, longer than the call may wait"):format(longer), longer)
  if seconds and seconds > 0 then
    err = select(2, sleep(seconds))
  end
  if err then
    if permit then
      bucket.permits:give(permit)
    end
    return nil, err
  end
  return true, permit, keeper
end

local function leave(bucket, permit, _, ok, ...)
  if permit then
    bucket.permits:give(permit)
  end
  if not ok then
    error((...), 0)
  end
  return ...
end

--- limited(call, ...): calls a function when its turn has come.
-- @param call a function
-- @param ... what it is called with
-- @return what it returns; or nil and an error of kind "busy", retryable, where the wait would be longer than max_wait or than a surrounding deadline
function metatable:__call(call, ...)
  if not check.is_callable(call) then
    error("cards.limit: the first argument must be a function", 2)
  end
  async.check("cards.limit", 2)
  local bucket = bucket_of(self, ...)
  local ok, permit, keeper = enter(self, bucket)
  if not ok then
    return nil, permit
  end
  return leave(bucket, permit, keeper, yielding_pcall(call, ...))
end

--- limited:state(...): of the bucket of these arguments { running = calls, waiting = for one of them to end, wait = seconds until the rate lets one more go }
function methods:state(...)
  local bucket = bucket_of(self, ...)
  local permits = bucket.permits or { running = 0, waiting = 0 }
  return { running = permits.running, waiting = permits.waiting, wait = self.rate and self.rate:wait(bucket) or 0 }
end

--- A limit, to be called with functions. Who waits is let through in order.
-- @param options { rate = 600, per = 60 (seconds; 1): so many calls begin in that time; burst = how many at once after a rest (what a second has, at least 1);
--   concurrency = how many run at once; at least one of rate and concurrency. max_wait = 30 (seconds).
--   key = what the limit is one of: a string or a secret, such as a credential, or a function of the call's arguments that returns one: each has its own.
--   shared = the name of an nginx lua_shared_dict: all workers that have the same key there share the rate; concurrency is counted by each of them. Outside of
--   nginx it means nothing }
return function(options)
  local wrong = type(options) ~= "table" and "a table of options is required" or check.table(options, known)
    or (not options.rate and not options.concurrency and "rate or concurrency is required")
    or ((options.per or options.burst) and not options.rate and "rate is required where per or burst is given")
    or (options.shared and not options.key and "key is required where shared is given") or shared.wrong(options.shared)
  if wrong then
    error("cards.limit: " .. wrong, 2)
  end
  return setmetatable({
    rate = options.rate and new_rate((options.per or 1) / options.rate, options.burst, shared.dict(options.shared)), concurrency = options.concurrency,
    max_wait = options.max_wait or 30, key = options.key or "", buckets = {}, count = 0, most = 64,
  }, metatable)
end
