--- cards.trace: runs a function as a part of a trace (W3C Trace Context). Calls in it send `traceparent`, and are spans that an exporter sends.
--
--     cards.configure { trace = { exporter = cards.trace.otlp { url = "http://localhost:4318", service = "shop" } } }
--     local info, err = cards.trace(request_headers.traceparent, show, "c_1")

local check = require "cards.util.check"
local context = require "cards.async.context"
local core = require "cards.core"
local headers = require "cards.trace.headers"
local otlp = require "cards.trace.otlp"
local settings = require "cards.trace.settings"
local spans = require "cards.trace.spans"
local yielding_pcall = require("cards.async.yield").pcall

local trace = { otlp = otlp }

--- The value of a header: a text. A list, as some servers give one that came twice, is none that counts.
local function header(value, key)
  return type(value) ~= "string" and type(value) ~= "table" and ("%s must be the text of a header"):format(key) or nil
end

local known = { traceparent = header, tracestate = header, name = check.label }

--- @return the texts of traceparent and tracestate, or nil each, and the name of the span; or nil, nil, nil and what is wrong
local function read(parent)
  if parent == nil or type(parent) == "string" then
    return parent, nil, "cards.trace"
  elseif type(parent) ~= "table" or rawequal(parent, package.loaded.cards) then
    return nil, nil, nil, "the first argument must be the text of a traceparent, a table or nil"
  end
  local wrong = check.table(parent, known, "")
  if wrong then
    return nil, nil, nil, wrong
  end
  local function text(value) return type(value) == "string" and value or nil end
  return text(parent.traceparent), text(parent.tracestate), parent.name or "cards.trace"
end

--- Opens the span of a function.
local function open(parent, state)
  local id, above, sampled
  if parent then
    id, above, sampled = headers.read(parent)
  end
  if not id then
    id, state = core.id(16), nil
    sampled = settings.samples(id)
  end
  return {
    trace = id, id = core.id(8), parent = above, is_remote = above ~= nil, sampled = sampled, state = state and headers.state(state) or nil,
    queue = sampled and settings.queue or nil, offset = core.time() - core.now(), began = core.now(),
  }
end

--- Closes the span of a function whose coroutine ended without it: it was cancelled, or raised an error in Lua 5.1.
local function lost(around, err)
  err = err or core.error { kind = "cancelled", provider = "cards", operation = "trace", message = "nobody waits for it any more", attempts = 0 }
  spans.close_function(around.trace, around.name, false, nil, err)
end

local function leave(around, ok, ...)
  if around.trace.queue then
    spans.close_function(around.trace, around.name, ok, ...)
  end
  if not ok then
    error((...), 0)
  end
  return ...
end

--- cards.trace(parent, call, …)
-- @param parent the text of the header `traceparent` that came with a request; or { traceparent, tracestate = texts of headers, name = of the span, at most 64
--   printable characters of ASCII }. Without a traceparent, or with one that is none, a new trace begins
-- @param call a function, which gets the other arguments
-- @return what it returns. An error that it raises is passed on
local function run(_, parent, call, ...)
  local traceparent, tracestate, name, wrong = read(parent)
  check.argument("cards.trace", wrong or check.callable(call, "the second argument"))
  local around = context.child(nil, open(traceparent, tracestate))
  around.name, around.thread, around.lost = name, coroutine.running(), around.trace.queue and lost or nil
  return leave(around, yielding_pcall(context.run, around, call, ...))
end

--- cards.trace.current(): for what is no call of this library.
-- @return the texts of `traceparent` and `tracestate` that a request of the running function should have; nil for none
function trace.current()
  local span = context.trace()
  if not span then
    return nil
  end
  return headers.write(span.trace, span.id, span.sampled), span.state
end

--- cards.trace.flush([seconds]): sends the spans that wait.
-- @param seconds that it takes at most (10)
-- @return true; or nil and an error where some could not be sent
function trace.flush(seconds)
  check.argument("cards.trace.flush", seconds ~= nil and check.number(0, 900)(seconds, "seconds"))
  if not settings.queue then
    return true
  end
  return settings.queue:flush(seconds or 10)
end

--- cards.trace.state()
-- @return { queued, sent, dropped, rejected }: spans that wait or are being sent, that the collector took, that were dropped for want of room or because they
--   could not be sent, and that it refused; all 0 without an exporter
function trace.state()
  return settings.queue and settings.queue:state() or { queued = 0, sent = 0, dropped = 0, rejected = 0 }
end

return setmetatable(trace, { __call = run })
