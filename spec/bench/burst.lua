--- Many requests at once, one on each connection.

local cqueues = require "cqueues"
local socket = require "cqueues.socket"

local PATIENCE = 120 -- seconds

--- Opens the connections, then asks for the same on all of them.
-- @param port of 127.0.0.1
-- @param path what is asked for
-- @param count how many
-- @return seconds from the first request to the last answer, and how many of the answers were no 200
return function(port, path, count)
  local loop = cqueues.new()
  local request = ("GET %s HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n"):format(path)
  local connections, errors = {}, 0
  for i = 1, count do
    local connection = socket.connect("127.0.0.1", port)
    connection:onerror(function(_, _, code) return code end)
    connection:setmode("bn", "bn")
    connections[i] = connection
    loop:wrap(function() assert(connection:connect(PATIENCE)) end)
  end
  assert(loop:loop())
  local started = cqueues.monotime()
  for _, connection in ipairs(connections) do
    loop:wrap(function()
      connection:settimeout(PATIENCE)
      connection:write(request)
      local answer = connection:read "*a"
      if not (answer or ""):find "^HTTP/1%.1 200 " then
        errors = errors + 1
      end
      connection:close()
    end)
  end
  assert(loop:loop())
  return cqueues.monotime() - started, errors
end
