--- The sandbox's collector of traces, as specs ask it. Each spec has a service of its own.

local cards = require "cards"
local sandbox = require "support.sandbox"

local collector = {}

--- Has spans go there from now on.
-- @param more options of cards.trace.otlp, and `sample`
-- @return the service's name
function collector.use(more)
  local options, sample = { url = sandbox.url "HTTP_URL" .. "/otlp", service = sandbox.unique_id "service" }, more and more.sample
  for key, value in pairs(more or {}) do
    if key ~= "sample" then options[key] = value end
  end
  cards.configure { trace = { exporter = cards.trace.otlp(options), sample = sample } }
  return options.service
end

--- Has spans go nowhere.
function collector.leave()
  cards.configure { trace = false }
end

--- Has the next requests of a service answered so: "status=503&retry_after=1", "reject=2", "delay=0.2".
function collector.ask(service, ...)
  for _, how in ipairs { ... } do sandbox.ask("POST", ("/otlp/next?service=%s&%s"):format(service, how)) end
end

--- Lets the requests of a service go that are delayed.
function collector.go(service) sandbox.ask("POST", "/otlp/go?service=" .. service) end

--- A span with its attributes by name, as plain values.
local function plain(span)
  local attributes = {}
  for _, one in ipairs(span.attributes or {}) do
    local _, value = next(one.value)
    attributes[one.key] = one.value.intValue and tonumber(value) or value
  end
  span.attributes = attributes
  return span
end

--- What the collector got for a service: { spans, requests, refused }. All of it was well-formed, and no parent is missing.
function collector.got(service)
  local got = sandbox.ask("GET", "/otlp/spans?service=" .. service)
  if got.first_problem then error("the collector refused: " .. got.first_problem, 2) end
  if got.orphans[1] then error(("%d spans have no parent"):format(#got.orphans), 2) end
  for _, span in ipairs(got.spans) do plain(span) end
  return got
end

--- Sends what waits; then the spans that the collector got, in the order in which they ended, and the first one of each name by that.
function collector.spans(service)
  assert(cards.trace.flush(10))
  local spans, by_name = collector.got(service).spans, {}
  for _, span in ipairs(spans) do by_name[span.name] = by_name[span.name] or span end
  return spans, by_name
end

return collector
