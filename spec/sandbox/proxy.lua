--- A small forward proxy for the `proxy` option, and a port that never says anything.
--
--   lua5.4 proxy.lua PROXY_PORT SILENT_PORT LOG
--
-- Forwards http with absolute URIs and tunnels CONNECT, both to this machine only. Every request
-- leaves one line in LOG: method, host:port, the status it got, and the names of its headers (never
-- their values), so that a spec can see that a credential was not shown to the proxy.
-- One request per connection: the caller's next one connects again.

local cqueues = require "cqueues"
local socket = require "cqueues.socket"

local proxy_port, silent_port, log_name = tonumber(arg[1]), tonumber(arg[2]), arg[3]
local log = assert(io.open(log_name, "a"))
local loop = cqueues.new()

-- Errors are for the connection at hand only: it ends, and the others go on.
local function quiet(s)
  s:onerror(function(_, _, code) return code end)
  s:setmode("bf", "bn")
  return s
end

local function listen(port)
  local server = socket.listen { host = "127.0.0.1", port = port, reuseaddr = true }
  assert(server:listen(5))
  return server
end

-- Copies what comes until the end of one side, then says so to the other.
local function pour(from, to)
  from:setmode("bn", "bn")
  while true do
    local data = from:read(-65536)
    if not data or not to:write(data) then break end
  end
  to:flush()
  to:shutdown "w"
end

local function note(method, target, status, names)
  table.sort(names)
  log:write(("%s %s %d %s\n"):format(method, target, status, table.concat(names, ",")))
  log:flush()
end

local LOCAL = { localhost = true, ["127.0.0.1"] = true }

local function refuse(client, status)
  client:write(("HTTP/1.1 %d Refused\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"):format(status))
  client:flush()
end

-- The request's head: first line and a list of { name, value, line }.
local function read_head(client)
  local first = client:read "*l"
  if not first then return nil end
  local fields = {}
  for line in client:lines "*l" do
    line = line:gsub("\r$", "")
    if line == "" then return (first:gsub("\r$", "")), fields end
    local name, value = line:match "^([^:]+):%s*(.*)$"
    fields[#fields + 1] = { (name or line):lower(), value or "", line }
  end
end

local function serve(client)
  local first, fields = read_head(client)
  if not first then return end
  local method, target = first:match "^(%S+) (%S+) HTTP/1%.%d$"
  local names, length = {}, 0
  for i, field in ipairs(fields) do
    names[i] = field[1]
    if field[1] == "content-length" then length = tonumber(field[2]) or 0 end
  end
  local host, port, path
  if method == "CONNECT" then
    host, port = target:match "^(.-):(%d+)$"
  elseif target then
    host, port, path = target:match "^http://([^/:]+):?(%d*)(.*)$"
  end
  local address = ("%s:%s"):format(host or "?", port or "?")
  if not host or not LOCAL[host] then
    note(method or "?", address, 403, names)
    return refuse(client, 403)
  end
  local server = quiet(socket.connect("127.0.0.1", tonumber(port) or 80))
  if not server:connect(5) then
    note(method, address, 502, names)
    server:close()
    return refuse(client, 502)
  end
  note(method, address, 200, names)
  if method == "CONNECT" then
    client:write "HTTP/1.1 200 Connection established\r\n\r\n"
    client:flush()
    loop:wrap(function() pour(client, server) end)
  else
    server:write(("%s %s HTTP/1.1\r\n"):format(method, path ~= "" and path or "/"))
    for _, field in ipairs(fields) do
      if field[1] ~= "connection" and not field[1]:find "^proxy%-" then server:write(field[3], "\r\n") end
    end
    server:write "Connection: close\r\n\r\n"
    if length > 0 then server:write(client:read(length) or "") end
    server:flush()
  end
  pour(server, client)
  server:close()
end

local function accept(server, handle)
  loop:wrap(function()
    for connection in server:clients() do
      loop:wrap(function()
        pcall(handle, quiet(connection))
        connection:close()
      end)
    end
  end)
end

accept(listen(proxy_port), serve)
-- Reads and never writes: a TLS handshake or a request waits here until its caller gives up.
accept(listen(silent_port), function(client)
  client:setmode("bn", "bn")
  while client:read(-4096) do end
end)

while true do
  local ok, why = loop:step()
  if not ok then io.stderr:write("proxy: ", tostring(why), "\n") end
end
