--- The spans of a trace, as OTLP writes them in JSON: one for the function that cards.trace runs, one for each call in it, one for each try. Never a value of a
-- call.
--
-- An open span is { trace = id, id, parent = id of the span above or nil, is_remote = whether that is another process's, sampled, state = tracestate or nil,
-- queue = where it goes when it has ended, nil where it is not recorded, offset = from the clock of core.now to seconds since 1970, began = on that clock }. An
-- open span of a call is what core.job takes as well: it has `headers` and `listens`.

local core = require "cards.core"
local each = require "cards.util.each"
local headers = require "cards.trace.headers"
local urls = require "cards.client.urls"

local spans = {}

local INTERNAL, CLIENT = 1, 3
local FAILED = ',"status":{"code":2}'
local REUSED, NEW = ',{"key":"cards.connection.reused","value":{"boolValue":true}}', ',{"key":"cards.connection.reused","value":{"boolValue":false}}'
local SAMPLED, KNOWS_REMOTE, IS_REMOTE = 1, 256, 512
local MOST_HEADERS = 32 -- of a call; VALUES_MAX_HEADERS in src/provider/values.h

--- Opens a span.
-- @param parent an open span
function spans.below(parent)
  return {
    trace = parent.trace, id = core.id(8), parent = parent.id, is_remote = false, sampled = parent.sampled, state = parent.state, queue = parent.queue,
    offset = parent.offset, began = core.now(),
  }
end

--- Nanoseconds since 1970, as OTLP has them: a text of digits.
local function nanoseconds(seconds)
  local whole = math.floor(seconds)
  return ("%d%09d"):format(whole, math.floor((seconds - whole) * 1e9))
end

--- A text in JSON, without its quotes; what is no printable character of ASCII is "?".
local function escaped(text)
  if text:find "^[%w_.:/{}-]*$" then -- as most are
    return text
  end
  return (text:gsub("[^\32-\126]", "?"):gsub('["\\]', "\\%0"))
end
spans.escaped = escaped

--- An attribute as JSON behind a comma; nothing where there is no value.
local function text(name, value)
  return value and ',{"key":"' .. name .. '","value":{"stringValue":"' .. escaped(value) .. '"}}' or ""
end

local function whole(name, value)
  return value and ',{"key":"' .. name .. '","value":{"intValue":"' .. ("%d"):format(value) .. '"}}' or ""
end

--- A member of a JSON object that is a list; nothing where the list is empty.
-- @param list JSON of its elements, each behind a comma
local function member(name, list)
  return list ~= "" and ',"' .. name .. '":[' .. list:sub(2) .. "]" or ""
end

--- Closes a span and gives it to the queue.
-- @param began, ended on the clock of core.now
-- @param failed whether it failed
-- @param attributes, events JSON, each behind a comma
local function close(span, name, kind, began, ended, failed, attributes, events)
  local offset = span.offset
  span.queue:add('{"traceId":"' .. span.trace .. '","spanId":"' .. span.id .. (span.parent and '","parentSpanId":"' .. span.parent or "")
    .. (span.state and '","traceState":"' .. escaped(span.state) or "") .. '","name":"' .. escaped(name) .. '","kind":' .. kind
    .. ',"flags":' .. SAMPLED + KNOWS_REMOTE + (span.is_remote and IS_REMOTE or 0) .. ',"startTimeUnixNano":"' .. nanoseconds(began + offset)
    .. '","endTimeUnixNano":"' .. nanoseconds(math.max(began, ended) + offset) .. '"' .. member("attributes", attributes) .. member("events", events)
    .. (failed and FAILED or "") .. "}")
end

--- Closes the span of a function.
-- @param ok whether it returned
-- @param value, err what it returned
function spans.close_function(span, name, ok, value, err)
  local failed = not ok or (value == nil and err ~= nil)
  local kind = failed and (getmetatable(err) == "cards.error" and err.kind or "_OTHER") or nil
  close(span, name, INTERNAL, span.began, core.now(), failed, text("error.type", kind), "")
end

--- Whether a table of headers has one of a trace; and how many it has.
local function look(of)
  local count = 0
  for name in each(of or {}) do
    count = count + 1
    local small = type(name) == "string" and name:lower()
    if small == "traceparent" or small == "tracestate" then
      return true, count
    end
  end
  return false, count
end

--- Opens the span of a call.
-- @param parent the open span that it belongs to
-- @param private of its client
-- @param options of the call, or nil
-- @return it; nil where the call is not traced: that of an exporter
function spans.open_call(parent, private, options)
  if private.untraced then
    return nil
  end
  local span = spans.below(parent)
  local has, count = look(options and options.headers)
  local _, secrets = look(private.headers)
  span.listens = span.queue ~= nil
  if not has and not private.sets_trace and count + secrets + 2 <= MOST_HEADERS then
    span.headers = { traceparent = headers.write(span.trace, span.id, span.sampled), tracestate = span.state }
  end
  return span
end

local function event(name, moment)
  return ',{"name":"' .. name .. '","timeUnixNano":"' .. nanoseconds(moment) .. '"}'
end

--- The moments at which the phases of a try ended, as events.
-- @param start when the call began, in seconds since 1970
local function phases_of(try, start)
  local list = ""
  if not try.reused then
    local at = start + try.began
    for _, phase in ipairs { "resolve", "connect", "tls" } do
      at = at + try[phase]
      list = try[phase] > 0 and list .. event(phase, at) or list
    end
  end
  return list .. (try.sent and event("sent", start + try.sent) or "") .. (try.first_byte and event("first_byte", start + try.first_byte) or "")
end

--- The address and port that an operation's calls go to; nothing where a step before it may lead them elsewhere.
local function place_of(private, operation)
  local plan, aims = private.plans and private.plans[operation], private.aims
  if plan and plan.before then
    return nil
  end
  local address, port = urls.host(aims.bases[operation] or aims.base_url):match "^%[?(.-)%]?:(%d*)$"
  return address, tonumber(port)
end

local known = setmetatable({}, { __mode = "k" }) -- by a client's aims, and operation

--- What all calls of an operation of a client have: { name, attributes, those of a try }, the attributes as JSON.
local function common_of(private, provider, operation)
  local of_client = known[private.aims] or {}
  known[private.aims] = of_client
  if not of_client[operation] then
    local about, address, port = private.operations[operation], place_of(private, operation)
    local method = text("http.request.method", about.method)
    of_client[operation] = {
      name = ("%s.%s"):format(provider, operation), of_try = method,
      attributes = method .. text("cards.provider", provider) .. text("cards.operation", operation) .. text("url.template", about.path)
        .. text("server.address", address) .. whole("server.port", port),
    }
  end
  return of_client[operation]
end

--- Attributes of what came back.
local function outcome(status, kind, code, request_id)
  return whole("http.response.status_code", status) .. text("error.type", kind) .. text("cards.code", code) .. text("cards.request_id", request_id)
end

--- Closes the span of a try.
-- @param number which one it is of its call
-- @param started when the call began
-- @param common what common_of returned
local function close_try(span, number, try, started, common)
  close(spans.below(span), "try", INTERNAL, started + try.began, started + try.ended, try.kind, common.of_try
    .. outcome(try.status, try.kind, try.code, try.request_id) .. (number > 1 and whole("http.request.resend_count", number - 1) or "")
    .. (try.reused and REUSED or NEW), phases_of(try, started + span.offset))
end

--- Closes the span of a call, with those of its tries.
-- @param private of its client
-- @param provider, operation names
-- @param tag the caller's, or nil
-- @param facts as cards.client.events has them
-- @param attempts how many tries there were
-- @param err nil for a success
function spans.close_call(span, private, provider, operation, tag, facts, attempts, err)
  local common = common_of(private, provider, operation)
  for i, try in ipairs(facts.tries) do
    close_try(span, i, try, facts.started, common)
  end
  local last = err or facts.tries[#facts.tries] or {}
  close(span, common.name, CLIENT, span.began, core.now(), err, common.attributes .. outcome(last.status, err and err.kind, err and err.code, last.request_id)
    .. whole("cards.attempts", attempts) .. text("cards.tag", tag), "")
end

--- Closes the span of a call whose coroutine ended without it, as those of the calls before it are below it.
-- @param around the context of the call, with call = { private, provider, operation, options }
-- @param err what ended it; nil where nobody waits for it any more
function spans.lose_call(around, err)
  local call = around.call
  spans.close_call(around.trace, call.private, call.provider, call.operation, call.options and call.options.tag, { tries = {} }, 0,
    { kind = err and "_OTHER" or "cancelled" })
end

return spans
