--- What a call tells when it has ended: to `on_event` of its client an event for each try, in their order, and one for the call; to its trace, spans.
-- Never a value of the call.
--
-- A call has a second job where the client reads another credential after a 401. What the first one sent is { attempts, seconds, bytes_in, bytes_out, started =
-- when the call began on the clock of core.now, tries = a list of the events of its tries, span = that of the call or nil }.

local spans = require "cards.trace.spans"
local tell = require "cards.resilience.tell"

local events = {}

local NO_TRY = { reused = false }

--- Fields of a try that are moments, from the beginning of the call on.
local MOMENTS = { "began", "ended", "sent", "first_byte" }

--- Fields of a try that stand in `earlier` of the call's event, which has the others itself.
local EARLIER = { "began", "ended", "reused", "resolve", "connect", "tls", "sent", "first_byte", "status", "kind", "code", "request_id" }

--- Puts what a job sent behind what was sent before it.
local function append(facts, earlier)
  local offset, tries = facts.started - earlier.started, {}
  for _, one in ipairs(earlier.tries) do
    table.insert(tries, one)
  end
  for _, one in ipairs(facts.tries) do
    for _, name in ipairs(MOMENTS) do
      one[name] = one[name] and one[name] + offset
    end
    table.insert(tries, one)
    one.attempt = #tries
  end
  for _, name in ipairs { "attempts", "bytes_in", "bytes_out" } do
    facts[name] = facts[name] + earlier[name]
  end
  facts.seconds, facts.started, facts.tries = facts.seconds + offset, earlier.started, tries
end

--- The event of a try. All at once, as a table that grows costs more.
-- @return it; nil where there was no such try
local function of_try(job, n, provider, operation, tag)
  local began, ended, reused, resolve, connect, tls, sent, first_byte, status, kind, code, request_id = job:attempt(n)
  return began and {
    event = "try", provider = provider, operation = operation, tag = tag, attempt = n, ok = kind == nil, kind = kind, status = status, code = code,
    request_id = request_id, seconds = ended - began, reused = reused, began = began, ended = ended, resolve = resolve, connect = connect, tls = tls,
    sent = sent, first_byte = first_byte,
  }
end

--- What a call sent.
-- @param job whose result was read
-- @param tag the caller's, or nil
-- @param earlier the same of the job before, or nil
-- @param span the open one of the call, or nil
function events.facts(job, provider, operation, tag, earlier, span)
  local started, attempts, seconds, bytes_in, bytes_out = job:facts()
  if earlier and attempts == 0 then
    return earlier
  end
  local tries = { of_try(job, 1, provider, operation, tag) } -- as in most calls there is no other
  for n = 2, attempts do
    tries[n] = of_try(job, n, provider, operation, tag)
  end
  local facts = { started = started, attempts = attempts, seconds = seconds, bytes_in = bytes_in, bytes_out = bytes_out, tries = tries, span = span }
  if earlier then
    append(facts, earlier)
  end
  return facts
end

--- Adds what was sent before to an error, or to nil. @return the error
function events.add_earlier(err, earlier)
  if err and earlier then
    err.attempts = err.attempts + earlier.attempts
  end
  return err
end

--- Copies of the tries before the last one; nil where there are none.
local function earlier_tries(tries)
  local list = nil
  for i = 1, #tries - 1 do
    local copy = {}
    for _, name in ipairs(EARLIER) do
      copy[name] = tries[i][name]
    end
    list = list or {}
    list[i] = copy
  end
  return list
end

--- The event of a call.
-- @param facts as events.facts returns them
-- @param attempts where those of the error count instead
local function of_call(provider, operation, tag, facts, err, attempts)
  local tries = facts.tries
  local last = #tries > 0 and #tries == facts.attempts and tries[#tries] or NO_TRY -- else memory was used up
  local of_outcome = err or last
  return {
    event = "call", provider = provider, operation = operation, tag = tag, ok = err == nil, kind = err and err.kind, status = of_outcome.status,
    code = err and err.code, request_id = of_outcome.request_id, attempts = attempts, seconds = facts.seconds, reused = last.reused, began = last.began,
    resolve = last.resolve, connect = last.connect, tls = last.tls, sent = last.sent, first_byte = last.first_byte,
    earlier = last ~= NO_TRY and earlier_tries(tries) or nil, bytes_in = facts.bytes_in, bytes_out = facts.bytes_out,
  }
end

--- Tells of a call, where somebody listens.
-- @param private of its client
-- @param options of the call, or nil
-- @param span the open one of the call, or nil
-- @param job of the call, or nil where nothing was sent
-- @param err nil for a success
-- @param earlier what was sent before that job, or nil
function events.report(private, provider, operation, options, span, job, err, earlier)
  local records = span and span.queue
  if not private.on_event and not records then
    return
  end
  local tag = options and options.tag
  local facts = job and events.facts(job, provider, operation, tag, earlier) or earlier or { attempts = 0, seconds = 0, tries = {} }
  local attempts = err and err.attempts + (earlier and earlier.attempts or 0) or facts.attempts
  if records then
    spans.close_call(span, private, provider, operation, tag, facts, attempts, err)
  end
  if private.on_event then
    local all = facts.tries
    all[#all + 1] = of_call(provider, operation, tag, facts, err, attempts)
    tell(private.on_event, all)
  end
end

return events
