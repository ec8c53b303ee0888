--- A breaker's state, and a call's begin or end. The clock is that of Redis.
--
-- KEYS[1]: a hash { version = 1, failures, window_ends, open_ends, trials, trials_end }, times in milliseconds; none while there is nothing to count.
-- open_ends is there while the breaker is not closed. ARGV: what is asked, the options failures, window, open_for (milliseconds) and half_open, and whether the
-- call that ended was a trial (1):
--   "ask": may a call begin? While the breaker is half open this counts a trial, which expires, as who tries may end without a word
--   "state": nothing changes
--   "success", "failure", "neutral": how a call ended; without a trial only a failure counts
-- Returns the phase (0 closed, 1 open, 2 half open), the milliseconds until it is half open, the failures of this window, and whether a trial was counted.

local time = redis.call("TIME")
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local asked, failures, window, open_for, most = ARGV[1], tonumber(ARGV[2]), tonumber(ARGV[3]), tonumber(ARGV[4]), tonumber(ARGV[5])
local is_trial, key = ARGV[6] == "1", KEYS[1]
local FORGOTTEN = 86400000 -- milliseconds after which nobody has asked

local got = redis.call("HMGET", key, "version", "failures", "window_ends", "open_ends", "trials", "trials_end")
if got[1] and got[1] ~= "1" then
  return redis.error_reply "VERSION another version of cards has written this breaker"
end
local counted, window_ends, open_ends = tonumber(got[2]) or 0, tonumber(got[3]) or 0, tonumber(got[4])
local trials, trials_end = tonumber(got[5]) or 0, tonumber(got[6]) or 0
counted = window_ends > now and counted or 0
trials = trials_end > now and trials or 0
local phase = not open_ends and 0 or open_ends > now and 1 or 2
local tries = 0

local function write(lives, ...)
  redis.call("HSET", key, "version", "1", ...)
  redis.call("PEXPIRE", key, lives)
end

local function open()
  phase, open_ends, counted = 1, now + open_for, 0
  redis.call("DEL", key)
  write(open_for + FORGOTTEN, "open_ends", ("%.0f"):format(open_ends))
end

if asked == "failure" and phase == 0 then
  counted = counted + 1
  window_ends = counted > 1 and window_ends or now + window
  if counted >= failures then
    open()
  else
    write(window_ends - now, "failures", counted, "window_ends", ("%.0f"):format(window_ends))
  end
elseif phase == 2 and asked == "ask" and trials < most then
  tries = 1
  trials_end = trials > 0 and trials_end or now + open_for
  write(open_for + FORGOTTEN, "trials", trials + 1, "trials_end", ("%.0f"):format(trials_end))
elseif phase == 2 and is_trial and asked == "neutral" then
  write(open_for + FORGOTTEN, "trials", math.max(0, trials - 1))
elseif phase == 2 and is_trial and asked == "failure" then
  open()
elseif phase == 2 and is_trial and asked == "success" then
  redis.call("DEL", key)
  phase, counted = 0, 0
end
return { phase, phase == 1 and open_ends - now or 0, counted, tries }
