--- cards.breaker: calls nothing for a while after many failures, so that what is down can come back, and callers learn at once.

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

--- Whether an error says that what is called does not work.
local function counts(err)
  return type(err) == "table" and failures[err.kind] == true
end

--- Whether an error says nothing of it: nothing was sent, or nobody waited.
local function says_nothing(err)
  return type(err) == "table" and (err.kind == "cancelled" or err.kind == "busy" or err.attempts == 0)
end

local methods = {}
local metatable = { __index = methods, __name = "cards.breaker" }

--- "closed", "open" or "half_open", and the seconds until it is no longer open.
local function phase(self)
  local ends = self.store:get(self.open)
  local left = ends and ends - core.now()
  if not left then
    return "closed", 0
  end
  return left > 0 and "open" or "half_open", math.max(0, left)
end

--- What a call that was let through has shown, to see whether the breaker can be closed.
local function decide(self, failure, nothing)
  local store = self.store
  if nothing then
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

--- What became of a call. @param tries whether it was let through while the breaker was half open
local function learn(self, tries, failed, err)
  local store, nothing = self.store, failed and says_nothing(err)
  local failure, now = failed and not nothing and self.counts(err), phase(self)
  if tries and now == "half_open" then
    decide(self, failure, nothing)
  elseif failure and now == "closed" and (store:incr(self.count, 1, 0, self.window) or 0) >= self.failures then
    store:add(self.open, core.now() + self.open_for) -- the first one says how long
    store:delete(self.count)
  end
end

local function leave(self, tries, ok, ...)
  local value, err = ...
  if not ok then
    learn(self, tries, true, value)
    error(value, 0)
  end
  learn(self, tries, value == nil and err ~= nil, err)
  return ...
end

local function refuse(self, now, left)
  local message = now == "open" and ("the breaker '%s' is open until %s"):format(self.name, os.date("!%H:%M:%S UTC", math.ceil(os.time() + left)))
    or ("the breaker '%s' is open until a call that is under way has shown that it may be closed"):format(self.name)
  return nil, core.error {
    kind = "busy", provider = "cards", operation = "breaker", message = message, retry_after = now == "open" and left or nil, retryable = true, attempts = 0,
  }
end

--- breaker(call, ...): calls a function, unless too many failed lately.
-- @param call a function, which fails with nil and an error or raises one
-- @param ... what it is called with
-- @return what it returns; or nil and an error of kind "busy", retryable, with retry_after in seconds, where the breaker is open
function metatable:__call(call, ...)
  if not check.is_callable(call) then
    error("cards.breaker: the first argument must be a function", 2)
  end
  local now, left = phase(self)
  if now == "open" then
    return refuse(self, now, left)
  elseif now == "half_open" then
    -- whoever tries may be gone before it has learned anything: its place is free again after that time
    if (self.store:incr(self.tries, 1, 0, self.open_for) or 1) > self.half_open then
      self.store:incr(self.tries, -1, 1)
      return refuse(self, now, left)
    end
  end
  return leave(self, now == "half_open", yielding_pcall(call, ...))
end

--- breaker:state(): { phase = "closed", "open" or "half_open", failures = so many in this window, retry_after = seconds until it is half open }
function methods:state()
  local now, left = phase(self)
  return { phase = now, failures = self.store:get(self.count) or 0, retry_after = left }
end

--- A breaker, to be called with functions. Closed, it calls them; after so many failures in a window, which begins with the first of them, it is open and calls
-- nothing; then it is half open and lets single calls through: the first to succeed closes it, one that fails opens it again.
-- @param options { failures = 5, window = 10 (seconds), open_for = 30 (seconds), half_open = 1 (calls at once while it is half open),
--   counts = function(err) that says whether an error is a failure; without it those of kind network, timeout, provider and tls are. What was not sent (kind
--   busy, a deadline that was over before) or was cancelled never is. name = "breaker", for messages; shared = the name of an nginx lua_shared_dict: all
--   workers that have a breaker of the same name there agree; outside of nginx it means nothing }
return function(options)
  options = options or {}
  local wrong = type(options) ~= "table" and "the options must be a table" or check.table(options, known)
    or (options.shared and not options.name and "name is required where shared is given") or shared.wrong(options.shared)
  if wrong then
    error("cards.breaker: " .. wrong, 2)
  end
  local name = options.name or "breaker"
  return setmetatable({
    name = name, failures = options.failures or 5, window = options.window or 10, open_for = options.open_for or 30, half_open = options.half_open or 1,
    counts = options.counts or counts, store = shared.store(options.shared),
    open = "cards.breaker:open:" .. name, count = "cards.breaker:failures:" .. name, tries = "cards.breaker:tries:" .. name,
  }, metatable)
end
