--- Adds a worker to a job. The first one says what flow and lease all have; a later one, too, as long as no row is done and no worker is there.
--
-- KEYS: meta, counts, workers. ARGV: the id of the job, the hash of the flow, seconds of the lease or "", whether
-- another flow is accepted ("1" or "0"), the name of the worker, its state as JSON.
-- EXPIRE comes first: a full Redis refuses a first HSETNX, and none behind another write. Who works makes room.
-- Returns { the hash, the seconds }, those of the job; -1 where it is another job. A worker with another flow, or another lease, is not added.

local meta = KEYS[1]

if redis.call("HGET", meta, "id") ~= ARGV[1] then
  return -1
end
redis.call("EXPIRE", meta, redis.call("HGET", meta, "expire"))
if not redis.call("HGET", KEYS[2], "done") and redis.call("HLEN", KEYS[3]) == 0 then
  redis.call("HDEL", meta, "flow", "lease")
end
redis.call("HSETNX", meta, "flow", ARGV[2])
redis.call("HSETNX", meta, "lease", ARGV[3] == "" and "60" or ARGV[3])
local own = redis.call("HMGET", meta, "flow", "lease")
if (own[1] == ARGV[2] or ARGV[4] == "1") and (ARGV[3] == "" or ARGV[3] == own[2]) then
  redis.call("HSET", KEYS[3], ARGV[5], redis.call("TIME")[1] .. " " .. ARGV[6])
  redis.call("EXPIRE", KEYS[3], redis.call("HGET", meta, "expire"))
end
return own
