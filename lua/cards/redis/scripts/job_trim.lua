--- Takes results out of a job that are written, and holds the job for longer for who collects it.
--
-- KEYS: meta, results, collector. ARGV: the id of the job, what the lock has, the last result that is written, milliseconds of the lock,
-- the run of Redis in which the results were read: another one may have lost some of them, and has others by their numbers.
-- Returns 1; 0 where somebody else collects the job, -1 where it is another one.

local meta, results, lock = KEYS[1], KEYS[2], KEYS[3]

local known = redis.call("HMGET", meta, "id", "trimmed", "expire")
if known[1] ~= ARGV[1] then
  return -1
end
redis.call("EXPIRE", meta, known[3]) -- first: a full Redis refuses a first SET, and none behind another write
local holder = redis.call("GET", lock)
if holder and holder ~= ARGV[2] then
  return 0
end
redis.call("SET", lock, ARGV[2], "PX", ARGV[4]) -- anew where it has ended meanwhile, as in a partition
if tonumber(ARGV[3]) > tonumber(known[2] or 0) and string.match(redis.call("INFO", "server"), "run_id:(%x+)") == ARGV[5] then
  redis.call("XTRIM", results, "MINID", string.format("%d-0", tonumber(ARGV[3]) + 1))
  redis.call("HSET", meta, "trimmed", ARGV[3])
end
return 1
