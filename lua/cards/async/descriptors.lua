--- The descriptors of other libraries' connections that functions wait for in plain Lua. The engine of the VM ends its wait when one is ready.

local core = require "cards.core"
local timers = require "cards.async.timers"

local descriptors = {}

-- By tag: the timers' entries of who waits. Of a function that was dropped nobody but the timers holds the entry.
local awaited = setmetatable({}, { __mode = "v" })
local tags = 0
local ready = {}

--- Has a timer's entry fired as soon as a descriptor is ready.
-- @param writing whether it has to be ready for writing, and not for reading
-- @return the tag to give back to `leave`; or nil and why not
function descriptors.enter(fd, writing, entry)
  local tag = tags + 1
  tags = tag
  local ok, why = core.await(fd, writing, tag)
  if not ok then
    return nil, why
  end
  awaited[tag] = entry
  return tag
end

--- Ends that.
function descriptors.leave(tag)
  awaited[tag] = nil
end

--- Whether somebody waits for one.
function descriptors.are_awaited()
  return next(awaited) ~= nil
end

--- Fires the entries of descriptors that are ready. Never waits.
-- @return whether there was one
function descriptors.fire()
  if next(awaited) == nil then
    return false
  end
  local found = core.ready(ready)
  for i = 1, found do
    local entry = awaited[ready[i]]
    if entry then
      entry.is_ready = true
      timers.fire(entry)
    end
  end
  return found > 0
end

return descriptors
