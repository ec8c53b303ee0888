--- Reads results behind one, those of some rows.
--
-- KEYS: meta, results, counts. ARGV: the id of the job, the number of the result before the first, how many are looked at, the first and the last row that are
-- wanted.
-- Returns { the lines, the last result that was looked at, the first one of a row behind the last, or -1, rows done, rows in all or -1, the run of Redis };
-- -1 where it is another job. A line is "NUMBER LINE\n". It ends early where the lines get long.

local meta, results, counts = KEYS[1], KEYS[2], KEYS[3]
local LONGEST = 1048576 -- bytes
local SOME = 16         -- results that are read at once: Redis has them all in its memory a second time, however long they are

local known = redis.call("HMGET", meta, "id", "total")
if known[1] ~= ARGV[1] then
  return -1
end
local first, last = tonumber(ARGV[4]), tonumber(ARGV[5])
local lines, count, bytes, seen, skipped = {}, 0, 0, ARGV[2], "-1"
local looked, most = 0, tonumber(ARGV[3])
repeat
  local some = math.min(most - looked, math.max(looked, 1), SOME) -- at first one, as it may be long
  local entries = redis.call("XRANGE", results, "(" .. seen .. "-0", "+", "COUNT", some)
  for _, entry in ipairs(entries) do
    if bytes > LONGEST then
      break
    end
    local line = entry[2][2]
    local row = tonumber(string.match(line, '^{"row":(%d+),'))
    seen = string.match(entry[1], "^%d+")
    bytes = bytes + #line
    if row > last then
      skipped = skipped == "-1" and seen or skipped
    elseif row >= first then
      count = count + 1
      lines[count] = seen .. " " .. line .. "\n"
    end
  end
  looked = looked + some
until #entries < some or looked == most or bytes > LONGEST
return { table.concat(lines), tonumber(seen), tonumber(skipped), tonumber(redis.call("HGET", counts, "done") or 0), tonumber(known[2] or -1),
  string.match(redis.call("INFO", "server"), "run_id:(%x+)") }
