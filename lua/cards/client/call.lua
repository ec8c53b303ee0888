--- One call, from its parameters to the record. Every call runs through this module, however it waits.

local async = require "cards.async"
local check = require "cards.util.check"
local core = require "cards.core"
local credential = require "cards.client.credential"
local context = require "cards.async.context"
local each = require "cards.util.each"
local events = require "cards.client.events"
local spans = require "cards.trace.spans"
local steps = require "cards.client.steps"

local new_job, new_waiter = core.job, async.waiter

--- Why a function gave nothing, as text for an error. It is redacted, because the function's own text may hold a credential or what was to be signed.
local function reason(job, why)
  if getmetatable(why) == "cards.error" then
    return tostring(why)
  elseif type(why) == "string" then
    return job:redact(why)
  end
  return why == nil and "it returned none" or "it failed"
end

--- Calls the function of a source: it gives a credential, renews one that the provider refused, or signs.
-- @param call { job, private, provider, operation, given = what functions gave before, by name }
-- @param former the value that the provider refused, or nil
local function ask(call, source, former)
  if source.signs then
    local request, err = call.job:preview(source.name)
    if not request then
      return nil, err
    elseif source.signs == "payload" then
      return source.call(request.payload)
    end
    request.credential = call.given[source.credential] or call.private.credentials[source.credential]
    return source.call(request, function(encoding, ...) return core.hmac(request.credential, encoding, ...) end)
  elseif former ~= nil and source.renew then
    return source.renew(source.call, former)
  end
  return source.call()
end

--- The error of a call without a token or key: that of the call which fetches it.
local function unfetched(call, source, err)
  local own = getmetatable(err) == "cards.error" and err or { kind = "auth", attempts = 0 }
  local is_ours = own.provider == call.provider
  return core.error {
    kind = own.kind, provider = call.provider, operation = is_ours and own.operation or call.operation, attempts = own.attempts, status = own.status,
    code = own.code, request_id = own.request_id, retryable = own.retryable == true, retry_after = own.retry_after,
    message = ("the %s could not be had: %s"):format(source.what, own.message or reason(call.job, err)),
  }
end

--- Gets the value of a source. @return a string or secret; or nil and an error
local function fetch(call, source, former)
  if source.fetched then -- without pcall, through which a coroutine of Lua 5.1 cannot yield
    local value, err = source.fetched:get(former, call.job:left())
    return value, value == nil and unfetched(call, source, err) or nil
  end
  local ok, value, why = pcall(ask, call, source, former)
  if ok and (type(value) == "string" or check.is_secret(value)) then
    return value
  elseif not ok then
    why = value
  end
  return nil, core.error {
    kind = "auth", provider = call.provider, operation = call.operation, attempts = 0,
    retryable = type(why) == "table" and why.retryable == true,
    message = ("%s: the function gave no credential: %s"):format(source.name, reason(call.job, why)),
  }
end

--- Supplies all values that the job needs from functions.
-- @param name of the first one
-- @param refused whether the provider refused its former value
-- @return true; or nil and an error
local function supply(call, name, refused)
  while name do
    local value, err = fetch(call, call.private.sources[name], refused and call.given[name] or nil)
    if value == nil then
      return nil, err
    end
    local ok
    ok, err = call.job:supply(name, value)
    if not ok then
      return nil, err
    end
    call.given[name] = value
    name, refused = call.job:needs()
  end
  return true
end

--- Tells the sources of fetched values that a call failed which used them.
local function note_failure(call, err)
  for name, value in each(call.given) do
    local source = call.private.sources[name]
    if source.fetched then
      source.fetched:failed(err, value)
    end
  end
end

local function follow(call, nested)
  local plan = call.plan
  if plan.turn then
    local ok, err = plan.turn(call)
    if not ok then
      return nil, err
    end
  end
  if plan.before then
    return steps.run(call, plan.before, nested)
  end
  return true
end

--- Does what a call's plan says comes before it.
-- @param nested the function that makes a call
-- @return true; or nil and an error
local function prepare(call, nested)
  if not call.plan then
    return true
  end
  return context.run(context.child(core.now() + call.job:left()), follow, call, nested)
end

--- Runs a job that needs values from functions or from calls before it. Functions are called before the job is sent; those whose value counts for one attempt
-- are called before each further attempt, and all of them after a 401.
-- @param nested the function that makes a call
-- @return the record, or nil and an error; and whether anything was sent
local function run(call, waiter, nested)
  local job = call.job
  local ok, err = prepare(call, nested)
  if ok then
    ok, err = supply(call, (job:needs()))
  end
  if not ok then
    job:cancel(type(err) == "table" and err.kind or "invalid_request", "a value for it is missing") -- which releases its values
    return nil, err, false
  end
  repeat
    err = waiter:wait(job, job:left())
    if err then
      note_failure(call, err)
      return nil, err, true
    end
    local name, refused = job:needs()
  until not name or not supply(call, name, refused)
  local record
  record, err = job:result() -- where a function failed after an attempt, the provider's answer says more than its error
  if err then
    note_failure(call, err)
  end
  return record, err, true
end

--- Ends a call whose job was not made or not started.
-- @param span the open one of the call, or nil
-- @param err an error, or what is wrong with the client
-- @param earlier what was sent before, see cards.client.events; or nil
-- @return as the call
local function refuse(provider, operation, client, options, span, err, earlier)
  if type(err) == "string" then
    return nil, nil, err
  end
  events.report(core.private(client), provider, operation, options, span, nil, err, earlier)
  return nil, events.add_earlier(err, earlier)
end

--- Whether the provider refused a call with a 401, and the client has read another credential from a file since the call began. Then another job goes on with
-- the call.
-- @param job of the call
-- @return when the call has to end, on the clock of core.now; or nil
local function refused(client, job, seconds, err)
  if err == nil or err.status ~= 401 then
    return nil
  end
  local started = job:facts()
  if not credential.renew(core.private(client), started) then
    return nil
  end
  job:uncount()
  return started + seconds
end

--- The open span of a call; nil where it is not traced.
local function open_span(client, options, earlier)
  local parent = context.trace()
  if earlier and earlier.span then
    return earlier.span
  end
  local private = parent and core.private(client)
  return private and spans.open_call(parent, private, options) or nil
end

--- Runs a job that needs more than to be sent. Calls before it are below its span.
local function run_planned(call, span, waiter, nested)
  if call.plan and call.plan.run then
    local record, err, sent = call.plan.run(call) -- no tail call: the levels of its errors are the same in each Lua
    return record, err, sent
  elseif span then
    local around = context.child(nil, span)
    if span.queue then
      around.call, around.thread, around.lost = call, coroutine.running(), spans.lose_call
    end
    return context.run(around, run, call, waiter, nested)
  end
  return run(call, waiter, nested)
end

--- Makes a call.
-- @param provider name
-- @param operation name
-- @param client userdata
-- @param parameters table, string or secret
-- @param options table, which is checked already, or nil
-- @param what name of the public function that calls this one, for errors at the line of its caller
-- @param earlier what the jobs sent that this call had before, with a credential that was refused: see cards.client.events; or nil
-- @return the record; or nil and an error; or nil, nil and what is wrong with the client
local function make(provider, operation, client, parameters, options, what, earlier)
  local left, span
  if context.active > 0 then
    left, span = context.left(), open_span(client, options, earlier)
  end
  local waiter = new_waiter(what, 3)
  local job, private, seconds = new_job(client, provider, operation, parameters, options, left, left ~= 0 and waiter.tag or nil, waiter.threaded, span)
  if not job then
    waiter:leave()
    if type(private) == "table" then
      if credential.reopen((core.private(client))) then
        return make(provider, operation, client, parameters, options, what, earlier)
      end
      core.refused(client, operation, private.kind)
    end
    return refuse(provider, operation, client, options, span, private, earlier)
  elseif left == 0 then
    waiter:leave()
    local err = context.error(provider, operation)
    job:cancel(err.kind, "not begun")
    return refuse(provider, operation, client, options, span, err, earlier)
  elseif not private then
    local record, err = waiter:result(job, seconds)
    local ends = err and refused(client, job, seconds, err)
    if ends then
      return context.run(context.child(ends), make, provider, operation, client, parameters, options, what,
        events.facts(job, provider, operation, options and options.tag, earlier, span))
    end
    return record, earlier and events.add_earlier(err, earlier) or err
  end
  local record, err, sent
  local plan = private.plans and private.plans[operation]
  if plan or job:needs() then
    record, err, sent = run_planned({
      job = job, client = client, private = private, provider = provider, operation = operation, plan = plan, parameters = parameters, options = options,
      seconds = seconds, given = {},
    }, span, waiter, make)
    waiter:leave()
    if type(err) == "string" then -- what the caller gave to a step
      return nil, nil, err
    end
  else
    record, err = waiter:result(job, seconds)
    sent = true
  end
  local ends = sent and refused(client, job, seconds, err)
  if ends then
    return context.run(context.child(ends), make, provider, operation, client, parameters, options, what,
      events.facts(job, provider, operation, options and options.tag, earlier, span))
  end
  events.report(private, provider, operation, options, span, sent and job or nil, err, earlier)
  return record, events.add_earlier(err, earlier)
end

return make
