--- Accounts for each act that gives secrets away: with cards.configure { reveal = { policy, audit } } the policy decides, and the audit function is told,
-- before anything is given.

local async = require "cards.async"
local check = require "cards.util.check"
local context = require "cards.async.context"
local core = require "cards.core"
local host = require "cards.async.host"
local new_entry = require "cards.reveal.entry"
local policies = require "cards.reveal.policy"
local wake = require "cards.metrics.wake"

local status = coroutine.status

local counts = { revealed = 0, sealed = 0, refused = 0 }
local COUNTED = { reveal = "revealed", seal = "sealed" }

local acts = {
  --- How many acts there were, for who counts those that need no account.
  counted = counts,
  --- { policy, audit }; nil where every act is allowed.
  setting = nil,
}

-- The setting -----------------------------------------------------------------------

local known = { policy = policies.check, audit = check.callable }

--- What is wrong with the setting as a script gives it, or nil.
function acts.check(value, key)
  if value == false then
    return nil
  elseif type(value) ~= "table" then
    return ("%s must be { policy = …, audit = … }, or false"):format(key)
  end
  return check.table(value, known, key .. ".") or not value.policy and ("%s.policy is required"):format(key)
    or not value.audit and ("%s.audit is required: a function that writes down each act"):format(key) or nil
end

--- Sets what passed the check.
function acts.set(given)
  acts.setting = given and { policy = policies.read(given.policy), audit = given.audit } or nil
end

--- cards.reveals()
-- @return { revealed, sealed, refused }: how often since the start of this process, with and without a policy
function acts.counts()
  return { revealed = counts.revealed, sealed = counts.sealed, refused = counts.refused }
end

-- The act ---------------------------------------------------------------------------

local function audits(found)
  while found and not found.audits do
    found = found.parent
  end
  return found ~= nil
end

--- Whether the audit function of another act has called: itself, through cards.all, or in a coroutine that it made, for which its own waits. In cards.all
-- another function may run inside one that blocks, so there only the function's own context counts.
local function is_within_audit()
  if context.active == 0 then
    return false
  end
  local own = audits(context.get())
  if own or async.place() then
    return own
  end
  for thread, found in pairs(host.contexts() or {}) do
    if audits(found) and (not thread or status(thread) == "normal") then
      return true
    end
  end
  return false
end

--- Why the audit function does not take the entry, or nil where it does.
local function objection(audit, entry)
  local around = context.child()
  around.audits = true
  local ok, taken, why = context.run(around, pcall, audit, entry)
  if not ok then
    return "the audit failed: " .. check.line(taken)
  elseif taken == false or (taken == nil and why ~= nil) then
    return "the audit failed: " .. check.line(why == nil and "it returned false" or why)
  end
end

local function refuse(act, message)
  counts.refused = counts.refused + 1
  wake.tell()
  return nil, core.error { kind = "invalid_request", provider = "cards", operation = act, message = message, retryable = false, attempts = 0 }
end

--- Accounts for an act that gives secrets away. May yield, where the audit function does.
-- @param request { act = "reveal" or "seal", secrets = a list of open ones, role, purpose, request_id, audience, thumbprint }
-- @return true where it may be done now; or nil and an error
function acts.account(request)
  local now = acts.setting
  if now and is_within_audit() then
    return refuse(request.act, "an audit function may not reveal or seal, as that would have to be audited itself")
  elseif now then
    local entry = new_entry(request, now.policy)
    local reason = entry.reason
    local failure = objection(now.audit, entry)
    if reason or failure then
      return refuse(request.act, reason and failure and ("%s; and %s"):format(reason, failure) or reason or failure)
    end
  end
  local name = COUNTED[request.act]
  counts[name] = counts[name] + 1
  wake.tell()
  return true
end

return acts
