--- cards.token_source: a credential that is fetched once for all its users, kept until it expires, and fetched again shortly before that.

local check = require "cards.util.check"
local context = require "cards.async.context"
local core = require "cards.core"
local host = require "cards.async.host"
local registry = require "cards.metrics.registry"
local yielding_pcall = require("cards.async.yield").pcall
local new_dict_vault = require "cards.resilience.dict_vault"
local new_remote_vault = require "cards.resilience.remote_vault"
local shared = require "cards.resilience.shared"
local shared_token = require "cards.resilience.shared_token"
local singleflight = require "cards.resilience.singleflight"

local LONGEST = 1e8 -- seconds that a token may live

local known = {
  ttl = check.number(0.001, LONGEST),
  refresh_before = check.number(0, LONGEST),
  shared = shared.known.shared,
  on_loss = shared.known.on_loss,
  name = check.text,
}

local PATIENCE = 30    -- seconds to wait for another fetch of the token
local ASK_AGAIN = 1    -- seconds after which an nginx timer that has not run counts as lost
local PAUSE = 5        -- seconds without another fetch while the token is valid, after one that failed or that another worker was doing

local methods = {}
local metatable = { __index = methods, __name = "cards.token_source" }

local function failure(kind, why)
  return core.error { kind = kind, provider = "cards", operation = "token_source", message = why, attempts = 0, retryable = kind == "timeout" }
end

local function is_open(token)
  return token and token.state == "open"
end

--- Stores what the function returned. @return true; or nil and the reason of the failure
local function keep(self, ok, token, seconds)
  if not ok then
    return nil, token
  elseif type(token) == "string" and token ~= "" then
    local err
    token, err = core.secret(token, "credential")
    if not token then
      return nil, err
    end
  elseif not check.is_secret(token) then
    local why = token == nil and seconds
    return nil, why or failure("auth", "the function gave neither a string nor a secret")
  elseif not is_open(token) then
    return nil, failure("auth", ("the function gave a secret that %s"):format(check.not_open(token)))
  end
  self.token, self.ends = token, core.now() + math.min(type(seconds) == "number" and seconds or self.ttl, LONGEST)
  return true
end

local function call(self)
  return keep(self, yielding_pcall(self.call))
end

--- Fetches a token, or takes the one that another worker has fetched.
-- @param refused a token that the provider refused, or nil
-- @param patience seconds to wait for another worker
local function fetch(self, refused, patience)
  local ok, err
  if self.shared then
    ok, err = self.flight:run(self.shared.fetch, self.shared, self, call, refused, patience)
  else
    ok, err = self.flight:run(call, self)
  end
  self.failed, self.paused = err ~= nil, not ok and core.now() or nil
  if ok then
    local is_short = self.ends - core.now() <= self.refresh_before
    self.ahead = is_short and self.spares_short and 0 or self.refresh_before
  end
  return ok, err
end

local function is_valid(self, refused)
  return is_open(self.token) and core.now() < self.ends and not (refused and self.token:equals(refused))
end

--- Whether an error says that the time of a call was over, or that nobody wanted it any more.
local function is_given_up(err)
  return type(err) == "table" and (err.kind == "timeout" or err.kind == "cancelled")
end

--- The token where it is valid, else a new one.
-- @param refused a token that the provider refused, or nil
local function get(self, refused)
  local ok, err, is_theirs
  while not is_valid(self, refused) do
    if self.flight:is_own() then
      return nil, failure("auth", "the function asks for the token that it is to give")
    elseif self.flight:is_under_way() then
      ok, err, is_theirs = self.flight:wait(PATIENCE)
      ok = ok or (is_theirs and is_given_up(err)) -- the caller may have more time than who fetched
    else
      ok, err = fetch(self, refused, PATIENCE)
      if ok and not is_valid(self) then
        return nil, failure("auth", "the function gave a token that is over already")
      elseif ok then
        break -- even where the provider gives the refused one again
      end
    end
    if not ok then
      return nil, err or failure("timeout", "no token came in time")
    end
  end
  return self.token
end

--- Fetches a token while the present one is valid. Where a call waits for that, it keeps half of its time for itself.
local function fetch_ahead(self)
  local left = context.left()
  if left then
    return context.run(context.child(core.now() + left / 2), fetch, self, nil, 0)
  end
  return fetch(self, nil, 0)
end

--- Fetches a token before the present one expires; in nginx in the background. A failed fetch is repeated later.
local function refresh_ahead(self)
  local now = core.now()
  if self.flight:is_own() or self.flight:is_under_way() or (self.paused and now - self.paused < PAUSE) then
    return
  elseif not self.asked or now - self.asked >= ASK_AGAIN then
    self.asked = now
    host.later(function()
      if not self.flight:is_under_way() then
        fetch_ahead(self)
      end
      self.asked = nil
    end)
  end
end

--- source()
-- @return the token, a secret; or nil and an error
function metatable:__call()
  if not is_valid(self) then
    return get(self)
  elseif core.now() >= self.ends - self.ahead then
    refresh_ahead(self)
  end
  return self.token
end

--- Whether it gives its token at once, and does nothing else.
function methods:is_fresh()
  return is_valid(self) and core.now() < self.ends - self.ahead
end

--- source:state()
-- @return { expires_in = seconds until its token expires, 0 where it has none, failed = whether no token could be fetched the last time }
function methods:state()
  return { expires_in = is_open(self.token) and math.max(0, self.ends - core.now()) or 0, failed = self.failed }
end

--- source:renew(refused)
-- @param refused the token that a provider refused, a secret or string
-- @return another token; or nil and an error
function methods:renew(refused)
  return get(self, refused)
end

--- What others share the token in; nil where nobody does.
local function vault_of(options)
  local remote, refuses = shared.remote(options)
  if remote then
    return new_remote_vault(remote, options.name, refuses)
  end
  local dict = shared.vault(options.shared)
  return dict and new_dict_vault(dict, options.name)
end

--- cards.token_source(fetch_token, options): a source of tokens. A client takes it as a credential, and asks it for another token after a 401. It can also be
-- called directly.
-- @param fetch_token function(), which returns a token, a string or better a secret, and optionally its lifetime in seconds; or nil and an error
-- @param options { ttl = 300, refresh_before, name, shared, on_loss }:
--   ttl: lifetime in seconds where the function returns none; refresh_before: seconds before the expiry (30, or a tenth of a shorter ttl). The first call after
--   that fetches the next token, in nginx in the background, while others use the old one; shared: the name of an nginx lua_shared_dict. Workers whose sources
--   have the same name there use one token, which is stored sealed. For that cards has to be required in init_by_lua, before the workers are forked; else
--   each fetches its own token, and one line of the log says so. Ignored outside nginx; or the address of a Redis, "redis://HOST/NAME" or
--   "rediss://HOST/NAME": all hosts with that address whose sources have the same name use one token, which is stored sealed under CARDS_SHARED_KEY.
--   on_loss: what happens while Redis is away: "local" (the default) has each process fetch a token of its own, and "refuse" fetches none
-- Raises an error for unknown or wrong options.
return function(fetch_token, options)
  options = options or {}
  check.argument("cards.token_source", check.callable(fetch_token, "the first argument") or check.options(options, known)
    or shared.wrong(options, "name"))
  local ttl, vault = options.ttl or 300, vault_of(options)
  local made = setmetatable({
    name = options.name, call = fetch_token, ttl = ttl, refresh_before = options.refresh_before or math.min(30, ttl / 10), token = nil, ends = 0,
    ahead = 0, failed = false, spares_short = false, -- whether a token that lives shorter than refresh_before is used until its end
    flight = singleflight(), shared = vault and shared_token(vault),
  }, metatable)
  registry.register("token_source", made)
  return made
end
