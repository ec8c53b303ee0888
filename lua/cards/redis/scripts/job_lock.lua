--- Holds a lock for some time, where nobody else holds it.
--
-- KEYS: the lock. ARGV: what it has, milliseconds. Returns { 1 }; { 0, what it has, milliseconds that are left } where somebody else holds it.
-- PEXPIRE comes first: a full Redis refuses a first SET, and none behind another write. Who collects makes room.

local lock = KEYS[1]

local holder = redis.call("GET", lock)
if holder and holder ~= ARGV[1] then
  return { 0, holder, redis.call("PTTL", lock) }
end
redis.call("PEXPIRE", lock, ARGV[2])
redis.call("SET", lock, ARGV[1], "PX", ARGV[2])
return { 1 }
