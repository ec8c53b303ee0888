--- Small proxies for the `proxy` option, and a port that never says anything.
--
--   lua5.4 proxy.lua LOG CERTIFICATE KEY SILENT_PORT PROXY_PORT AUTH_PORT TLS_PORT SOCKS_PORT SOCKS_AUTH_PORT
--
-- Of HTTP: one for everybody; one that wants PROXY_USER and PROXY_PASSWORD (from the environment, PROXY_BASIC is the two in base64); one that speaks TLS
-- itself. Of SOCKS5 (socks.lua): one for everybody, one that wants the two. They forward http with absolute URIs and tunnel CONNECT, both to this machine
-- only. Every request leaves one line in LOG: method, host:port, the status it got, and the names of its headers (never their values), so that a spec can
-- see that a credential was not shown to the proxy. One request per connection: the caller's next one connects again.
--
-- Hosts that are none: status-NNN.invalid is answered with that status, never.invalid with nothing, close.invalid with the end of the connection.

package.path = arg[0]:match "^(.*/)" .. "?.lua;" .. package.path

local context = require "openssl.ssl.context"
local pkey = require "openssl.pkey"
local x509 = require "openssl.x509"
local socks = require "socks"
local tunnel = require "tunnel"

local log_name, certificate, key, silent_port, proxy_port, auth_port, tls_port, socks_port, socks_auth_port = ...
local user, password, basic = os.getenv "PROXY_USER", os.getenv "PROXY_PASSWORD", os.getenv "PROXY_BASIC"

local function contents(name)
  local file = assert(io.open(name, "rb"))
  local text = file:read "*a"
  file:close()
  return text
end

local function refuse(client, status)
  local body = "refused by the proxy\n"
  local challenge = status == 407 and 'Proxy-Authenticate: Basic realm="sandbox"\r\n' or ""
  client:write(("HTTP/1.1 %d Refused\r\n%sContent-Type: text/plain\r\nContent-Length: %d\r\nConnection: close\r\n\r\n%s"):format(status, challenge, #body, body))
  client:flush()
end

-- Reads and never writes: a TLS handshake or a request waits here until its caller gives up.
local function swallow(client)
  client:setmode("bn", "bn")
  while client:read(-4096) do end
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

-- Method, host, port and path of a request line; what cannot be read is nil.
local function target_of(first)
  local method, target = first:match "^(%S+) (%S+) HTTP/1%.%d$"
  if method == "CONNECT" then return method, target:match "^(.-):(%d+)$" end
  return method, (target or ""):match "^http://([^/:]+):?(%d*)(.*)$"
end

local function forward(client, server, method, path, fields, length)
  server:write(("%s %s HTTP/1.1\r\n"):format(method, path ~= "" and path or "/"))
  for _, field in ipairs(fields) do
    if field[1] ~= "connection" and not field[1]:find "^proxy%-" then server:write(field[3], "\r\n") end
  end
  server:write "Connection: close\r\n\r\n"
  if length > 0 then server:write(client:read(length) or "") end
  server:flush()
  tunnel.pour(server, client)
  server:close()
end

--- A handler of connections; `wanted`: what Proxy-Authorization has to be, nil where it is not looked at.
local function http(wanted)
  return function(client)
    local first, fields = read_head(client)
    if not first then return end
    local method, host, port, path = target_of(first)
    local names, length, given = {}, 0, nil
    for i, field in ipairs(fields) do
      names[i] = field[1]
      if field[1] == "content-length" then length = tonumber(field[2]) or 0 end
      if field[1] == "proxy-authorization" then given = field[2] end
    end
    local server
    local status = wanted and given ~= wanted and 407 or tonumber((host or ""):match "^status%-(%d%d%d)%.invalid$")
    if not status and host ~= "never.invalid" and host ~= "close.invalid" then server, status = tunnel.connect(host, tonumber(port) or 80) end
    tunnel.note(method or "?", ("%s:%s"):format(host or "?", port or "?"), status or server and 200 or 0, names)
    if status then return refuse(client, status) end
    if host == "never.invalid" then return swallow(client) end
    if not server then return end
    if method ~= "CONNECT" then return forward(client, server, method, path, fields, length) end
    client:write "HTTP/1.1 200 Connection established\r\n\r\n"
    client:flush()
    tunnel.join(client, server)
  end
end

local tls = context.new("TLS", true)
tls:setCertificate(x509.new(contents(certificate)))
tls:setPrivateKey(pkey.new(contents(key)))

tunnel.log_to(log_name)
tunnel.accept(silent_port, swallow)
tunnel.accept(proxy_port, http())
tunnel.accept(auth_port, http("Basic " .. basic))
tunnel.accept(tls_port, http(), tls)
tunnel.accept(socks_port, socks())
tunnel.accept(socks_auth_port, socks(user, password))

while true do
  local ok, why = tunnel.loop:step()
  if not ok then io.stderr:write("proxy: ", tostring(why), "\n") end
end
