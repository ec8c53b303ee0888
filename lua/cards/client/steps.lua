--- Steps: calls of other operations of the definition before a call, see `before` in cards.define.steps.

local check = require "cards.util.check"
local core = require "cards.core"
local paths = require "cards.define.paths"

local steps = {}

--- Closes the secrets of a record, but for one.
function steps.close(record, kept)
  for _, value in pairs(record) do
    if type(value) == "table" then
      steps.close(value, kept)
    elseif check.is_secret(value) and value ~= kept then
      value:close()
    end
  end
end

--- A credential or setting of the client. What a function says that gives none is not in the error: it may hold the credential.
-- @param provider, operation for the error
-- @return it, or nil where there is none; or nil and an error
function steps.given(private, name, provider, operation)
  local source = private.sources[name]
  if not source then
    local value = private.credentials[name]
    return value == nil and private.flow.settings[name] or value
  end
  local ok, value, why = pcall(source.call)
  if ok and (type(value) == "string" or check.is_secret(value)) then
    return value
  end
  why = ok and why or value
  return nil, core.error {
    kind = "auth", provider = provider, operation = operation, attempts = 0, retryable = type(why) == "table" and rawget(why, "retryable") == true,
    message = name .. ": the function gave no credential" .. (getmetatable(why) == "cards.error" and ": " .. tostring(why) or ""),
  }
end

--- The parameters of a step, and a list of those that are secrets made for it.
local function parameters(call, step)
  local made, secrets = {}, {}
  for _, one in ipairs(step.with) do
    local value, err
    if one.credential then
      value, err = steps.given(call.private, one.from, call.provider, step.operation)
    else
      value, err = call.job:given(one.from)
      secrets[#secrets + 1] = check.is_secret(value) and value or nil
    end
    if err then
      return nil, err
    end
    made[one.to] = value
  end
  return made, secrets
end

local function failure(call, step, message, ...)
  return core.error { kind = "protocol", provider = call.provider, operation = step.operation, message = message:format(...), retryable = false, attempts = 1 }
end

--- A value of a record as a parameter: a text or a secret.
local function text_of(value)
  if type(value) == "number" then
    return core.number(value)
  elseif type(value) == "boolean" then
    return tostring(value)
  end
  return (type(value) == "string" or check.is_secret(value)) and #value > 0 and value or nil
end

local function missing(call, step, path)
  return failure(call, step, "the answer has no value at '%s'", check.shown(path))
end

--- Takes what the call wants out of the record of a step. @return true; or nil and an error
local function take(call, step, record)
  for _, one in ipairs(step.take) do
    local value = text_of(paths.follow(record, one.steps))
    local ok, err = true, nil
    if value ~= nil then
      ok, err = call.job:take(one.to, value)
    elseif not one.optional then
      ok, err = nil, missing(call, step, one.path)
    end
    if not ok then
      return nil, err
    end
  end
  local url = step.url and paths.follow(record, step.url_steps)
  if not step.url then
    return true
  elseif url == nil then
    return nil, missing(call, step, step.url)
  end
  local ok, wrong = call.job:aim(call.client, url)
  return ok, not ok and failure(call, step, "the URL at '%s' %s", check.shown(step.url), wrong) or nil
end

--- The options of the call of a step.
local function options_of(options)
  return options and {
    tag = options.tag, retries = options.retries, connect_timeout = options.connect_timeout, max_response_bytes = options.max_response_bytes,
  }
end

--- What is wrong with the parameters of a step: for the caller a string, unless an earlier step gave one of them.
local function mistake(call, step, wrong, taken)
  for _, one in ipairs(step.with) do
    if taken[one.from] then
      return core.error { kind = "invalid_request", provider = call.provider, operation = step.operation, message = wrong, retryable = false, attempts = 0 }
    end
  end
  return wrong
end

--- Makes a step.
-- @param taken what earlier ones gave, by the names of parameters
-- @return true; or nil and an error, or a string for a mistake of the caller's
local function make(call, step, nested, taken)
  local given, secrets = parameters(call, step)
  if not given then
    return nil, secrets
  end
  local record, err, wrong = nested(call.provider, step.operation, call.client, given, options_of(call.options), step.operation)
  for _, secret in ipairs(secrets) do
    secret:close()
  end
  if not record then
    return nil, err or mistake(call, step, wrong, taken)
  end
  local ok
  ok, err = take(call, step, record)
  steps.close(record)
  return ok, err
end

--- Makes all steps of a call, one after the other.
-- @param call { job, client, private, provider, options }
-- @param list of steps
-- @param nested the function that makes a call
-- @return true; or nil and an error
function steps.run(call, list, nested)
  local taken = {}
  for _, step in ipairs(list) do
    local ok, err = make(call, step, nested, taken)
    if not ok then
      return nil, err
    end
    for _, one in ipairs(step.take) do
      taken[one.to] = true
    end
  end
  return true
end

return steps
