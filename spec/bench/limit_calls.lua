--- Decisions of a limit that lets everything through, one at a time and by several functions at once, in plain Lua and in nginx.

local cards = require "cards"
local core = require "cards.core"

local function nothing() return true end

--- Decides for so many seconds.
-- @param shared as of cards.limit, or nil
-- @param seconds of wall time
-- @param functions that ask at the same time
-- @return decisions a second
return function(shared, seconds, functions)
  local on_loss = shared and shared:find ":" and "refuse" or nil
  local limited = cards.limit { rate = 1e6, burst = 1e6, max_wait = 0, key = "bench", shared = shared, on_loss = on_loss }
  local count, ends, work = 0, 0, {}
  for i = 1, functions do
    work[i] = function()
      while core.now() < ends do
        assert(limited(nothing))
        count = count + 1
      end
    end
  end
  ends = core.now() + 0.05
  cards.all(work) -- is not counted
  local began = core.now()
  count, ends = 0, began + seconds
  if functions == 1 then
    work[1]()
  else
    cards.all(work)
  end
  return count / (core.now() - began)
end
