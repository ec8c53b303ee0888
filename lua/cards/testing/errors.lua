--- Errors as calls return them.

local check = require "cards.util.check"
local core = require "cards.core"

-- By kind what a call's error has where a test does not say otherwise.
local kinds = {
  invalid_request = { message = "a parameter is missing or malformed", attempts = 0 },
  auth = { message = "the provider did not accept the credential", status = 401 },
  not_found = { message = "the provider does not know it", status = 404 },
  rate_limited = { message = "the provider wants fewer calls", status = 429, retryable = true },
  declined = { message = "the provider refused" },
  provider = { message = "the provider has a problem of its own", status = 500, retryable = true },
  timeout = { message = "no answer in time", retryable = true },
  network = { message = "no connection", retryable = true },
  tls = { message = "the certificate cannot be trusted" },
  protocol = { message = "the answer does not have the documented shape" },
  busy = { message = "the queue of calls is full", attempts = 0, retryable = true },
  cancelled = { message = "cancelled by the caller" },
}

local known = {
  kind = function(value) return not (type(value) == "string" and kinds[value]) and check.unknown(value, kinds, "kind") or nil end,
  provider = check.text,
  operation = check.text,
  status = check.number(100, 599, true),
  code = check.text,
  message = check.text,
  retryable = check.boolean,
  retry_after = check.number(0, 86400),
  attempts = check.number(0, 1000, true),
  request_id = check.text,
}

--- What is wrong with the fields of an error, or nil.
local function wrong_with(fields)
  return type(fields) ~= "table" and "the fields must be a table" or check.table(fields, known) or fields.kind == nil and "kind is required" or nil
end

local errors = {}

--- An error; or nil and what is wrong with its fields.
function errors.try(fields)
  local wrong = wrong_with(fields)
  if wrong then
    return nil, wrong
  end
  local made, usual = {}, kinds[fields.kind]
  for key in pairs(known) do
    made[key] = fields[key]
    if made[key] == nil then
      made[key] = usual[key]
    end
  end
  made.retryable, made.attempts = made.retryable == true, made.attempts or 1
  if made.status and not fields.attempts then
    made.attempts = 1 -- it was sent
  end
  return core.error(made)
end

--- testing.error { kind = "timeout" }: the error that a call returns.
-- @param fields { kind, provider, operation, status, code, message, retryable, retry_after, attempts, request_id }: kind is required. message, retryable and
--   attempts, and the status of auth, not_found, rate_limited and provider, are what a call's error of that kind has, unless they are given
-- Raises an error for an unknown kind or key, and for a value of another type.
function errors.make(fields)
  local made, wrong = errors.try(fields)
  check.argument("cards.testing.error", wrong)
  return made
end

return errors
