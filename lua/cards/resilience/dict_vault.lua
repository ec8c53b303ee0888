--- Where the workers of nginx keep a token: sealed in a shared dict, with its expiry, and a lock beside it.

local check = require "cards.util.check"
local core = require "cards.core"
local host = require "cards.async.host"
local shared = require "cards.resilience.shared"

local LOCKED = 15     -- seconds after which a worker that holds the lock counts as dead
local LONGEST = 65536 -- bytes of a token that can be sealed

local methods = {}
local metatable = { __index = methods }

--- Locks, where nobody else has, and looks for the token.
-- @param own who locks
-- @return { locked = whether the lock is the caller's, token = one that is valid, or nil, ends = when it expires, on the clock of core.now }
function methods:look(own)
  local found = { locked = self.dict:add(self.lock, own, LOCKED) or self.dict:get(self.lock) == own }
  local ends, sealed = tostring(self.dict:get(self.key)):match "^([^:]+):(.*)$" -- under the lock too: another worker may have written just before
  local seconds = tonumber(ends)
  if seconds and seconds > core.now() then
    found.token, found.ends = core.unseal(sealed, self.key .. ":" .. ends), seconds
  end
  return found
end

--- Keeps a token, and unlocks.
function methods:put(own, token, seconds)
  local ends = ("%.3f"):format(seconds)
  local sealed = #token <= LONGEST and core.seal(token, self.key .. ":" .. ends)
  local ok = sealed and self.dict:set(self.key, ends .. ":" .. sealed, math.max(0.001, seconds - core.now()))
  if not ok and not self.warned then
    self.warned = true
    host.warn(("cards.token_source '%s': the token cannot be put into the shared dict"):format(check.short(self.name)))
  end
  self:unlock(own)
end

function methods:unlock(own)
  if self.dict:get(self.lock) == own then
    self.dict:delete(self.lock)
  end
end

--- @param dict a shared dict
-- @param name of the token in it
return function(dict, name)
  local key = "cards.token:" .. shared.name(name)
  return setmetatable({ dict = dict, name = name, key = key, lock = key .. ":lock", warned = false }, metatable)
end
