--- Says how far a job is, at one moment.
--
-- KEYS: meta, rows, results, counts, workers. Returns { meta, counts, workers: names and values in turn each, rows that wait or run, those that a worker holds,
-- results that are not collected, the time in seconds since 1970 }; { {} } where there is no job.

local meta = redis.call("HGETALL", KEYS[1])
if #meta == 0 then
  return { {} }
end
local now = redis.call("TIME")
return {
  meta, redis.call("HGETALL", KEYS[4]), redis.call("HGETALL", KEYS[5]), redis.call("XLEN", KEYS[2]), redis.call("XPENDING", KEYS[2], "workers")[1],
  redis.call("XLEN", KEYS[3]), tonumber(now[1]),
}
