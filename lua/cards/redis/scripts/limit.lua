--- A limit's token, by the generic cell rate algorithm: the time at which the bucket is full again is all that there is of it. The clock is that of Redis.
--
-- KEYS[1]: "1 FULL WRITTEN": the version, that time, and when this was written, in microseconds. ARGV: the microseconds between two tokens, the burst, and the
-- microseconds that the caller waits at most; below 0 nothing is taken.
-- Returns whether a token was taken (1 or 0), and in how many microseconds it is there.

local time = redis.call("TIME")
local now = time[1] * 1000000 + time[2]
local interval, burst, most = tonumber(ARGV[1]), tonumber(ARGV[2]), tonumber(ARGV[3])
local value = redis.call("GET", KEYS[1])
local full, written = (value or ""):match "^1 (%d+) (%d+)$"
if value and not full then
  return redis.error_reply "VERSION another version of cards has written this limit"
end
local function keep(at)
  redis.call("SET", KEYS[1], ("1 %.0f %.0f"):format(at, now), "PX", math.ceil((at - now) / 1000) + 1)
end
if full and tonumber(written) > now then -- the clock was set back, also by a failover: nobody waits for that
  full = full - (written - now)
  keep(math.max(full, now))
end
full = math.max(full or now, now) + interval
local wait = math.max(0, math.ceil(full - interval * burst - now))
if wait > most then
  return { 0, wait }
end
keep(full)
return { 1, wait }
