--- cards.limit: a limit on the rate of calls, and on the calls at the same time.

local async = require "cards.async"
local check = require "cards.util.check"
local context = require "cards.async.context"
local core = require "cards.core"
local registry = require "cards.metrics.registry"
local held = require "cards.resilience.held"
local new_semaphore = require "cards.resilience.semaphore"
local new_remote_bucket = require "cards.resilience.remote_bucket"
local new_token_bucket = require "cards.resilience.token_bucket"
local shared = require "cards.resilience.shared"
local sleep = require "cards.async.sleep"
local tell = require "cards.resilience.tell"
local yielding_pcall = require("cards.async.yield").pcall

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
  shared = shared.known.shared,
  on_loss = shared.known.on_loss,
  name = check.text,
  on_event = check.callback,
}

local methods = {}
local metatable = { __index = methods, __name = "cards.limit" }

--- The key of a call's bucket, and by a name that may lie in a shared dict.
local function key_of(self, ...)
  local key = self.key
  if type(key) == "function" then
    key = key(...)
  end
  if check.is_secret(key) then
    local why = check.not_open(key)
    if why then
      error(("cards.limit: key: the secret %s"):format(why), 4)
    end
  elseif type(key) ~= "string" and type(key) ~= "number" then
    error("cards.limit: the function key must return a string, a number or a secret", 4)
  end
  return key, shared.name(key, self.dict)
end

--- Removes the buckets that are full and unused: a new one would be the same.
local function tidy(self)
  for key, bucket in pairs(self.buckets) do
    if bucket.at <= core.now() and not (bucket.semaphore and bucket.semaphore.running > 0) then
      self.buckets[key] = nil
      self.count = self.count - 1
    end
  end
  self.most = 2 * self.count + 64
end

local function bucket_of(self, ...)
  local key, name = key_of(self, ...)
  local bucket = self.buckets[name]
  if not bucket then
    if self.count >= self.most then
      tidy(self)
    end
    bucket = { name = "cards.limit:" .. name, at = 0, semaphore = self.concurrency and new_semaphore(self.concurrency) }
    self.buckets[name] = bucket
    self.count = self.count + 1
  end
  if self.remote then
    bucket.key = bucket.key or self.remote:key("limit", key)
  end
  return bucket
end

local function busy(message, seconds)
  return core.error {
    kind = "busy", provider = "cards", operation = "limit", message = message, retry_after = seconds, retryable = true, attempts = 0,
  }
end

--- Waits for a permit, then for a token.
-- @return for how many seconds it had to wait, or false, the permit and its finalizer; or nil and an error
local function enter(self, bucket)
  local most, permit, finalizer = math.min(self.max_wait, context.left() or math.huge), nil, nil
  local ends = core.now() + most
  if bucket.semaphore then
    permit, finalizer = bucket.semaphore:acquire(most)
    if not permit then
      return nil, finalizer or busy(("%d calls run already, and none ended in time"):format(self.concurrency))
    end
  end
  local seconds, longer, err
  if self.tokens then
    seconds, longer, err = self.tokens:take(bucket, math.max(0, ends - core.now()))
  end
  err = err or longer and busy(("the rate is used up for %.3g seconds, longer than the call may wait"):format(longer), longer)
  if seconds and seconds > 0 then
    err = select(2, sleep(seconds))
  end
  if err then
    if permit then
      bucket.semaphore:release(permit)
    end
    return nil, err
  end
  local has_waited = seconds and seconds > 0 or permit and permit.signal
  return has_waited and core.now() - (ends - most) or false, permit, finalizer
end

--- Counts a call that had to wait, and tells the listener of one that had to, or was refused.
local function note(self, waited, err)
  if waited then
    held.add(self.name, waited)
    tell(self.on_event, { { event = "limit", name = self.name, waited = waited } })
  elseif waited == nil then
    tell(self.on_event, { { event = "limit", name = self.name, refused = true, kind = err.kind, retry_after = err.retry_after } })
  end
end

local function leave(bucket, permit, _, ok, ...)
  if permit then
    bucket.semaphore:release(permit)
  end
  if not ok then
    error((...), 0)
  end
  return ...
end

--- limited(call, ...): calls a function as soon as the limit allows.
-- @param call a function
-- @param ... its arguments
-- @return what the function returns; or nil and an error of kind "busy", retryable, where the wait would exceed max_wait or a surrounding deadline
function metatable:__call(call, ...)
  check.argument("cards.limit", check.callable(call, "the first argument"))
  async.check("cards.limit", 2)
  local bucket = bucket_of(self, ...)
  local waited, permit, finalizer = enter(self, bucket)
  note(self, waited, permit)
  if waited == nil then
    return nil, permit
  end
  return leave(bucket, permit, finalizer, yielding_pcall(call, ...))
end

--- limited:state(...): the state of the bucket for these arguments.
-- @return { running = calls, waiting = calls that wait for a permit, wait = seconds until the rate allows another call }
function methods:state(...)
  local bucket = bucket_of(self, ...)
  local semaphore = bucket.semaphore or { running = 0, waiting = 0 }
  return { running = semaphore.running, waiting = semaphore.waiting, wait = self.tokens and self.tokens:wait(bucket) or 0 }
end

--- What metrics show: the keys together, as this process knows them.
local function known_state(self)
  local all = { running = 0, waiting = 0, wait = not self.remote and 0 or nil }
  for _, bucket in pairs(self.buckets) do
    local semaphore = bucket.semaphore or { running = 0, waiting = 0 }
    all.running, all.waiting = all.running + semaphore.running, all.waiting + semaphore.waiting
    all.wait = all.wait and math.max(all.wait, self.tokens and self.tokens:wait(bucket) or 0)
  end
  return all
end

--- cards.limit(options): a limit, which is called with functions. Calls that wait are let through in order.
-- @param options { rate, per, burst, concurrency, max_wait, key, shared, on_loss, name, on_event }, with at least one of rate and concurrency:
--   rate = 600, per = 60: so many calls may begin in so many seconds (per is 1 by default); burst: calls at once after a pause (by default those of one second,
--   at least 1); concurrency: calls at the same time; max_wait: seconds that a call may wait (30);
--   key: each key has a limit of its own. A string or a secret, such as a credential, or a function of the call's arguments that returns one;
--   shared: the name of an nginx lua_shared_dict. Workers with the same key share the rate there, but each counts its own concurrency. The key lies there
--   as an HMAC, under a key that nobody finds there where cards is required in init_by_lua, before the workers are forked. Ignored outside nginx;
--   or the address of a Redis, "redis://HOST/NAME" or "rediss://HOST/NAME", where all hosts with that name and the same key share the rate, by the clock of
--   Redis. The key lies there as an HMAC under CARDS_SHARED_KEY. on_loss: what happens while it is away: "local" (the default) gives each process the
--   full rate, and "refuse" refuses calls;
--   on_event: function(event), called for each call that had to wait, { event = "limit", name, waited = seconds }, or was refused, { event = "limit", name,
--   refused = true, kind and retry_after of the error }; name: for events and metrics
-- Raises an error for unknown or wrong options.
return function(options)
  check.argument("cards.limit", type(options) ~= "table" and "a table of options is required" or check.table(options, known)
    or (not options.rate and not options.concurrency and "rate or concurrency is required")
    or ((options.per or options.burst) and not options.rate and "rate is required where per or burst is given")
    or shared.wrong(options, "key"))
  local dict, remote, refuses = shared.dict(options.shared), shared.remote(options)
  local tokens = options.rate and new_token_bucket((options.per or 1) / options.rate, options.burst, dict)
  local made = setmetatable({
    tokens = tokens and remote and new_remote_bucket(tokens, remote, refuses) or tokens, dict = dict, remote = remote,
    name = options.name, on_event = options.on_event,
    concurrency = options.concurrency, max_wait = options.max_wait or 30, key = options.key or "", buckets = {}, count = 0, most = 64,
  }, metatable)
  registry.register("limit", made, known_state)
  return made
end
