--- One call, from the credentials to the record.

local core = require "cards.core"

local function fail(self_name, operation, kind, message, cause)
  return core.error {
    kind = kind, provider = self_name, operation = operation, message = message, attempts = 0,
    retryable = type(cause) == "table" and cause.retryable == true,
  }
end

--- What a credential function said in place of a credential, fit for an error: never a value that it returned as one.
local function reason(cause)
  if cause == nil then
    return "it returned nothing"
  elseif type(cause) == "string" or (type(cause) == "table" and type(cause.message) == "string") then
    local text = core.redact(type(cause) == "table" and cause.message or cause):gsub("%c+", " ")
    return #text > 256 and text:sub(1, 256) .. "..." or text
  end
  return "it failed"
end

--- Calls the functions that were given as credentials.
-- @return the credentials by name, or nil and an error
local function fetch_credentials(client, private, operation, payload)
  local _, name = core.private(client)
  local credentials = {}
  for _, source in ipairs(private.functions) do
    local ok, value, why = pcall(source.call)
    if not ok then
      value, why = nil, value
    end
    if type(value) ~= "string" and not (type(value) == "userdata" and getmetatable(value) == "cards.secret") then
      return nil, fail(name, operation, "auth", ("%s: the function gave no credential: %s"):format(source.name, reason(why)), why)
    end
    credentials[source.name] = value
  end
  if private.sign then
    local ok, value, why = pcall(private.sign, payload)
    if not ok then
      value, why = nil, value
    end
    if type(value) ~= "string" and not (type(value) == "userdata" and getmetatable(value) == "cards.secret") then
      return nil, fail(name, operation, "auth", ("%s: the function gave no signature: %s"):format(private.sign_name, reason(why)), why)
    end
    credentials.signature = value
  end
  return credentials
end

local function report(private, operation, client, job, err)
  local _, provider = core.private(client)
  local status, attempts, reused, seconds = job:facts()
  local ok, failure = pcall(private.on_event, {
    event = "call", provider = provider, operation = operation, ok = err == nil, kind = err and err.kind, status = status ~= 0 and status or nil,
    attempts = attempts, reused = reused, seconds = seconds, request_id = err and err.request_id,
  })
  if not ok then
    -- A broken listener must not cost the caller the record.
    io.stderr:write("cards: on_event failed: ", core.redact(tostring(failure)), "\n")
  end
end

local function run(client, private, operation, parameters, options, credentials, started)
  local job, err = core.job(client, operation, parameters, options, credentials, started)
  if not job then
    return nil, err
  end
  job:wait()
  local record
  record, err = job:result()
  if private.on_event then
    report(private, operation, client, job, err)
  end
  return record, err
end

--- Credentials that are functions are called before a call, and once more after a 401.
local function run_dynamic(client, private, operation, parameters, options)
  local started = core.now()
  local ok, payload = core.check(client, operation, parameters)
  if not ok then
    return nil, payload
  end
  local credentials, err = fetch_credentials(client, private, operation, payload)
  if not credentials then
    return nil, err
  end
  local record
  record, err = run(client, private, operation, parameters, options, credentials, started)
  if record or err.status ~= 401 or not private.functions[1] then
    return record, err
  end
  local sent = err.attempts
  credentials = fetch_credentials(client, private, operation, payload)
  if not credentials then
    return nil, err -- the provider's answer says more than the second failure to get a token
  end
  record, err = run(client, private, operation, parameters, options, credentials, started)
  if err then
    err.attempts = err.attempts + sent
  end
  return record, err
end

--- @param client userdata
-- @param private the client's user value
-- @param operation name
-- @param parameters table, string or secret
-- @param options table or nil, checked
-- @return the record, or nil and an error
return function(client, private, operation, parameters, options)
  if private.dynamic then
    return run_dynamic(client, private, operation, parameters, options)
  end
  return run(client, private, operation, parameters, options)
end
