--- Adds rows to a job, those that it does not have yet.
--
-- KEYS: meta, rows, counts. ARGV: the id of the job, the number of the row before the first, the rows with "\n" behind each, "end" where these are the last.
-- A row is "=" and what is in it, or "!" and what is wrong with it. Its entry has the id NUMBER-0, so that no row can be there twice.
-- Returns { rows that the job has had, rows that wait or run }; -1 where it is another job; { -1, rows that it has had } where some before the first are
-- missing, as after a Redis that lost its last writes.

local meta, rows, counts = KEYS[1], KEYS[2], KEYS[3]

local known = redis.call("HMGET", meta, "id", "fed")
if known[1] ~= ARGV[1] then
  return -1
end
local row, fed = tonumber(ARGV[2]), tonumber(known[2])
if row > fed then
  return { -1, fed }
end
for mark, text in string.gmatch(ARGV[3], "(.)([^\n]*)\n") do
  row = row + 1
  if row > fed then
    redis.call("XADD", rows, string.format("%d-0", row), mark, text)
  end
end
if row > fed then
  fed = row
  redis.call("HSET", meta, "fed", string.format("%d", fed))
  redis.call("HDEL", meta, "total") -- that of a feed with --limit
end
local done = tonumber(redis.call("HGET", counts, "done") or 0)
if ARGV[4] == "end" then
  redis.call("HSET", meta, "total", string.format("%d", fed))
  if done == fed then -- which job_finish could not know
    redis.call("XTRIM", rows, "MINID", string.format("%d-0", fed + 1))
  end
end
return { fed, fed - done }
