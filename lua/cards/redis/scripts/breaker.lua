--- A breaker's state, and a call's begin or end. The clock is that of Redis.
--
-- KEYS[1]: a hash { version = 1, written, failures, window_ends, open_ends, trials, trials_end }, times in milliseconds; none while there is nothing to
-- count. open_ends is above 0 while the breaker is not closed.
-- ARGV: what is asked, the options failures, window, open_for (both in milliseconds) and half_open, and whether the call that ended was a trial (1):
--   "ask": may a call begin? While the breaker is half open this counts a trial, which expires, as who tries may end without a word
--   "state": nothing changes
--   "success", "failure", "neutral": how a call ended; without a trial only a failure counts
-- Returns the phase (0 closed, 1 open, 2 half open), the milliseconds until it is half open, the failures of this window, and whether a trial was counted.

local time = redis.call("TIME")
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local asked, failures, window, open_for, most = ARGV[1], tonumber(ARGV[2]), tonumber(ARGV[3]), tonumber(ARGV[4]), tonumber(ARGV[5])
local is_trial, key = ARGV[6] == "1", KEYS[1]
local FORGOTTEN = 86400000 -- milliseconds after which nobody has asked

local got = redis.call("HMGET", key, "version", "written", "failures", "window_ends", "open_ends", "trials", "trials_end")
if got[1] and got[1] ~= "1" then
  return redis.error_reply "VERSION another version of cards has written this breaker"
end
local back = math.max(0, (tonumber(got[2]) or 0) - now) -- the clock was set back, also by a failover: nobody waits for that
local function ends(i)
  return math.max(0, (tonumber(got[i]) or 0) - back)
end
local window_ends, open_ends, trials_end = ends(4), ends(5), ends(7)
local counted = window_ends > now and tonumber(got[3]) or 0
local trials = trials_end > now and tonumber(got[6]) or 0
local phase = open_ends == 0 and 0 or open_ends > now and 1 or 2
local tries = 0

local function text(milliseconds)
  return ("%.0f"):format(milliseconds)
end

local function write(lives)
  redis.call("HSET", key, "version", "1", "written", text(now), "failures", counted, "window_ends", text(window_ends), "open_ends", text(open_ends),
    "trials", trials, "trials_end", text(trials_end))
  redis.call("PEXPIRE", key, lives)
end

local function open()
  phase, open_ends, counted, window_ends, trials, trials_end = 1, now + open_for, 0, 0, 0, 0
  write(open_for + FORGOTTEN)
end

if back > 0 then
  write(math.max(window_ends - now, open_for + FORGOTTEN))
end
if asked == "failure" and phase == 0 then
  window_ends = counted > 0 and window_ends or now + window
  counted = counted + 1
  if counted >= failures then
    open()
  else
    write(window_ends - now)
  end
elseif phase == 2 and asked == "ask" and trials < most then
  tries = 1
  trials_end = trials > 0 and trials_end or now + open_for
  trials = trials + 1
  write(open_for + FORGOTTEN)
elseif phase == 2 and is_trial and asked == "neutral" then
  trials = math.max(0, trials - 1)
  write(open_for + FORGOTTEN)
elseif phase == 2 and is_trial and asked == "failure" then
  open()
elseif phase == 2 and is_trial and asked == "success" then
  redis.call("DEL", key)
  phase, counted = 0, 0
end
return { phase, phase == 1 and open_ends - now or 0, counted, tries }
