--- One token for all workers of nginx. It is stored in a shared dict, sealed, with its expiry. A lock there lets only one worker fetch the next one.

local check = require "cards.util.check"
local core = require "cards.core"
local host = require "cards.async.host"
local shared = require "cards.resilience.shared"
local sleep = require "cards.async.sleep"

local LOCKED = 15          -- seconds after which a worker that holds the lock counts as dead
local LONGEST_PAUSE = 0.25 -- seconds between looks for the token of another worker
local LONGEST = 65536      -- bytes of a token that can be sealed

local methods = {}
local metatable = { __index = methods }

local function warn(self, what)
  if not self.warned then
    self.warned = true
    host.warn(("cards.token_source '%s': %s"):format(self.name, what))
  end
end

--- The token in the dict and the time of its expiry; nil where there is none that this worker can read.
local function read(self)
  local value = self.dict:get(self.key)
  local ends, sealed = tostring(value):match "^([^:]+):(.*)$"
  local seconds = tonumber(ends)
  if not seconds or seconds <= core.now() then
    return nil
  end
  return core.unseal(sealed, self.key .. ":" .. ends), seconds
end

local function write(self, token, seconds)
  local ends = ("%.3f"):format(seconds)
  local sealed = #token <= LONGEST and core.seal(token, self.key .. ":" .. ends)
  local ok = sealed and self.dict:set(self.key, ends .. ":" .. sealed, math.max(0.001, seconds - core.now()))
  if not ok then
    warn(self, "the token cannot be put into the shared dict")
  end
end

local function same(token, other)
  return other ~= nil and (not check.is_secret(other) or other.state == "open") and token:equals(other)
end

--- Takes the token that another worker has fetched, or fetches one, or waits while another worker fetches one.
-- @param source whose fields token and ends are set
-- @param call function(source), which fetches a token, sets the fields and returns true; or returns nil and an error
-- @param refused a token that the provider refused, or nil
-- @param patience seconds to wait for another worker
-- @return true; or nil and an error
function methods:fetch(source, call, refused, patience)
  local gives_up, pause, own = core.now() + patience, 0.01, core.random()
  repeat
    local locked = self.dict:add(self.lock, own, LOCKED)
    local token, ends = read(self) -- under the lock too: another worker may have written just before
    if token and not same(token, refused) and not same(token, source.token) then
      source.token, source.ends = token, ends
      if locked then
        self.dict:delete(self.lock)
      end
      return true
    elseif locked then
      local ok, err = call(source)
      if ok then
        write(self, source.token, source.ends)
      end
      if self.dict:get(self.lock) == own then
        self.dict:delete(self.lock)
      end
      return ok, err
    end
    local slept, err = true, nil
    if core.now() < gives_up then
      slept, err = sleep(pause)
    end
    if not slept then
      return nil, err
    end
    pause = math.min(LONGEST_PAUSE, pause * 2)
  until core.now() >= gives_up
  return nil, core.error { kind = "timeout", provider = "cards", operation = "token_source", message = "another worker fetches a token, and takes long",
    attempts = 0, retryable = true }
end

--- @param dict a shared dict
-- @param name of the token in it
return function(dict, name)
  local key = "cards.token:" .. shared.name(name)
  return setmetatable({ dict = dict, name = name, key = key, lock = key .. ":lock", warned = false }, metatable)
end
