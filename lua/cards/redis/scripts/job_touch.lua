--- Keeps a job for longer, and what a worker holds.
--
-- KEYS: meta, rows, workers, and the other keys that live as long. ARGV: the id of the job, seconds until it expires; of a worker its name, its state as JSON,
-- and the numbers of rows whose lease begins anew, with " " behind each. Only those are renewed that are still its own.
-- EXPIRE comes first: a full Redis refuses a first HSET, and none behind another write.
-- Returns 1; -1 where it is another job: a worker that is told so leaves nothing in the place of one that was removed.

local meta, rows, workers = KEYS[1], KEYS[2], KEYS[3]
local worker = ARGV[3]

if redis.call("HGET", meta, "id") ~= ARGV[1] then
  return -1
end
for _, key in ipairs(KEYS) do
  redis.call("EXPIRE", key, ARGV[2])
end
if worker then
  redis.call("HSET", workers, worker, redis.call("TIME")[1] .. " " .. ARGV[4])
  for number in string.gmatch(ARGV[5], "%d+") do
    local id = number .. "-0"
    if redis.call("XPENDING", rows, "workers", id, id, 1, worker)[1] then
      redis.call("XCLAIM", rows, "workers", worker, 0, id, "JUSTID")
    end
  end
end
return 1
