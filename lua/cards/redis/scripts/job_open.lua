--- Makes a job where there is none of this name, and says what is known of it.
--
-- KEYS: meta, rows. ARGV: seconds until the job expires, and names and values of a new meta; nothing to make none.
-- Returns the names and values of meta in turn; an empty list where there is no job.

local meta, rows = KEYS[1], KEYS[2]

if ARGV[1] and redis.call("EXISTS", meta) == 0 then
  redis.call("XGROUP", "CREATE", rows, "workers", "0", "MKSTREAM")
  redis.call("HSET", meta, unpack(ARGV, 2))
  redis.call("EXPIRE", meta, ARGV[1])
  redis.call("EXPIRE", rows, ARGV[1])
end
return redis.call("HGETALL", meta)
