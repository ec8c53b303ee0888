--- The way of a request: recorded, checked as strictly as the real thing, answered, spoiled on request.

local json = require "json"
local request = require "request"
local providers = require "providers"
local collector = require "collector"
local control = require "control"
local answer = require "answer"
local misbehave = require "misbehave"
local numbers = require "numbers"
local pause = require "pause"

-- Says whether a credential is the expected one, or planted for the id that is asked for.
local function validator(planted)
  local extra = planted.credential
  if type(extra) == "string" then extra = { extra } end
  return function(given, expected)
    if given == nil then return false end
    if given == expected then return true end
    for _, one in ipairs(extra or {}) do
      if given == one then return true end
    end
    return false
  end
end

local function is_there(given) return given ~= nil end

-- What HTTP itself holds against the request, as { status, code, message }, or nil.
local function malformed(r, provider, matched)
  if not matched or r.uri:find("#", 1, true) then return { 404, nil, "Not found" } end
  if r.method ~= provider.method then return { 405, nil, "Method not allowed" } end
  if r.has_query and not r.query then return { 400, nil, "Malformed query" } end
  if r.method == "GET" then
    if r.body ~= "" then return { 400, nil, "Unexpected body" } end
    return nil
  end
  local kind = r.headers["content-type"]
  if provider.media then return kind ~= provider.media and { 415, nil, "Content-Type must be " .. provider.media } or nil end
  if provider.form then
    if kind ~= "application/x-www-form-urlencoded" then return { 415, nil, "Content-Type must be application/x-www-form-urlencoded" } end
    return not r.form and { 400, nil, "Malformed form" } or nil
  end
  if type(kind) ~= "string" or not kind:lower():find "^application/json%s*$"
    and not kind:lower():find "^application/json%s*;%s*charset=\"?utf%-8\"?%s*$" then
    return { 415, nil, "Content-Type must be application/json" }
  end
  if not r.json then return { 400, nil, r.problem } end
end

local function serve()
  local r = request.read(misbehave.leaves_body(ngx.var.http_x_sandbox))
  if r.path:find "^/_sandbox/" then return control.serve(r) end
  if r.path:find "^/otlp/" then return collector.serve(r) end
  local name, rest = r.path:match "^/([^/]*)(.*)$"
  local provider = providers[name]
  if not provider then return answer.plain(404, json.object { "error", "no such provider" }) end

  local matched
  matched, r.id = request.match(rest, provider.path)
  if not matched and provider.other and request.match(rest, provider.other.path) then
    matched, provider = true, provider.other
  end
  if matched and provider.form then
    r.form = request.query(r.body)
  elseif matched and provider.method == "POST" and not provider.media then
    r.json, r.problem = json.decode(r.body)
    if r.json and not json.is_object(r.json) then r.json, r.problem = nil, "an object is wanted" end
  end
  if matched and provider.id then r.id = provider.id(r) end
  control.record(r, matched and provider.credentials(r) or {})

  local planted = control.planted(r.id)
  numbers.plant(planted, r.id, provider)
  local reply = answer.new(r, provider, planted)
  local cases, unknown = misbehave.parse(r)
  if unknown then
    return answer.plain(400, json.object { "error", "unknown case " .. unknown .. "; see GET /_sandbox/cases" })
  end

  local refusal = not r.unread and malformed(r, provider, matched)
  if not refusal and not r.unread then
    -- cases that give credentials back are meant for markers that no server would accept
    local lenient = misbehave.lenient(cases)
    refusal = provider.check(r, lenient and is_there or validator(planted))
    if refusal and refusal[1] == 401 and lenient then refusal = nil end
  end
  if refusal then
    if refusal[1] == 405 then reply.headers.Allow = provider.method end
    return reply:refuse(unpack(refusal, 1, 3)):send()
  end

  if not r.unread then reply.tree = provider.answer(r, planted) end
  for _, case in ipairs(cases) do case.run(reply, case.argument) end
  if reply.delay then
    -- a caller that gives up must not leave a sleeper behind
    ngx.on_abort(function() ngx.exit(499) end)
    pause(reply.delay)
  end
  return reply:send()
end

return serve
