--- Gives back rows that a worker holds, so that others take them at once; all of a worker that ends, which is forgotten then.
--
-- KEYS: meta, rows, workers. ARGV: the id of the job, the worker, and for one that goes on the numbers of the rows that it keeps, with " " behind each.
-- The rows count as delivered once less, as nothing is wrong with them. Returns how many there were; -1 where it is another job.

local meta, rows, workers = KEYS[1], KEYS[2], KEYS[3]
local worker = ARGV[2]
local SOME = 1000    -- rows at once
local AGE = 86401000 -- milliseconds: longer than any lease, as the next worker may say another one

if redis.call("HGET", meta, "id") ~= ARGV[1] then
  return -1
end
local kept = {}
for number in string.gmatch(ARGV[3] or "", "%d+") do
  kept[number .. "-0"] = true
end
local count, from = 0, "-"
repeat
  local held = redis.call("XPENDING", rows, "workers", from, "+", SOME, worker)
  for _, pending in ipairs(held) do
    from = "(" .. pending[1]
    if not kept[pending[1]] then
      redis.call("XCLAIM", rows, "workers", "nobody", 0, pending[1], "IDLE", AGE, "RETRYCOUNT", pending[4] - 1, "JUSTID")
      count = count + 1
    end
  end
until #held < SOME
if not ARGV[3] then
  redis.call("XGROUP", "DELCONSUMER", rows, "workers", worker)
  redis.call("HDEL", workers, worker)
end
return count
