--- A token bucket that hosts share in a Redis. While that is away each process has a bucket of the full rate, or takes no token.

local methods = {}
local metatable = { __index = methods }

local SECOND = 1e6 -- microseconds

local function ask(self, bucket, most)
  local own = self.own
  return self.remote:ask("limit", { bucket.key }, { own.interval * SECOND, own.burst, most })
end

--- As that of a token_bucket; or nil, nil and an error.
-- @param bucket { key = its name in Redis, … }
function methods:take(bucket, most)
  local reply = ask(self, bucket, most * SECOND)
  if not reply and self.refuses then
    return nil, nil, self.remote:refuse "limit"
  elseif not reply then
    return self.own:take(bucket, most)
  elseif reply[1] == 1 and reply[2] <= most * SECOND then
    return reply[2] / SECOND
  end
  return nil, reply[2] / SECOND
end

--- Seconds until a token is available; while Redis is away, for this process.
function methods:wait(bucket)
  local reply = ask(self, bucket, -1)
  return reply and reply[2] / SECOND or self.own:wait(bucket)
end

--- @param own a token bucket of this process
-- @param remote what hosts share, see cards.resilience.remote
-- @param refuses whether no token is taken while Redis is away
return function(own, remote, refuses)
  return setmetatable({ own = own, remote = remote, refuses = refuses }, metatable)
end
