-- luacheck: std max, globals done delay init
--- For wrk -s: ends with one line of numbers that spec/bench/wrk.lua reads. `wrk … -- MILLISECONDS` waits so long between requests.

function init(arguments)
  local pause = tonumber(arguments[1])
  if pause then
    delay = function() return pause end
  end
end

function done(summary, latency)
  local errors = summary.errors
  io.write(("report %d %d %d %.0f\n"):format(summary.requests, summary.duration,
    errors.connect + errors.read + errors.write + errors.timeout + errors.status, latency:percentile(99)))
end
