--- The numbers of metrics, by the keys of cards.metrics.keys, as the table that cards.metrics() returns.

local core = require "cards.core"
local keys = require "cards.metrics.keys"

local bounds = core.bounds

--- The counts of an operation, or of something with a name, which are made where there are none.
local function below(place, name, new)
  if not place[name] then
    place[name] = new()
  end
  return place[name]
end

local function new_operation()
  local latency = { count = 0, sum = 0, buckets = {} }
  for i = 1, #bounds + 1 do
    latency.buckets[i] = { le = bounds[i] or math.huge, count = 0 }
  end
  return { total = 0, ok = 0, errors = {}, tries = 0, reused = 0, in_flight = 0, latency = latency }
end

local function operation(view, provider, name)
  return below(below(view.calls, provider, function() return {} end), name, new_operation)
end

local function new_limit()
  return { running = 0, waiting = 0 }
end

local function new_breaker()
  return { closed = 0, open = 0, half_open = 0 }
end

local function new_token_source()
  return { failed = 0 }
end

-- By the first word of a key: puts a number in its place.
local put = {}

function put.result(view, number, provider, name, kind)
  local counts = operation(view, provider, name)
  counts.total = counts.total + number
  if kind == "ok" then
    counts.ok = number
  else
    counts.errors[kind] = number
  end
end

function put.bucket(view, number, provider, name, place)
  local latency = operation(view, provider, name).latency
  latency.count = latency.count + number
  for i = tonumber(place), #latency.buckets do
    latency.buckets[i].count = latency.buckets[i].count + number
  end
end

function put.seconds(view, number, provider, name)
  operation(view, provider, name).latency.sum = number
end

function put.try(view, number, provider, name, connection)
  local counts = operation(view, provider, name)
  counts.tries = counts.tries + number
  counts.reused = counts.reused + (connection == "reused" and number or 0)
end

function put.in_flight(view, number, provider, name)
  operation(view, provider, name).in_flight = number
end

function put.act(view, number, act)
  view.reveals[act] = number
end

function put.pool(view, number, which)
  view.connections[which] = number
end

function put.secret(view, number, which)
  view.secrets[which] = number
end

function put.limit(view, number, name, which)
  below(view.limits, name, new_limit)[which] = number
end

function put.breaker(view, number, name, which)
  below(view.breakers, name, new_breaker)[which] = number
end

function put.token_source(view, number, name, which)
  local source = below(view.token_sources, name, new_token_source)
  if which ~= "expires" or number > 0 then
    source[which] = number
  end
end

function put.process(view, number)
  view.processes = number
end

--- @param numbers of this process or of all that share theirs
-- @return the table
return function(numbers)
  local view = {
    calls = {}, connections = { open = 0, idle = 0, waiting = 0 }, limits = {}, breakers = {}, token_sources = {},
    reveals = { revealed = 0, sealed = 0, refused = 0 }, secrets = { open = 0, used = 0, committed = 0 }, processes = 0,
  }
  for key, number in pairs(numbers) do
    local what, of, which, last = keys.split(key)
    if put[what] then -- another version of the library may share the dict
      put[what](view, number, of, which, last)
    end
  end
  return view
end
