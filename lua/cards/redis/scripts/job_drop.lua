--- Removes a job that has had no row.
--
-- KEYS: meta, rows. ARGV: the id of the job. Returns whether it was removed.

local known = redis.call("HMGET", KEYS[1], "id", "fed")
if known[1] == ARGV[1] and tonumber(known[2]) == 0 then
  redis.call("DEL", KEYS[1], KEYS[2])
  return 1
end
return 0
