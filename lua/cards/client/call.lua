--- One call, from the credentials to the record.

local core = require "cards.core"

local await = require "cards.async.await"
local check = require "cards.util.check"
local scope = require "cards.async.scope"

--- Why a function gave no credential, fit for an error: what it says itself may hold a credential or the payload.
local function reason(client, operation, parameters, credentials, why)
  if getmetatable(why) == "cards.error" then
    return tostring(why)
  elseif type(why) == "string" then
    return core.clean(client, operation, parameters, nil, credentials, why)
  end
  return why == nil and "it returned none" or "it failed"
end

--- Calls a function that stands for a credential.
-- @param credentials that other functions gave before, by name
-- @param ... what it is called with
-- @return a string or secret, or nil and an error
local function fetch(client, operation, parameters, credentials, name, source, ...)
  local ok, value, why = pcall(source, ...)
  if ok and (type(value) == "string" or check.is_secret(value)) then
    return value
  end
  if not ok then
    why = value
  end
  local _, provider = core.private(client)
  return nil, core.error {
    kind = "auth", provider = provider, operation = operation, attempts = 0,
    retryable = type(why) == "table" and why.retryable == true,
    message = ("%s: the function gave no credential: %s"):format(name, reason(client, operation, parameters, credentials, why)),
  }
end

--- Calls the functions of a definition that sign, with the request as it will be sent: { method, url, path, body, credential }, and with a function
-- hmac(encoding, …) that returns HMAC-SHA-256 of texts and secrets, one behind the other, under the credential, as "hex" or "base64".
-- @param credentials what was fetched already; what the functions return is added
-- @return true, or nil and an error
local function sign_all(client, private, operation, parameters, credentials)
  for _, name in ipairs(private.unique[operation] or {}) do
    credentials[name] = core.unique() -- the same in what is signed and in what is sent
  end
  for _, signer in ipairs(private.signers) do
    local request, err = core.outline(client, operation, parameters, nil, credentials)
    if not request then
      return nil, err
    end
    request.credential = credentials[signer.credential] or private.credentials[signer.credential]
    local function hmac(encoding, ...) return core.hmac(request.credential, encoding, ...) end
    credentials[signer.name], err = fetch(client, operation, parameters, credentials, signer.name, signer.sign, request, hmac)
    if err then
      return nil, err
    end
  end
  return true
end

--- Calls all functions that were given as credentials.
-- @param refused what they gave before, where the provider answered 401 to that; a source of tokens may have one of its own to give, and is told
-- @return the credentials by name, or nil and an error
local function fetch_all(client, private, operation, parameters, payload, refused)
  local credentials, err = {}, nil
  for _, source in ipairs(private.functions) do
    if refused and source.renew then
      credentials[source.name], err = fetch(client, operation, parameters, credentials, source.name, source.renew, source.call, refused[source.name])
    else
      credentials[source.name], err = fetch(client, operation, parameters, credentials, source.name, source.call)
    end
    if err then
      return nil, err
    end
  end
  if private.sign then
    credentials.signature, err = fetch(client, operation, parameters, credentials, private.sign_name, private.sign, payload)
  end
  if not err and private.signers then
    err = select(2, sign_all(client, private, operation, parameters, credentials))
  end
  return not err and credentials or nil, err
end

--- One request with its retries. @return the record or nil, the error or nil, the job or nil
local function run(client, operation, parameters, options, credentials, started, former)
  local job, err = core.job(client, operation, parameters, options, credentials, started, former)
  if not job then
    return nil, err
  end
  local record
  record, err = await.result(job)
  return record, err, job
end

--- Credentials that are functions are called before a call, and once more after a 401.
local function run_dynamic(client, private, operation, parameters, options)
  local started = core.now()
  local ok, payload = core.check(client, operation, parameters)
  if not ok then
    return nil, payload
  end
  local credentials, err = fetch_all(client, private, operation, parameters, payload)
  if not credentials then
    return nil, err
  end
  local record, job
  record, err, job = run(client, operation, parameters, options, credentials, started)
  if record or err.status ~= 401 or not private.functions[1] then
    return record, err, job
  end
  local fresh = fetch_all(client, private, operation, parameters, payload, credentials)
  if not fresh then
    return nil, err, job -- the provider's answer says more than the second failure to get a token
  end
  local sent = err.attempts
  record, err, job = run(client, operation, parameters, options, fresh, started, credentials)
  if err then
    err.attempts = err.attempts + sent
  end
  return record, err, job
end

local function report(client, private, operation, job, err)
  local _, provider = core.private(client)
  local event = { event = "call", provider = provider, operation = operation, ok = err == nil, attempts = 0, seconds = 0, reused = false }
  if job then
    job:facts(event)
  end
  if err then
    event.kind, event.status, event.code, event.request_id, event.attempts = err.kind, err.status, err.code, err.request_id, err.attempts
  end
  local ok, failure = pcall(private.on_event, event)
  if not ok then
    -- A broken listener must not cost the caller the record.
    io.stderr:write("cards: on_event failed: ", core.redact(tostring(failure)), "\n")
  end
end

--- The options of a call that has as much time as is left of a deadline around it; nil and an error where nothing is.
local function shortened(client, private, operation, options)
  local own, left = options and options.timeout or private.timeout, scope.left()
  if not left or left >= own then
    return options or {}
  elseif left == 0 then
    local _, provider = core.private(client)
    return nil, scope.refusal(provider, operation)
  end
  local copy = { timeout = left }
  for key, value in pairs(options or {}) do
    copy[key] = copy[key] or value
  end
  return copy
end

--- @param client userdata
-- @param private the client's user value
-- @param operation name
-- @param parameters table, string or secret
-- @param options table or nil, checked
-- @return the record, or nil and an error
return function(client, private, operation, parameters, options)
  local record, err, job
  if scope.active > 0 then
    options, err = shortened(client, private, operation, options)
  end
  if err then
    record = nil -- nothing is sent
  elseif private.dynamic then
    record, err, job = run_dynamic(client, private, operation, parameters, options)
  else
    record, err, job = run(client, operation, parameters, options)
  end
  if private.on_event then
    report(client, private, operation, job, err)
  end
  return record, err
end
