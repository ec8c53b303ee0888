--- Signals of nginx under a clock of cards.testing, like those of cards.async.nginx.signal. Who waits lets all other light threads run as far as they can; then
-- the clock goes on to the first time that somebody waits for.

local context = require "cards.async.context"
local core = require "cards.core"

local ngx = ngx -- luacheck: ignore

local TURN = 0.001 -- seconds; after 0 nginx might go on with this light thread before any other
local QUIET = 3    -- turns in which nobody begins or ends a wait, before the clock goes on: one that was woken may wake others first

local waiting = {} -- entries { at = seconds, turns = how often it looked }
local changes = 0  -- how often somebody began or ended a wait
local looked = 0   -- the real time at which somebody looked last

--- The entry with the earliest time.
local function first()
  local found
  for entry in pairs(waiting) do
    if not found or entry.at < found.at then
      found = entry
    end
  end
  return found
end

--- Looks whether this entry is the next, and all is quiet. Forgets one before it that does not look any more: a light thread may be killed.
local function is_next(entry)
  local other = first()
  local turns = other ~= entry and other.turns or 0
  if entry.other ~= other or entry.other_turns ~= turns or entry.changes ~= changes then
    entry.other, entry.other_turns, entry.changes, entry.quiet = other, turns, changes, 0
  end
  entry.quiet = entry.quiet + 1
  if entry.quiet <= QUIET then
    return false
  elseif other ~= entry then
    waiting[other] = nil
  end
  return other == entry
end

local methods = {}
local metatable = { __index = methods }

function methods:set()
  self.is_set = true
end

function methods:is_awaited()
  return self.awaited
end

--- @param advance function(seconds) that moves the clock
local function wait(self, seconds, advance)
  local entry = { at = core.now() + seconds, turns = 0 }
  waiting[entry], self.awaited, changes, looked = true, true, changes + 1, ngx.now()
  repeat
    local calls = core.calls()
    ngx.sleep(TURN)
    entry.turns, waiting[entry] = entry.turns + 1, true
    local before = looked
    looked = ngx.now()
    if calls > 0 then -- the clock goes as the real one
      advance(looked - before)
    elseif not self.is_set and is_next(entry) then
      advance(math.max(0, entry.at - core.now()))
    end
  until self.is_set or core.now() >= entry.at or context.is_cancelled(context.get())
  waiting[entry], self.awaited, changes = nil, false, changes + 1
  local set = self.is_set
  self.is_set = false
  return set
end

--- @param advance function(seconds) that moves the clock
-- @return a function that makes a signal
return function(advance)
  local function wait_here(self, seconds)
    return wait(self, seconds, advance)
  end
  return function()
    return setmetatable({ is_set = false, awaited = false, wait = wait_here }, metatable)
  end
end
