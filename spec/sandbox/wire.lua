--- Answers that break HTTP, written byte by byte on the client's connection.
--
-- Taking the raw socket makes nginx forget the request: it sends nothing of its own and closes
-- the connection (FIN) when the handler returns.

local pause = require "pause"

local wire = {}

local REASONS = { [200] = "OK", [400] = "Bad Request", [401] = "Unauthorized", [500] = "Internal Server Error" }

--- The client's connection, with everything nginx would do on it switched off.
function wire.take()
  local socket = assert(ngx.req.socket(true))
  socket:settimeouts(5000, 60000, 5000)
  return socket
end

--- Head of an answer: status line, its headers and `extra` ones, without the blank line's body.
function wire.head(answer, extra, version)
  local lines = { ("HTTP/%s %d %s"):format(version or "1.1", answer.status, REASONS[answer.status] or "Sandbox") }
  for name, value in pairs(answer.headers) do
    for _, one in ipairs(type(value) == "table" and value or { value }) do lines[#lines + 1] = name .. ": " .. one end
  end
  for _, line in ipairs(extra or {}) do lines[#lines + 1] = line end
  return table.concat(lines, "\r\n") .. "\r\n\r\n"
end

--- A whole, correct answer as text.
function wire.whole(answer, extra)
  local body = answer:body()
  local lines = { "Content-Length: " .. #body }
  for _, line in ipairs(extra or {}) do lines[#lines + 1] = line end
  return wire.head(answer, lines) .. body
end

--- Sends the text and ends the connection in good order (FIN).
function wire.send(text)
  local socket = wire.take()
  if text ~= "" then socket:send(text) end
end

--- Waits until the client goes away, or for so many seconds. Ends the request either way.
function wire.wait(seconds)
  ngx.on_abort(function() ngx.exit(499) end)
  pause(seconds)
end

--- Ends the connection with RST: nginx.conf has reset_timedout_connection on.
function wire.reset()
  return ngx.exit(444)
end

return wire
