--- Metrics as text for Prometheus, in its format 0.0.4.

local check = require "cards.util.check"

local escapes = { ["\\"] = "\\\\", ["\n"] = "\\n", ['"'] = '\\"' }

local function number_of(value)
  if value == math.huge then
    return "+Inf"
  end
  return value % 1 == 0 and ("%.0f"):format(value) or ("%.15g"):format(value)
end

--- The names of a table in order, each with its value.
local function sorted(of)
  local names, i = check.keys(of), 0
  return function()
    i = i + 1
    return names[i], of[names[i]]
  end
end

--- A line: { name, { label, value, … }, number }.
local function line(name, labels, value)
  local parts = {}
  for i = 1, #labels, 2 do
    parts[#parts + 1] = ('%s="%s"'):format(labels[i], (labels[i + 1]:gsub('[\\\n"]', escapes)))
  end
  return ("%s%s %s"):format(name, parts[1] and "{" .. table.concat(parts, ",") .. "}" or "", number_of(value))
end

--- Adds a metric, where it has a value.
-- @param text { lines }
-- @param kind "counter", "gauge" or "histogram"
-- @param fill called with a function add(value, label, value, …), or for a histogram add(suffix, value, …)
local function metric(text, name, kind, help, fill)
  local head = #text + 1
  text[head], text[head + 1] = ("# HELP %s %s"):format(name, help), ("# TYPE %s %s"):format(name, kind)
  if kind == "histogram" then
    fill(function(suffix, value, ...) text[#text + 1] = line(name .. suffix, { ... }, value) end)
  else
    fill(function(value, ...) text[#text + 1] = line(name, { ... }, value) end)
  end
  if #text == head + 1 then
    text[head], text[head + 1] = nil, nil
  end
end

--- Calls visit(counts, "provider", its name, "operation", its name) for each operation.
local function each_operation(view, visit)
  for provider, operations in sorted(view.calls) do
    for operation, counts in sorted(operations) do
      visit(counts, provider, operation)
    end
  end
end

local function add_calls(text, view)
  metric(text, "cards_calls_total", "counter", "Calls that have ended, by their result: ok, or the kind of the error.", function(add)
    each_operation(view, function(counts, provider, operation)
      add(counts.ok, "provider", provider, "operation", operation, "result", "ok")
      for kind, count in sorted(counts.errors) do
        add(count, "provider", provider, "operation", operation, "result", kind)
      end
    end)
  end)
  metric(text, "cards_tries_total", "counter", "Requests of calls, over a new or a reused connection.", function(add)
    each_operation(view, function(counts, provider, operation)
      add(counts.tries - counts.reused, "provider", provider, "operation", operation, "connection", "new")
      add(counts.reused, "provider", provider, "operation", operation, "connection", "reused")
    end)
  end)
  metric(text, "cards_call_duration_seconds", "histogram", "How long calls took that were started, with their retries and waits.", function(add)
    each_operation(view, function(counts, provider, operation)
      for _, bucket in ipairs(counts.latency.buckets) do
        add("_bucket", bucket.count, "provider", provider, "operation", operation, "le", number_of(bucket.le))
      end
      add("_sum", counts.latency.sum, "provider", provider, "operation", operation)
      add("_count", counts.latency.count, "provider", provider, "operation", operation)
    end)
  end)
  metric(text, "cards_calls_in_flight", "gauge", "Calls that have begun and not ended.", function(add)
    each_operation(view, function(counts, provider, operation) add(counts.in_flight, "provider", provider, "operation", operation) end)
  end)
end

local function add_states(text, view)
  local function states(name, help, of, field)
    metric(text, name, "gauge", help, function(add)
      for one, state in sorted(of) do
        if state[field] then
          add(state[field], "name", one)
        end
      end
    end)
  end
  states("cards_limit_running", "Calls that a limit has let through and that have not ended.", view.limits, "running")
  states("cards_limit_waiting", "Calls that wait for a permit of a limit.", view.limits, "waiting")
  states("cards_limit_wait_seconds", "Seconds until the rate of a limit allows another call.", view.limits, "wait")
  metric(text, "cards_breaker_state", "gauge", "Processes in which a breaker is closed, open or half open.", function(add)
    for name, state in sorted(view.breakers) do
      for _, phase in ipairs { "closed", "open", "half_open" } do
        add(state[phase], "name", name, "state", phase)
      end
    end
  end)
  states("cards_breaker_failures", "Failures that a breaker has counted in its window.", view.breakers, "failures")
  states("cards_token_source_expiry_timestamp_seconds", "When the token of a source expires, in seconds since 1970.", view.token_sources, "expires")
  states("cards_token_source_failed", "Processes in which a source could not fetch a token the last time.", view.token_sources, "failed")
end

--- @param view as cards.metrics() returns it
-- @return the text
return function(view)
  local text = {}
  local function gauge(name, help, value)
    metric(text, name, "gauge", help, function(add) add(value) end)
  end
  add_calls(text, view)
  gauge("cards_calls_waiting", "Calls that wait until their client may have one more connection.", view.connections.waiting)
  gauge("cards_connections_open", "Connections to providers.", view.connections.open)
  gauge("cards_connections_idle", "Connections to providers that no call uses.", view.connections.idle)
  add_states(text, view)
  metric(text, "cards_reveals_total", "counter", "Secrets that were revealed or sealed, or refused.", function(add)
    for _, act in ipairs { "revealed", "sealed", "refused" } do
      add(view.reveals[act], "result", act)
    end
  end)
  gauge("cards_secrets_open", "Secrets that are open.", view.secrets.open)
  gauge("cards_secrets_used_bytes", "Bytes that open secrets use.", view.secrets.used)
  gauge("cards_secrets_committed_bytes", "Bytes that are held for secrets.", view.secrets.committed)
  gauge("cards_processes", "Processes whose metrics these are.", view.processes)
  return table.concat(text, "\n") .. "\n"
end
