--- A SOCKS5 proxy (RFC 1928, RFC 1929), with and without user and password; addresses of IPv4, of IPv6, and names.
--
-- A line in the log: SOCKS5, host:port, the status that an HTTP proxy would have given, and how the caller offered to say who it is and how it named the
-- host: `SOCKS5 localhost:18441 200 name,password`.

local tunnel = require "tunnel"

local METHODS = { [0] = "none", [2] = "password" }
local REPLIES = { [200] = 0, [403] = 2, [502] = 5 }
local UNSUPPORTED_COMMAND, UNSUPPORTED_ADDRESS = 7, 8

-- What cannot be read ends the connection by an error.
local function number(client, bytes)
  local value = 0
  for _ = 1, bytes do value = value * 256 + client:read(1):byte() end
  return value
end

local function text(client) return client:read(number(client, 1)) end

local function say(client, ...)
  client:write(string.char(...))
  client:flush()
end

local function reply(client, code) say(client, 5, code, 0, 1, 0, 0, 0, 0, 0, 0) end

--- Agrees on who the caller is. Returns the name of the way, or nil where it was refused, and what was offered.
local function greet(client, user, password)
  if number(client, 1) ~= 5 then return nil, {} end
  local offered, wanted, names = text(client), user and 2 or 0, {}
  for i = 1, #offered do names[i] = METHODS[offered:byte(i)] or "other" end
  if not offered:find(string.char(wanted), 1, true) then
    say(client, 5, 255)
    return nil, names
  end
  say(client, 5, wanted)
  if wanted == 2 then
    local version, given_user, given_password = number(client, 1), text(client), text(client)
    local right = version == 1 and given_user == user and given_password == password
    say(client, 1, right and 0 or 1)
    if not right then return nil, names end
  end
  return METHODS[wanted], names
end

local function ipv6(client)
  local parts = {}
  for i = 1, 8 do parts[i] = ("%x"):format(number(client, 2)) end
  return (table.concat(parts, ":"):gsub("^0:0:0:0:0:0:0:", "::"))
end

local function ipv4(client)
  return table.concat({ client:read(4):byte(1, 4) }, ".")
end

-- The caller's way to name a host by its number.
local ADDRESSES = { [1] = { "ipv4", ipv4 }, [3] = { "name", text }, [4] = { "ipv6", ipv6 } }

--- A handler of connections for tunnel.accept; without a user it asks for none.
return function(user, password)
  return function(client)
    local way, offered = greet(client, user, password)
    if not way then return tunnel.note("SOCKS5", "?:?", 407, offered) end
    local _, command, _, kind = number(client, 1), number(client, 1), number(client, 1), number(client, 1)
    local address = ADDRESSES[kind]
    if not address then return reply(client, UNSUPPORTED_ADDRESS) end
    local host, port = address[2](client), number(client, 2)
    if command ~= 1 then return reply(client, UNSUPPORTED_COMMAND) end
    local server, status = tunnel.connect(host, port)
    status = server and 200 or status
    tunnel.note("SOCKS5", ("%s:%d"):format(host, port), status, { way, address[1] })
    reply(client, REPLIES[status])
    if server then tunnel.join(client, server) end
  end
end
