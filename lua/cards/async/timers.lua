--- The timers of plain Lua: a heap of entries { at = seconds on the clock of core.now, owner = who waits, or false, wake = function(owner) }.

local core = require "cards.core"

local timers = {}

local SPARE = 64

local heap, count, room = {}, 0, SPARE -- room: entries before those without an owner are removed

local function sift_up(at)
  local entry = heap[at]
  while at > 1 do
    local parent = (at - at % 2) / 2
    if heap[parent].at <= entry.at then
      break
    end
    heap[at] = heap[parent]
    at = parent
  end
  heap[at] = entry
end

local function sift_down()
  local entry, at = heap[1], 1
  while 2 * at <= count do
    local child = 2 * at
    if child < count and heap[child + 1].at < heap[child].at then
      child = child + 1
    end
    if entry.at <= heap[child].at then
      break
    end
    heap[at] = heap[child]
    at = child
  end
  heap[at] = entry
end

local function remove_first()
  heap[1], heap[count] = heap[count], nil
  count = count - 1
  if count > 1 then
    sift_down()
  end
end

--- Removes the entries without an owner, whose times may be far in the future.
local function tidy()
  local all = count
  count = 0
  for i = 1, all do
    local entry = heap[i]
    heap[i] = nil
    if entry.owner then
      count = count + 1
      heap[count] = entry
      sift_up(count)
    end
  end
  room = 2 * count + SPARE
end

--- Adds an entry.
function timers.add(entry)
  if count >= room then
    tidy()
  end
  heap[count + 1] = entry
  count = count + 1
  sift_up(count)
end

--- Wakes the owner of an entry, once.
function timers.fire(entry)
  local owner = entry.owner
  if owner then
    entry.owner = false
    entry.wake(owner)
  end
end

--- Seconds until the first entry, at most `most`.
function timers.left(most)
  while count > 0 and not heap[1].owner do
    remove_first()
  end
  if count == 0 then
    return most
  end
  return math.max(0, math.min(most, heap[1].at - core.now()))
end

--- Wakes the owners of all entries whose time has come.
function timers.due()
  if count == 0 then
    return
  end
  local now = core.now()
  while count > 0 and heap[1].at <= now do
    local entry = heap[1]
    remove_first()
    timers.fire(entry)
  end
end

return timers
