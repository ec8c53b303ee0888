--- Keeps a job for longer, and what a worker holds.
--
-- KEYS: all keys of the job; of a worker, rows and workers are the first two. ARGV: seconds until the job expires; of a worker its name, its state as JSON, and
-- the numbers of rows whose lease begins anew, with " " behind each. Only those are renewed that are still its own.
-- EXPIRE comes first: a full Redis refuses a first HSET, and none behind another write.

for _, key in ipairs(KEYS) do
  redis.call("EXPIRE", key, ARGV[1])
end
local worker = ARGV[2]
if worker then
  redis.call("HSET", KEYS[2], worker, redis.call("TIME")[1] .. " " .. ARGV[3])
  for number in string.gmatch(ARGV[4], "%d+") do
    local id = number .. "-0"
    if redis.call("XPENDING", KEYS[1], "workers", id, id, 1, worker)[1] then
      redis.call("XCLAIM", KEYS[1], "workers", worker, 0, id, "JUSTID")
    end
  end
end
return 1
