--- Says how far a job is, at one moment.
--
-- KEYS: meta, rows, results, counts, workers. Returns { meta, counts, workers: names and values in turn each, rows that wait or run, those that a worker holds,
-- results that are not collected, the time in seconds since 1970 }; { {} } where there is no job.

local meta = redis.call("HGETALL", KEYS[1])
if #meta == 0 then
  return { {} }
end
local now, pending = redis.call("TIME"), redis.pcall("XPENDING", KEYS[2], "workers") -- an error where the rows were lost, and who removes the job asks, too
local held = pending[1] or 0
for _, consumer in ipairs(pending[4] or {}) do
  held = held - (consumer[1] == "nobody" and tonumber(consumer[2]) or 0) -- given back: they wait
end
return {
  meta, redis.call("HGETALL", KEYS[4]), redis.call("HGETALL", KEYS[5]), redis.call("XLEN", KEYS[2]), held, redis.call("XLEN", KEYS[3]),
  tonumber(now[1]),
}
