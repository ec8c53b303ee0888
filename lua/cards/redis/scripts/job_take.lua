--- Takes rows for a worker: those that are given back or whose worker is gone, then new ones.
--
-- KEYS: meta, rows, counts. ARGV: the id of the job, the worker, how many rows, how many of others at most, "alone" where the worker has no row.
-- A row that two workers ended with, or as many as it may end with but for one, runs alone: it is taken only by "alone", and nothing beside it.
-- Returns { the rows, how many have to run alone, rows done, rows in all or -1, rows fed, how many of the rows were of others }; -1 where it is another
-- job. A row is "NUMBER DELIVERY MARK TEXT\n", DELIVERY being 1 for the first worker that has it; MARK and TEXT as in job_feed.

local meta, rows, counts = KEYS[1], KEYS[2], KEYS[3]
local worker, most, of_others = ARGV[2], tonumber(ARGV[3]), tonumber(ARGV[4])
local LOOKS = 1000 -- rows of others that are looked at
local LONGEST = 1048576 -- bytes of rows after which no further one is taken
local SOME = 16 -- new rows that are taken at once, however long they are

local known = redis.call("HMGET", meta, "id", "total", "lease", "fed", "deliveries")
if known[1] ~= ARGV[1] then
  return -1
end
local deliveries = tonumber(known[5])
local bulk = deliveries > 1 and math.min(2, deliveries - 1) or 2 -- deliveries of a row beside others: its last one is alone, where it has more than one

local taken, count, suspects, bytes = {}, 0, 0, 0

local function add(entry, delivery)
  count = count + 1
  bytes = bytes + #entry[2][2]
  taken[count] = string.match(entry[1], "^%d+") .. " " .. delivery .. " " .. entry[2][1] .. " " .. entry[2][2] .. "\n"
end

--- Takes a row over. The lease is asked again by XCLAIM, and the count of deliveries goes up.
local function claim(id, lease, delivery)
  local entry = redis.call("XCLAIM", rows, "workers", worker, lease, id)[1]
  if entry then
    add(entry, delivery)
  end
end

if of_others > 0 and known[3] then
  local lease, single = math.floor(tonumber(known[3]) * 1000), nil
  for _, pending in ipairs(redis.call("XPENDING", rows, "workers", "IDLE", lease, "-", "+", LOOKS)) do
    local delivery = pending[4] + 1
    if delivery > bulk then
      suspects = suspects + 1
      single = single or { pending[1], delivery }
    elseif count < most and count < of_others and bytes < LONGEST and ARGV[5] ~= "alone" then
      claim(pending[1], lease, delivery)
    end
  end
  if ARGV[5] == "alone" and single then
    claim(single[1], lease, single[2])
    suspects = suspects - 1
  end
end

local claimed = count
while count < most and bytes < LONGEST and ARGV[5] ~= "alone" do
  local some = math.min(most - count, math.max(count, 1), SOME) -- at first one, as it may be long
  local new = redis.call("XREADGROUP", "GROUP", "workers", worker, "COUNT", some, "STREAMS", rows, ">")
  for _, entry in ipairs(new and new[1][2] or {}) do
    add(entry, "1") -- as text: to make that of a number takes as long as to take the row
  end
  if not new or #new[1][2] < some then
    break
  end
end

return { table.concat(taken), suspects, tonumber(redis.call("HGET", counts, "done") or 0), tonumber(known[2] or -1), tonumber(known[4]), claimed }
