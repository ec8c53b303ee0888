--- A collector of traces: OTLP in JSON (https://opentelemetry.io/docs/specs/otlp/), read as strictly as its protocol is written.
--
--   POST /otlp/v1/traces              spans; 400 with what is wrong, of a request that no collector would have to take
--   GET  /otlp/spans?service=NAME     { spans, requests, refused, first_problem, orphans }: what came for a service, as it came; orphans are spans whose parent did not come
--   POST /otlp/next?service=NAME&status=503[&retry_after=2]   the next request of that service is answered so, and its spans are not taken
--   POST /otlp/next?service=NAME&reject=N                     N of the spans of the next request are refused (a partial success)
--   POST /otlp/next?service=NAME&delay=S                      the next request is answered after so many seconds, or once it is let go
--   POST /otlp/go?service=NAME                                requests of that service that are held so are let go, also those to come

local answer = require "answer"
local json = require "json"
local pause = require "pause"
local request = require "request"

local collector = {}
local store = ngx.shared.spans

local function fail(where, what) error({ problem = where .. " " .. what }, 0) end

local function object_of(value, where, known)
  if not json.is_object(value) then fail(where, "is no object") end
  for _, pair in ipairs(value) do
    if not known[pair[1]] then fail(where .. "." .. pair[1], "is no field of it") end
  end
  for name, kind in pairs(known) do
    if kind == "required" and value:get(name) == nil then fail(where .. "." .. name, "is missing") end
  end
  return value
end

local function list_of(value, where, check)
  if not json.is_array(value) or #value == 0 then fail(where, "is no list, or an empty one") end
  for i, one in ipairs(value) do check(one, ("%s[%d]"):format(where, i)) end
end

local function hex(value, where, length)
  if type(value) ~= "string" or #value ~= length or value:find "[^%da-f]" or not value:find "[^0]" then fail(where, "is no id") end
end

local function number(value, where, least, most)
  local n = json.is_raw(value) and value.text:find "^%d+$" and tonumber(value.text)
  if not n or n < least or n > most then fail(where, "is no number from " .. least .. " to " .. most) end
  return n
end

-- Nanoseconds of this century: a text of 19 digits, so that texts compare as numbers do.
local function time(value, where)
  if type(value) ~= "string" or not value:find "^1%d%d%d%d%d%d%d%d%d%d%d%d%d%d%d%d%d%d$" then fail(where, "is no text of nanoseconds") end
  return value
end

local VALUES = {
  stringValue = function(value) return type(value) == "string" end,
  intValue = function(value) return type(value) == "string" and value:find "^%-?%d+$" and #value <= 20 end,
  boolValue = function(value) return type(value) == "boolean" end,
  doubleValue = json.is_raw,
}

local function attributes(list, where)
  local seen = {}
  list_of(list, where, function(one, at)
    object_of(one, at, { key = "required", value = "required" })
    local key, value = one:get "key", one:get "value"
    if type(key) ~= "string" or key == "" or seen[key] then fail(at .. ".key", "is none, or there twice") end
    seen[key] = true
    if not json.is_object(value) or #value ~= 1 or not VALUES[value[1][1]] or not VALUES[value[1][1]](value[1][2]) then fail(at .. ".value", "is none") end
  end)
  return seen
end

local SPAN = {
  traceId = "required", spanId = "required", parentSpanId = true, traceState = true, flags = true, name = "required", kind = "required",
  startTimeUnixNano = "required", endTimeUnixNano = "required", attributes = true, events = true, status = true,
}

local function check_span(span, at)
  object_of(span, at, SPAN)
  hex(span:get "traceId", at .. ".traceId", 32)
  hex(span:get "spanId", at .. ".spanId", 16)
  if span:get "parentSpanId" ~= nil then hex(span:get "parentSpanId", at .. ".parentSpanId", 16) end
  if type(span:get "name") ~= "string" or span:get "name" == "" then fail(at .. ".name", "is none") end
  number(span:get "kind", at .. ".kind", 1, 5)
  if span:get "flags" ~= nil and number(span:get "flags", at .. ".flags", 0, 1023) % 2 == 0 then fail(at .. ".flags", "say that it is not sampled") end
  local began, ended = time(span:get "startTimeUnixNano", at .. ".startTimeUnixNano"), time(span:get "endTimeUnixNano", at .. ".endTimeUnixNano")
  if ended < began then fail(at, "ends before it begins") end
  local state = span:get "traceState"
  if state ~= nil and (type(state) ~= "string" or not state:find "^[%w_*/@-]+=[^,=]+") then fail(at .. ".traceState", "is none") end
  if span:get "attributes" ~= nil then attributes(span:get "attributes", at .. ".attributes") end
  if span:get "events" ~= nil then
    list_of(span:get "events", at .. ".events", function(event, here)
      object_of(event, here, { name = "required", timeUnixNano = "required", attributes = true })
      local moment = time(event:get "timeUnixNano", here .. ".timeUnixNano")
      if type(event:get "name") ~= "string" or moment < began or moment > ended then fail(here, "has no name, or is outside of its span") end
    end)
  end
  if span:get "status" ~= nil then
    object_of(span:get "status", at .. ".status", { code = true, message = true })
    number(span:get "status":get "code", at .. ".status.code", 0, 2)
  end
end

--- What is in a request, by the names of services; or nil and what is wrong.
local function check(r)
  local services = {}
  local ok, wrong = pcall(function()
    if r.headers["content-type"] ~= "application/json" then fail("Content-Type", "is not application/json") end
    local body, problem = json.decode(r.body)
    if not body then fail("the body", problem) end
    object_of(body, "body", { resourceSpans = "required" })
    list_of(body:get "resourceSpans", "resourceSpans", function(resource, at)
      object_of(resource, at, { resource = "required", scopeSpans = "required" })
      local list = object_of(resource:get "resource", at .. ".resource", { attributes = "required" }):get "attributes"
      if not attributes(list, at .. ".resource.attributes")["service.name"] then fail(at .. ".resource", "has no service.name") end
      local name
      for _, one in ipairs(list) do
        if one:get "key" == "service.name" then name = one:get "value":get "stringValue" end
      end
      services[name] = services[name] or {}
      list_of(resource:get "scopeSpans", at .. ".scopeSpans", function(scope, here)
        object_of(scope, here, { scope = "required", spans = "required" })
        object_of(scope:get "scope", here .. ".scope", { name = "required", version = true })
        list_of(scope:get "spans", here .. ".spans", function(span, there)
          check_span(span, there)
          table.insert(services[name], span)
        end)
      end)
    end)
  end)
  if not ok then
    if type(wrong) ~= "table" then error(wrong, 0) end
    return nil, wrong.problem
  end
  return services
end

local KEPT = 120 -- seconds

--- Adds to a list, which is forgotten some time later.
local function keep(list, text)
  local ok, why = store:rpush(list, text)
  if not ok then
    store:flush_expired()
    ok, why = store:rpush(list, text)
  end
  store:expire(list, KEPT)
  return ok, why
end

local function argument(text, name) return tonumber((text:match("&" .. name .. "=([%d.]+)"))) end

local function hold(name, seconds)
  ngx.on_abort(function() ngx.exit(499) end)
  for _ = 1, seconds * 100 do
    if store:get("go:" .. name) then return end
    pause(0.01)
  end
end

local function take(r)
  local services, problem = check(r)
  if not services then
    store:add("problem", problem)
    return answer.plain(400, json.object { "code", 3, "message", problem })
  end
  local name, spans = next(services)
  store:incr("requests:" .. name, 1, 0)
  local asked = store:lpop("next:" .. name) or ""
  local status, reject, delay, after = argument(asked, "status"), argument(asked, "reject"), argument(asked, "delay"), argument(asked, "retry_after")
  if delay then hold(name, delay) end
  if status then
    store:incr("refused:" .. name, 1, 0)
    if after then ngx.header["Retry-After"] = tostring(after) end
    return answer.plain(status, json.object { "code", 14, "message", "asked to" })
  end
  for i = (reject or 0) + 1, #spans do
    local ok, why = keep("spans:" .. name, json.encode(spans[i]))
    if not ok then return answer.plain(507, json.object { "code", 8, "message", why }) end
  end
  if reject then
    return answer.plain(200, json.object { "partialSuccess", json.object { "rejectedSpans", ("%d"):format(reject), "errorMessage", "asked to" } })
  end
  return answer.plain(200, json.object {})
end

local function stored(name)
  local texts = {}
  for i = 1, store:llen("spans:" .. name) or 0 do
    texts[i] = store:lpop("spans:" .. name)
    store:rpush("spans:" .. name, texts[i])
  end
  return texts
end

local IS_REMOTE = 512

--- Spans that name a parent of this process that did not come, or that began after them.
local function orphans_of(texts)
  local spans, list = {}, {}
  for _, text in ipairs(texts) do
    local span = json.decode(text)
    spans[span:get "traceId" .. span:get "spanId"] = span
  end
  for _, span in pairs(spans) do
    local parent = span:get "parentSpanId"
    local above = parent and spans[span:get "traceId" .. parent]
    local is_remote = span:get "flags" and tonumber(span:get "flags".text) >= IS_REMOTE
    if parent and not is_remote and (not above or above:get "startTimeUnixNano" > span:get "startTimeUnixNano") then list[#list + 1] = span:get "spanId" end
  end
  return list
end

local function show(r)
  local name = request.argument(r, "service") or ""
  local texts, list = stored(name), {}
  for i, text in ipairs(texts) do list[i] = json.raw(text) end
  return answer.plain(200, json.object {
    "spans", json.array(list), "requests", store:get("requests:" .. name) or 0, "refused", store:get("refused:" .. name) or 0,
    "first_problem", store:get "problem" or json.null, "orphans", json.array(orphans_of(texts)),
  })
end

local function ask(r)
  keep("next:" .. (request.argument(r, "service") or ""), "&" .. r.query_text)
  return answer.plain(200, json.object { "asked", true })
end

local function go(r)
  store:set("go:" .. (request.argument(r, "service") or ""), true, KEPT)
  return answer.plain(200, json.object { "going", true })
end

local routes = { ["/otlp/go"] = { "POST", go }, ["/otlp/v1/traces"] = { "POST", take }, ["/otlp/spans"] = { "GET", show }, ["/otlp/next"] = { "POST", ask } }

--- Answers a request below /otlp/.
function collector.serve(r)
  local route = routes[r.path]
  if not route then return answer.plain(404, json.object { "error", "no such path" }) end
  if route[1] ~= r.method then return answer.plain(405, json.object { "error", "use " .. route[1] }) end
  return route[2](r)
end

return collector
