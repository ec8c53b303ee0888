--- What the sandbox's proxies have in common: sockets, targets on this machine, a log.

local cqueues = require "cqueues"
local socket = require "cqueues.socket"

local tunnel = { loop = cqueues.new() }

local LOCAL = { localhost = true, ["127.0.0.1"] = true, ["::1"] = true, ["[::1]"] = true, ["provider.sandbox.test"] = true }
local log

--- Where note() writes.
function tunnel.log_to(name) log = assert(io.open(name, "a")) end

--- One line for a request: what, host:port, the status it got, and a list of names.
function tunnel.note(method, target, status, names)
  table.sort(names)
  log:write(("%s %s %d %s\n"):format(method, target, status, table.concat(names, ",")))
  log:flush()
end

-- Errors are for the connection at hand only: it ends, and the others go on.
local function quiet(s)
  s:onerror(function(_, _, code) return code end)
  s:setmode("bf", "bn")
  return s
end

--- Listens on a port of 127.0.0.1 and calls handle(connection) for each that comes.
-- @param context an SSL_CTX where it speaks TLS
function tunnel.accept(port, handle, context)
  local server = socket.listen { host = "127.0.0.1", port = port, reuseaddr = true }
  assert(server:listen(5))
  local function live(connection)
    if not context or connection:starttls(context, 5) then handle(connection) end
  end
  tunnel.loop:wrap(function()
    for connection in server:clients() do
      tunnel.loop:wrap(function()
        pcall(live, quiet(connection))
        connection:close()
      end)
    end
  end)
end

--- A connection to a host and port; or nil and the status that says why not: 403 where it is not this machine, 502 where nobody listens.
function tunnel.connect(host, port)
  if not LOCAL[host] then return nil, 403 end
  local server = quiet(socket.connect("127.0.0.1", port))
  if server:connect(5) then return server end
  server:close()
  return nil, 502
end

--- Copies what comes until the end of one side, then says so to the other.
function tunnel.pour(from, to)
  from:setmode("bn", "bn")
  while true do
    local data = from:read(-65536)
    if not data or not to:write(data) then break end
  end
  to:flush()
  to:shutdown "w"
end

--- Copies in both directions until the server has ended its own.
function tunnel.join(client, server)
  tunnel.loop:wrap(function() pcall(tunnel.pour, client, server) end)    -- the client is closed below it
  tunnel.pour(server, client)
  server:close()
end

return tunnel
