--- cards.breaker: a circuit breaker. After many failures it refuses calls for a while, so that a service can recover and callers do not wait for it.

local check = require "cards.util.check"
local core = require "cards.core"
local registry = require "cards.metrics.registry"
local yielding_pcall = require("cards.async.yield").pcall
local new_remote_breaker = require "cards.resilience.remote_breaker"
local new_state = require "cards.resilience.breaker_state"
local shared = require "cards.resilience.shared"
local tell = require "cards.resilience.tell"

local known = {
  failures = check.number(1, 1e6, true),
  window = check.number(0.001, 86400),
  open_for = check.number(0.001, 86400),
  half_open = check.number(1, 1e6, true),
  counts = check.callback,
  shared = shared.known.shared,
  on_loss = shared.known.on_loss,
  name = check.text,
  on_event = check.callback,
}

local KINDS = { network = true, timeout = true, provider = true, tls = true }

--- Whether an error shows that the service does not work.
local function counts(err)
  return type(err) == "table" and KINDS[err.kind] == true
end

--- Whether an error shows nothing about the service: nothing was sent, or nobody waited.
local function is_neutral(err)
  return type(err) == "table" and (err.kind == "cancelled" or err.kind == "busy" or err.attempts == 0)
end

local methods = {}
local metatable = { __index = methods, __name = "cards.breaker" }

--- Tells the listener where the phase is another one than was last seen here.
local function note(self, phase)
  local was = self.seen
  if phase and phase ~= was then
    self.seen = phase
    tell(self.on_event, { { event = "breaker", name = self.name, phase = phase, was = was } })
  end
end

--- Records the outcome of a call.
-- @param is_trial whether the breaker was half open when the call began
local function record(self, is_trial, failed, err)
  local is_failure = failed and not is_neutral(err) and self.counts(err)
  local outcome = is_failure and "failure" or failed and is_neutral(err) and "neutral" or "success"
  if is_trial or is_failure then
    note(self, self.store:record(is_trial, outcome))
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
  local name = check.short(self.name)
  local message = now == "open" and ("the breaker '%s' is open until %s"):format(name, os.date("!%H:%M:%S UTC", math.ceil(os.time() + left)))
    or ("the breaker '%s' is open until a call that is under way has shown that it may be closed"):format(name)
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
  local now, left, may_try, err = self.store:ask()
  if err then
    return nil, err
  end
  note(self, now)
  if now == "open" or now == "half_open" and not may_try then
    return refuse(self, now, left)
  end
  return leave(self, now == "half_open", yielding_pcall(call, ...))
end

--- breaker:state()
-- @return { phase = "closed", "open" or "half_open", failures = failures in this window, retry_after = seconds until it is half open }
function methods:state()
  local now, left, failures = self.store:look()
  return { phase = now, failures = failures, retry_after = left }
end

--- What metrics show: the phase as this process knows it.
local function known_state(self)
  local now, _, failures = self.store:known()
  return { phase = now, failures = failures }
end

--- cards.breaker(options): a breaker, which is called with functions. Closed, it calls them. After so many failures in a window, which begins with the first of
-- them, it is open and refuses calls. Then it is half open and allows trial calls: the first success closes it, a failure opens it again.
-- @param options { failures = 5, window = 10 (seconds), open_for = 30 (seconds), half_open = 1 (trial calls at once), counts, name, shared, on_loss,
--   on_event }:
--   counts: function(err) that returns whether an error is a failure. By default errors of kind network, timeout, provider and tls are. A call that was not
--   sent (kind busy, or after a deadline) or was cancelled never is; name: for messages, events and metrics ("breaker");
--   shared: the name of an nginx lua_shared_dict. Workers whose breakers have the same name there share its state. Ignored outside nginx; or the address of a
--   Redis, "redis://HOST/NAME" or "rediss://HOST/NAME": all hosts with that address whose breakers have the same name share its state, but may learn 0.2
--   seconds late that it has opened.
--   on_loss: what happens while Redis is away: "local" (the default) gives each process a state of its own, and "refuse" refuses calls;
--   on_event: function(event), called with { event = "breaker", name, phase, was } where this process sees another phase than before
-- Raises an error for unknown or wrong options.
return function(options)
  options = options or {}
  check.argument("cards.breaker", check.options(options, known) or shared.wrong(options, "name"))
  local remote, refuses = shared.remote(options)
  local made = {
    name = options.name or "breaker", failures = options.failures or 5, window = options.window or 10, open_for = options.open_for or 30,
    half_open = options.half_open or 1, counts = options.counts or counts, on_event = options.on_event, seen = "closed",
  }
  made.store = new_state(made, shared.store(options.shared), shared.name(made.name, shared.dict(options.shared)))
  made.store = remote and new_remote_breaker(made.store, made, remote, refuses) or made.store
  setmetatable(made, metatable)
  if options.name then
    registry.register("breaker", made, known_state)
  end
  return made
end
