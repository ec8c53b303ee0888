--- Where hosts keep a token: in a Redis, sealed under the key that they share, with a lock beside it. Its expiry is a time of Redis' clock, so that it does not
-- matter what theirs say.

local check = require "cards.util.check"
local core = require "cards.core"
local host = require "cards.async.host"

local LEASE = 15      -- seconds after which a host that holds the lock counts as dead
local LONGEST = 65536 -- bytes of a token that can be sealed
local MILLI = 1000

local methods = {}
local metatable = { __index = methods }

--- @param how "ask" or "tell" of the remote
local function ask(self, how, what, own, ...)
  self.key = self.key or self.remote:key("token", self.name)
  return self.remote[how](self.remote, "token", { self.key, self.key and self.key .. ":lock" }, { what, own, LEASE * MILLI, ... })
end

--- As that of dict_vault, but where there is a token it locks only if it must.
-- @return as that; or nil where Redis is away, and where nothing may be done without it an error
function methods:look(own, must_lock)
  local reply = ask(self, "ask", must_lock and "lock" or "look", own)
  if not reply then
    return nil, self.refuses and self.remote:refuse "token_source" or nil
  end
  local key = self.key
  self.clock = tonumber(reply[3]) / MILLI - core.now() -- that of Redis, beside our own
  local found = { locked = reply[1] == 1 }
  local ends, sealed = reply[2]:match "^1:(%d+):(.*)$"
  local seconds = ends and ends / MILLI - self.clock
  if seconds and seconds > core.now() then
    found.token, found.ends = core.unseal_with(self.remote:sealing(), sealed, key .. ":" .. ends), seconds
  end
  return found
end

--- As that of dict_vault.
function methods:put(own, token, seconds)
  local ends = ("%.0f"):format((seconds + self.clock) * MILLI)
  local sealed = #token <= LONGEST and core.seal_with(self.remote:sealing(), token, self.key .. ":" .. ends)
  if sealed then
    ask(self, "tell", "put", own, ("1:%s:%s"):format(ends, sealed), math.max(1, math.floor((seconds - core.now()) * MILLI)))
  else
    self:unlock(own)
    if not self.warned then
      self.warned = true
      host.warn(("cards.token_source '%s': the token cannot be put into Redis"):format(check.short(self.name)))
    end
  end
end

function methods:unlock(own)
  ask(self, "tell", "unlock", own)
end

--- @param remote what hosts share, see cards.resilience.remote
-- @param name of the token there
-- @param refuses whether no token is fetched while Redis is away
return function(remote, name, refuses)
  return setmetatable({ remote = remote, name = name, refuses = refuses, warned = false }, metatable)
end
