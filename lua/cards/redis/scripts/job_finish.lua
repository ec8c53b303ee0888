--- Writes the lines of rows that are done, and takes the rows out of the job, in one step: each row has one line, whoever repeats this.
--
-- KEYS: meta, rows, results, counts, timeline. ARGV: the id of the job, the lines with "\n" behind each, intervals of the timeline likewise.
-- Returns { lines that were written, rows done, rows in all or -1 }; -1 where it is another job. A line is not written where the row has one already.
-- XACK or EXPIRE comes first: a full Redis refuses a first XADD, and none behind another write. It is full of rows, which only their lines make go.

local meta, rows, results, counts, timeline = KEYS[1], KEYS[2], KEYS[3], KEYS[4], KEYS[5]
local DEAD = 10000 -- rows that are done and stay in the stream at most

local known = redis.call("HMGET", meta, "id", "total", "fed", "expire")
if known[1] ~= ARGV[1] then
  return -1
end

redis.call("XLEN", results) -- raises where it is no stream: half way a row would be left without a line
local before = tonumber(redis.call("HGET", counts, "done") or 0)
local done, failed, kinds, ids = before, 0, {}, {}

--- Takes the rows out of the stream that are done. Those behind the first that waits or runs go later, as whole blocks, which costs a tenth; but not too many.
local function remove()
  local total, pending = tonumber(known[2]), redis.call("XPENDING", rows, "workers")
  if done == total then
    redis.call("XTRIM", rows, "MINID", string.format("%d-0", total + 1))
  elseif pending[1] > 0 then
    redis.call("XTRIM", rows, "MINID", "~", pending[2])
  end
  if redis.call("XLEN", rows) - (tonumber(known[3]) - done) > DEAD then
    for _, id in ipairs(ids) do
      redis.call("XDEL", rows, id)
    end
  end
end

for line in string.gmatch(ARGV[2], "([^\n]*)\n") do
  local number, what = string.match(line, '^{"row":(%d+),"(%l+)"')
  local id = number .. "-0"
  if redis.call("XACK", rows, "workers", id) == 1 then
    done = done + 1
    redis.call("XADD", results, string.format("%d-0", done), "line", line)
    ids[done - before] = id
    if what == "error" then
      local kind = string.match(line, '"kind":"([%w_]+)"') or "script"
      failed, kinds[kind] = failed + 1, (kinds[kind] or 0) + 1
    end
  end
end
if done > before then
  remove()
  redis.call("HINCRBY", counts, "done", done - before)
  if failed > 0 then
    redis.call("HINCRBY", counts, "failed", failed)
  end
  for kind, count in pairs(kinds) do
    redis.call("HINCRBY", counts, "kind " .. kind, count)
  end
  if before == 0 then -- its worker may be killed before it gives a sign
    redis.call("EXPIRE", results, known[4])
    redis.call("EXPIRE", counts, known[4])
  end
end
if done > before or ARGV[2] == "" then -- else it is a repetition
  redis.call("EXPIRE", meta, known[4])
  for line in string.gmatch(ARGV[3], "([^\n]*)\n") do
    redis.call("XADD", timeline, "*", "line", line)
  end
  redis.call("EXPIRE", timeline, known[4])
end
return { done - before, done, tonumber(known[2] or -1) }
