--- cards.breaker: a circuit breaker. After many failures it refuses calls for a while, so that a service can recover and callers do not wait for it.

local check = require "cards.util.check"
local core = require "cards.core"
local yielding_pcall = require("cards.async.yield").pcall
local shared = require "cards.resilience.shared"

local known = {
  failures = check.number(1, 1e6, true),
  window = check.number(0.001, 86400),
  open_for = check.number(0.001, 86400),
  half_open = check.number(1, 1e6, true),
  counts = check.callback,
  shared = check.text,
  name = check.text,
}

local failures = { network = true, timeout = true, provider = true, tls = true }

--- Whether an error shows that the service does not work.
local function counts(err)
  return type(err) == "table" and failures[err.kind] == true
end

--- Whether an error shows nothing about the service: nothing was sent, or nobody waited.
local function is_neutral(err)
  return type(err) == "table" and (err.kind == "cancelled" or err.kind == "busy" or err.attempts == 0)
end

local methods = {}
local metatable = { __index = methods, __name = "cards.breaker" }

--- The phase, "closed", "open" or "half_open", and the seconds until it is no longer open.
local function phase(self)
  local ends = self.store:get(self.open)
  local left = ends and ends - core.now()
  if not left then
    return "closed", 0
  end
  return left > 0 and "open" or "half_open", math.max(0, left)
end

--- Closes or opens the breaker after a trial call.
local function decide(self, failure, neutral)
  local store = self.store
  if neutral then
    store:incr(self.tries, -1, 1)
  elseif failure then
    store:set(self.open, core.now() + self.open_for)
    store:delete(self.tries)
  else
    store:delete(self.open)
    store:delete(self.count)
    store:delete(self.tries)
  end
end

--- Records the outcome of a call.
-- @param is_trial whether the breaker was half open when the call began
local function record(self, is_trial, failed, err)
  local store, neutral = self.store, failed and is_neutral(err)
  local failure, now = failed and not neutral and self.counts(err), phase(self)
  if is_trial and now == "half_open" then
    decide(self, failure, neutral)
  elseif failure and now == "closed" and (store:incr(self.count, 1, 0, self.window) or 0) >= self.failures then
    store:add(self.open, core.now() + self.open_for) -- add: the first failure sets the time
    store:delete(self.count)
  end
end

local function leave(self, is_trial, ok, ...)
  local value, err = ...
  if not ok then
    record(self, is_trial, true, value)
    error(value, 0)
  end
  record(self, is_trial, value == nil and err ~= nil, err)
  return ...
end

local function refuse(self, now, left)
  local message = now == "open" and ("the breaker '%s' is open until %s"):format(self.name, os.date("!%H:%M:%S UTC", math.ceil(os.time() + left)))
    or ("the breaker '%s' is open until a call that is under way has shown that it may be closed"):format(self.name)
  return nil, core.error {
    kind = "busy", provider = "cards", operation = "breaker", message = message, retry_after = now == "open" and left or nil, retryable = true, attempts = 0,
  }
end

--- breaker(call, ...): calls a function, unless too many calls failed lately.
-- @param call a function, which fails by nil and an error, or by raising one
-- @param ... its arguments
-- @return what the function returns; or nil and an error of kind "busy", retryable, with retry_after in seconds, while the breaker is open
function metatable:__call(call, ...)
  check.argument("cards.breaker", check.callable(call, "the first argument"))
  local now, left = phase(self)
  if now == "open" then
    return refuse(self, now, left)
  elseif now == "half_open" then
    -- The count expires, because the function of a trial may be ended before it records anything.
    if (self.store:incr(self.tries, 1, 0, self.open_for) or 1) > self.half_open then
      self.store:incr(self.tries, -1, 1)
      return refuse(self, now, left)
    end
  end
  return leave(self, now == "half_open", yielding_pcall(call, ...))
end

--- breaker:state()
-- @return { phase = "closed", "open" or "half_open", failures = failures in this window, retry_after = seconds until it is half open }
function methods:state()
  local now, left = phase(self)
  return { phase = now, failures = self.store:get(self.count) or 0, retry_after = left }
end

--- cards.breaker(options): a breaker, which is called with functions. Closed, it calls them. After so many failures in a window, which begins with the first of
-- them, it is open and refuses calls. Then it is half open and allows trial calls: the first success closes it, a failure opens it again.
-- @param options { failures = 5, window = 10 (seconds), open_for = 30 (seconds), half_open = 1 (trial calls at once), counts, name, shared }:
--   counts: function(err) that returns whether an error is a failure. By default errors of kind network, timeout, provider and tls are. A call that was not
--   sent (kind busy, or after a deadline) or was cancelled never is; name: for messages ("breaker"); shared: the name of an nginx lua_shared_dict. Workers
--   whose breakers have the same name there share its state. Ignored outside nginx
-- Raises an error for unknown or wrong options.
return function(options)
  options = options or {}
  check.argument("cards.breaker", check.options(options, known) or shared.wrong(options, "name"))
  local name = options.name or "breaker"
  local key = shared.name(name, shared.dict(options.shared))
  return setmetatable({
    name = name, failures = options.failures or 5, window = options.window or 10, open_for = options.open_for or 30, half_open = options.half_open or 1,
    counts = options.counts or counts, store = shared.store(options.shared),
    open = "cards.breaker:open:" .. key, count = "cards.breaker:failures:" .. key, tries = "cards.breaker:tries:" .. key,
  }, metatable)
end
