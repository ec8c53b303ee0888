--- A token that hosts share, and the lock of the one that fetches it. The clock is that of Redis.
--
-- KEYS[1]: "1:ENDS:SEALED", the version, the time in milliseconds when it expires, and the sealed token. KEYS[2]: who has the lock. ARGV: what is asked, who
-- asks, and the milliseconds that a lock lasts:
--   "look": the token; where there is none, the lock is taken if it is free
--   "lock": the token, and the lock is taken if it is free
--   "put", VALUE, MILLISECONDS that it lives: keeps the token unless another one holds the lock by now, and unlocks
--   "unlock"
-- Returns whether the caller has the lock, the token or "", and the time as a string.

local time = redis.call("TIME")
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local asked, own, lease = ARGV[1], ARGV[2], ARGV[3]
local value, holder = redis.call("GET", KEYS[1]), redis.call("GET", KEYS[2])
if value and not value:find "^1:%d+:" then
  return redis.error_reply "VERSION another version of cards has written this token"
end
if holder then -- the clock was set back, also by a failover: nobody waits for that
  local left = redis.call("PTTL", KEYS[2])
  if left < 0 or left > tonumber(lease) then
    redis.call("PEXPIRE", KEYS[2], lease)
  end
end
if (asked == "lock" or asked == "look" and not value) and not holder then
  redis.call("SET", KEYS[2], own, "PX", lease)
  holder = own
elseif asked == "put" and (not holder or holder == own) then
  redis.call("SET", KEYS[1], ARGV[4], "PX", ARGV[5])
end
if (asked == "put" or asked == "unlock") and holder == own then
  redis.call("DEL", KEYS[2])
  holder = false
end
return { holder == own and 1 or 0, value or "", ("%.0f"):format(now) }
