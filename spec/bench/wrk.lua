--- Runs wrk.

local wrk = {}

--- Starts wrk.
-- @param url what is asked for
-- @param connections how many
-- @param seconds how long
-- @param pause milliseconds between two requests of a connection, or nil
-- @return a function that waits for the end and returns { requests, rate (1/s), errors, p99 (ms; all the time where nothing was answered) }
function wrk.start(url, connections, seconds, pause)
  local pipe = assert(io.popen(("wrk -t1 -c%d -d%ds --timeout 30s -s spec/bench/wrk_report.lua '%s' -- %s"):format(connections, seconds, url, pause or "")))
  return function()
    local text = pipe:read "*a"
    pipe:close()
    local requests, microseconds, errors, p99 = text:match "report (%d+) (%d+) (%d+) (%d+)\n$"
    assert(requests, "wrk failed: " .. text)
    if requests == "0" then
      p99 = microseconds
    end
    return { requests = tonumber(requests), rate = requests / microseconds * 1e6, errors = tonumber(errors), p99 = p99 / 1e3 }
  end
end

return wrk
