--- What is written down of an act that gives secrets away, or is refused: no value of theirs.

local check = require "cards.util.check"
local core = require "cards.core"
local host = require "cards.async.host"
local label = require "cards.reveal.label"
local policies = require "cards.reveal.policy"

local OWN = debug.getinfo(1, "S").source:match "^(.*/)reveal/entry%.lua$" -- what the names of the library's own chunks begin with

--- "app.lua:12", where the script is that asked; nil where nothing of it is on the stack, as after a tail call.
local function where()
  local level, info = 2, debug.getinfo(2, "Sl")
  while info do
    if info.currentline > 0 and not (OWN and info.source:sub(1, #OWN) == OWN) then
      return check.line(("%s:%d"):format(info.short_src, info.currentline))
    end
    level = level + 1
    info = debug.getinfo(level, "Sl")
  end
end

--- Different words in a fixed order; "cvv,pan".
local function joined(set)
  local words = check.keys(set)
  return words[1] and table.concat(words, ",") or nil
end

--- Adds what is known of the secrets.
-- @return their classes, a list
local function describe(entry, secrets)
  local classes, providers, operations = {}, {}, {}
  for _, secret in ipairs(secrets) do
    local provider, operation = core.origin(secret)
    classes[secret.class] = true
    if provider then
      providers[provider], operations[operation] = true, true
    end
    if secret.class == "pan" and not entry.last4 then
      local last4 = secret:last(4)
      entry.last4 = last4 ~= "" and last4 or nil
    end
  end
  entry.class, entry.provider, entry.operation = joined(classes), joined(providers), joined(operations)
  return check.keys(classes)
end

--- Makes the entry of an act, with `allowed` and `reason` as the policy says.
-- @param request as cards.reveal.acts has it
return function(request, policy)
  local entry = { time = core.time(), act = request.act, thumbprint = request.thumbprint, where = where() }
  local classes, wrong = describe(entry, request.secrets), nil
  for _, key in ipairs { "role", "purpose", "audience", "request_id" } do
    local unfit = request[key] ~= nil and label(request[key], key) or nil
    wrong = wrong or unfit
    entry[key] = not unfit and request[key] or nil
  end
  entry.request_id = entry.request_id or host.request_id()
  entry.reason = wrong or policies.refusal(policy, request.act, classes, request.role, request.purpose)
  entry.allowed = entry.reason == nil
  return entry
end
