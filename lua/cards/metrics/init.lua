--- cards.metrics: what the process, or all workers of nginx, have counted of calls, and how things are.
--
-- A call counts once, when it ends for who made it: its result was read, it was given up (kind "cancelled"), or nobody holds it any more ("cancelled", too,
-- though it may have succeeded). A call that was refused before it was sent counts, such as one with a wrong parameter or beyond max_in_flight, but is not in
-- the histogram; one that raised an error for a mistake in the script does not count. Calls that the library makes for a call (a step, a token) count for their
-- own operation. A call that goes on with another credential after a 401 is one call. What cards.retry and cards.hedge call are calls of their own, and so are
-- pages. Calls of clients of cards.testing do not count. A try counts when it begins.

local keys = require "cards.metrics.keys"
local own = require "cards.metrics.own"
local prometheus = require "cards.metrics.prometheus"
local registry = require "cards.metrics.registry"
local share = require "cards.metrics.share"
local view = require "cards.metrics.view"

local metrics = {
  --- metrics.register(kind, object): shows the state of a limit, breaker or token source that has a name.
  register = registry.register,
}

--- cards.metrics()
-- @return a table, see docs/guide/metrics.md: of this process since it started; with cards.configure { metrics = { shared = … } } of all workers of nginx
local function read()
  if share.is_on() then
    return view(share.read())
  end
  local all = own.counters()
  keys.add(all, (own.gauges()))
  return view(all)
end

--- cards.metrics.prometheus()
-- @return the same as text for Prometheus, of the type "text/plain; version=0.0.4"
function metrics.prometheus()
  return prometheus(read())
end

return setmetatable(metrics, { __call = read })
