--- cards.token_source: a credential that is fetched, kept for its time, and fetched anew before that is over: once for all who want it.

local check = require "cards.util.check"
local core = require "cards.core"
local host = require "cards.async.host"
local yielding_pcall = require("cards.async.yield").pcall
local shared = require "cards.resilience.shared"
local shared_token = require "cards.resilience.shared_token"
local single = require "cards.resilience.single"

local known = {
  ttl = check.number(0.001, 1e8),
  refresh_before = check.number(0, 1e8),
  shared = check.text,
  name = check.text,
}

local PATIENCE = 30    -- seconds to wait for somebody else who fetches
local ASK_AGAIN = 1    -- seconds after which a timer of nginx that has not run is taken for lost
local FAILED_PAUSE = 5 -- seconds without another try after one that failed, while the token is valid

local methods = {}
local metatable = { __index = methods, __name = "cards.token_source" }

local function failure(kind, why)
  return core.error { kind = kind, provider = "cards", operation = "token_source", message = why, attempts = 0, retryable = kind == "timeout" }
end

local function is_open(token)
  return token and token.state == "open"
end

--- Keeps what the function gave. @return true; or nil and what it says that went wrong
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
  end
  self.token, self.ends = token, core.now() + (type(seconds) == "number" and seconds or self.ttl)
  return true
end

local function call(self)
  return keep(self, yielding_pcall(self.call))
end

--- Has a token fetched, or takes what another worker has fetched.
-- @param refused a secret that is as good as none, or nil
-- @param patience seconds to wait for another worker
local function fetch(self, refused, patience)
  local ok, err
  if self.shared then
    ok, err = self.flight:run(self.shared.fetch, self.shared, self, call, refused, patience)
  else
    ok, err = self.flight:run(call, self)
  end
  self.failed = not ok and core.now() or nil
  return ok, err
end

local function is_valid(self, refused)
  return is_open(self.token) and core.now() < self.ends and not (refused and self.token:equals(refused))
end

--- The token where it is valid, else one that is fetched now. @param refused a secret that it must not be
local function get(self, refused)
  local ok, err
  while not is_valid(self, refused) do
    if self.flight:is_own() then
      return nil, failure("auth", "the function asks for the token that it is to give")
    elseif self.flight:is_under_way() then
      ok, err = self.flight:wait(PATIENCE)
    else
      ok, err = fetch(self, refused, PATIENCE)
      if ok and not is_valid(self) then
        return nil, failure("auth", "the function gave a token that is over already")
      elseif ok then
        break -- even where it is the refused one
      end
    end
    if not ok then
      return nil, err or failure("timeout", "no token came in time")
    end
  end
  return self.token
end

--- Fetches before the time is over; in nginx beside the request that is the first to ask. What fails is tried again later.
local function refresh_ahead(self)
  local now = core.now()
  if self.flight:is_own() or self.flight:is_under_way() or (self.failed and now - self.failed < FAILED_PAUSE) then
    return
  elseif not self.asked or now - self.asked >= ASK_AGAIN then
    self.asked = now
    host.later(function()
      if not self.flight:is_under_way() then
        fetch(self, nil, 0)
      end
      self.asked = nil
    end)
  end
end

--- source(): the token, a secret; or nil and an error.
function metatable:__call()
  if not is_valid(self) then
    return get(self)
  elseif core.now() >= self.ends - self.refresh_before then
    refresh_ahead(self)
  end
  return self.token
end

--- source:renew(refused): another token than that secret or string, which a provider refused.
function methods:renew(refused)
  return get(self, refused)
end

--- A source of tokens, to be given to a client in place of a credential, and called elsewhere. After a 401 the client asks it for another token.
-- @param fetch_token function(), which returns a token, a string or better a secret, and if it knows for how many seconds that is valid; or nil and an error
-- @param options { ttl = 300 (seconds that a token is valid where the function does not say), refresh_before = 30 (seconds before that is over; a tenth of ttl
--   where that is less): the first who asks then fetches the next one, in nginx in the background, and the others go on with the old one, as all do where that
--   fails, until it is over. name, shared = the name of an nginx lua_shared_dict: all workers that have a source of that name there use one token, which lies
--   there encrypted. They can read it where cards was required in init_by_lua, before they were forked; else each fetches its own, and the log says so once.
--   Outside of nginx it means nothing }
return function(fetch_token, options)
  options = options or {}
  local wrong = check.callable(fetch_token, "the first argument") or (type(options) ~= "table" and "the options must be a table")
    or check.table(options, known) or (options.shared and not options.name and "name is required where shared is given") or shared.wrong(options.shared)
  if wrong then
    error("cards.token_source: " .. wrong, 2)
  end
  local ttl, dict = options.ttl or 300, shared.dict(options.shared)
  return setmetatable({
    call = fetch_token, ttl = ttl, refresh_before = options.refresh_before or math.min(30, ttl / 10), token = nil, ends = 0,
    flight = single(), shared = dict and shared_token(dict, options.name),
  }, metatable)
end
