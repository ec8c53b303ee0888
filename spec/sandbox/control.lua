--- What the sandbox remembers between requests, and /_sandbox/, where it is asked and told.
--
--   GET  /_sandbox/ready        "ready", once nginx answers
--   GET  /_sandbox/cases        the catalogue: { name: what it does, ... }
--   POST /_sandbox/plant        { id, pan?, cvv?, token?, name?, credential? }: that id is answered with
--                               these values; `credential` (a string or a list) is then good for that id,
--                               wherever its provider wants one
--   GET  /_sandbox/seen?id=X    { count, last: { method, uri, headers, body, credentials, ... } }; without
--                               an id: of all requests below a provider's name, whatever they asked for
--   POST /_sandbox/reset?id=X   forgets the id (without one: everything)
--
-- All of it lives in the shared dictionary `sandbox`, so both workers agree; nothing is written to files.

local json = require "json"
local request = require "request"
local answer = require "answer"

local control = {}
local store = ngx.shared.sandbox

-- `*` cannot be mistaken for an id: ids are kept behind a colon.
local function keys(id) return id and ":" .. id or "*" end

--- Notes a request to a provider under its id (nil where it has none) and under the total, with the credentials that were found in it.
function control.record(r, credentials)
  local headers = json.object()
  for name, value in pairs(r.headers) do
    headers:set(name, type(value) == "table" and json.array(value) or value)
  end
  local last = json.encode(json.object {
    "method", r.method, "uri", r.uri, "headers", headers, "body", r.body,
    "credentials", json.array(credentials), "scheme", ngx.var.scheme, "port", tonumber(ngx.var.server_port),
    "protocol", ngx.var.server_protocol, "connection", tonumber(ngx.var.connection),
    "connection_requests", tonumber(ngx.var.connection_requests),
  })
  for _, key in ipairs(r.id and { "*", keys(r.id) } or { "*" }) do
    store:incr("count" .. key, 1, 0)
    store:set("last" .. key, last)
  end
end

--- Notes a request line that nginx refused before it came to us (a `..` above the root, say).
-- Runs in the log phase of every request.
function control.record_rejected()
  if ngx.status ~= 400 or ngx.var.request_uri then return end
  local method, uri = (ngx.var.request or ""):match "^(%S+) (%S+)"
  store:incr("count*", 1, 0)
  store:set("last*", json.encode(json.object {
    "method", method or "", "uri", uri or "", "headers", json.object(), "body", "", "rejected", true }))
end

--- How often this was called before with this id and purpose: 0, 1, 2, …
function control.times(purpose, id)
  return store:incr(purpose .. keys(id), 1, 0) - 1
end

--- The values planted for an id: a table, empty where there are none.
function control.planted(id)
  local text = id and store:get("plant" .. keys(id))
  local values = {}
  if text then
    for _, pair in ipairs(json.decode(text)) do values[pair[1]] = pair[2] end
  end
  return values
end

local PLANTABLE = { id = true, pan = true, cvv = true, token = true, name = true, credential = true }

local function plant(r)
  local values, problem = json.decode(r.body)
  if not json.is_object(values) then return 400, { "error", problem or "an object is wanted" } end
  for _, pair in ipairs(values) do
    local list = pair[1] == "credential" and json.is_array(pair[2])
    if not PLANTABLE[pair[1]] or not (list or type(pair[2]) == "string") then
      return 400, { "error", pair[1] .. " cannot be planted; values are strings" }
    end
  end
  if not values:get "id" then return 400, { "error", "id is missing" } end
  store:set("plant" .. keys(values:get "id"), r.body)
  return 200, { "planted", values:get "id" }
end

local function seen(r)
  local key = keys(request.argument(r, "id"))
  return 200, { "count", store:get("count" .. key) or 0,
    "last", json.raw(store:get("last" .. key) or "null") }
end

local function reset(r)
  local id = request.argument(r, "id")
  if not id then
    store:flush_all()
    return 200, { "reset", true }
  end
  for _, purpose in ipairs { "count", "last", "plant", "fail", "expire" } do store:delete(purpose .. keys(id)) end
  return 200, { "reset", id }
end

local function cases()
  local list = json.object()
  local catalogue = require "misbehave".catalogue
  local names = {}
  for name in pairs(catalogue) do names[#names + 1] = name end
  table.sort(names)
  for _, name in ipairs(names) do list:set(name, catalogue[name][1]) end
  return 200, list
end

local routes = {
  ["/_sandbox/ready"] = { "GET", function() return 200, { "ready", true } end },
  ["/_sandbox/cases"] = { "GET", cases },
  ["/_sandbox/plant"] = { "POST", plant },
  ["/_sandbox/seen"] = { "GET", seen },
  ["/_sandbox/reset"] = { "POST", reset },
}

--- Answers a request below /_sandbox/.
function control.serve(r)
  local route = routes[r.path]
  if not route then return answer.plain(404, json.object { "error", "no such control" }) end
  if route[1] ~= r.method then return answer.plain(405, json.object { "error", "use " .. route[1] }) end
  local status, body = route[2](r)
  return answer.plain(status, json.is_object(body) and body or json.object(body))
end

return control
