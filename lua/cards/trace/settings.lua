--- The key `trace` of cards.configure: where spans go, and how many traces are sampled.

local check = require "cards.util.check"
local queues = require "cards.trace.queue"

local settings = {
  --- The queue of the exporter, or nil.
  queue = nil,
}

local share = 1
local formers = {} -- queues of former exporters with spans that wait: the collector of garbage must not be who waits for these

local known = {
  exporter = function(value, key)
    local metatable = type(value) == "table" and getmetatable(value)
    return not (metatable and metatable.__name == "cards.exporter") and ("%s must be what cards.trace.otlp returned"):format(key) or nil
  end,
  sample = check.number(0, 1),
}

--- What is wrong with the key, or nil.
function settings.check(value, key)
  if value == false then
    return nil
  end
  return type(value) ~= "table" and ("%s must be a table of settings, or false"):format(key) or check.table(value, known, key .. ".")
end

--- Keeps a former queue until what waits there is sent, which may be at the end of the program.
local function keep(former)
  former:close()
  local waiting = {}
  for _, one in ipairs(formers) do
    waiting[#waiting + 1] = one:state().queued > 0 and one or nil
  end
  waiting[#waiting + 1] = former
  formers = waiting
end

--- Takes the key. Spans that wait for a former exporter are sent to it.
function settings.set(value)
  local former = settings.queue
  settings.queue = value and value.exporter and queues.new(value.exporter) or nil
  share = value and value.sample or 1
  if former then
    keep(former)
  end
end

--- Whether a new trace is sampled: by its id, so that others who go by the id choose the same ones.
function settings.samples(id)
  return tonumber(id:sub(-12), 16) / 2 ^ 48 < share
end

return settings
