--- Connects to a Redis over luasocket, and for rediss:// luasec: TLS 1.2 and later, with the server's certificate and name verified. Only the look-up of a name
-- blocks: luasocket has no other.

local core = require "cards.core"
local library = require "cards.redis.plain.library"
local settings = require "cards.redis.settings"
local wait = require "cards.async.readiness"

local connect = {}

local KEPT = 10 -- seconds that a context of TLS is used for: the system's authorities take long to read

local contexts = {} -- by what it was made of

local function problem(kind, why)
  return nil, { kind = kind, why = why, sent = false }
end

local function close(socket)
  core.forget(socket:getfd())
  socket:close()
end

--- Calls a function that never waits until it has done its work.
-- @param what it makes, for the message
-- @return true; or nil, the kind of problem and why
local function finish(socket, step, ends, what)
  while true do
    local ok, why = step(socket)
    if ok then
      return true
    elseif why ~= "timeout" and why ~= "wantread" and why ~= "wantwrite" then
      return nil, "network", why
    end
    local ready, wrong = wait(socket:getfd(), why ~= "wantread", ends - core.now())
    if not ready then
      return nil, wrong and "network" or "timeout", wrong or ("no %s in time"):format(what)
    end
  end
end

local function connect_to(sockets, address, port, ends)
  local socket, why = (address.family == "inet6" and sockets.tcp6 or sockets.tcp4)()
  if not socket then
    return problem("network", why)
  end
  socket:settimeout(0)
  local ok, kind
  ok, kind, why = finish(socket, function()
    local made, refused = socket:connect(address.addr, port)
    return made or refused == "already connected", refused
  end, ends, "connection")
  if not ok then
    close(socket)
    return problem(kind, why)
  end
  socket:setoption("tcp-nodelay", true)
  return socket
end

--- Connects to the first address of the host that can be.
local function tcp(server, ends)
  local _, sockets = library.load()
  local addresses, why = sockets.dns.getaddrinfo(server.host)
  if not addresses then
    return problem("network", "the host cannot be looked up: " .. tostring(why))
  end
  local socket, wrong
  for _, address in ipairs(addresses) do
    socket, wrong = connect_to(sockets, address, server.port, ends)
    if socket or wrong.kind == "timeout" then
      break
    end
  end
  return socket, wrong
end

local function is_there(path)
  local file = io.open(path)
  return file and file:close()
end

--- The settings of TLS, as luasec takes them.
local function parameters()
  local files, why = settings.tls()
  if not files then
    return nil, why
  end
  local file, folder = core.authorities()
  return {
    mode = "client", protocol = "any", options = { "all", "no_sslv2", "no_sslv3", "no_tlsv1", "no_tlsv1_1" }, verify = { "peer" },
    cafile = files.ca or is_there(file) and file or nil, capath = not files.ca and is_there(folder) and folder or nil,
    certificate = files.certificate, key = files.key, password = "", -- else OpenSSL would ask the terminal for that of a key
  }
end

local function context_of(ssl)
  local wanted, why = parameters()
  if not wanted then
    return nil, why
  end
  local name = ("%s\n%s\n%s"):format(wanted.cafile or "", wanted.certificate or "", wanted.key or "")
  local known = contexts[name]
  if not known or core.now() > known.ends then
    local made
    made, why = ssl.newcontext(wanted)
    if not made then
      return nil, "CARDS_REDIS_CA_FILE, CARDS_REDIS_CERT_FILE or CARDS_REDIS_KEY_FILE: " .. tostring(why)
    end
    known = { context = made, ends = core.now() + KEPT }
    contexts[name] = known
  end
  return known.context
end

--- Speaks TLS over a socket, which is closed where that fails.
local function secure(server, socket, ends)
  local ssl, why = library.tls()
  local context
  if ssl then
    context, why = context_of(ssl)
  end
  if not context then
    close(socket)
    return problem("tls", why)
  end
  core.forget(socket:getfd())
  local made
  made, why = ssl.wrap(socket, context)
  if not made then
    socket:close()
    return problem("tls", tostring(why))
  end
  made:settimeout(0)
  if not server.host:find "^[%d.]+$" and not server.host:find(":", 1, true) then
    made:sni(server.host)
  end
  local ok, kind
  ok, kind, why = finish(made, made.dohandshake, ends, "handshake of TLS")
  local peer = ok and made:getpeercertificate()
  if not ok or not peer or not core.certificate_names(peer:pem(), server.host) then
    close(made)
    return problem(kind == "timeout" and kind or "tls", why or "its certificate is for another host")
  end
  return made
end

--- Connects.
-- @param server { host, port, tls }
-- @param ends seconds on the clock of core.now
-- @return a socket with a timeout of 0; or nil and the problem
function connect.open(server, ends)
  local socket, wrong = tcp(server, ends)
  if socket and server.tls then
    return secure(server, socket, ends)
  end
  return socket, wrong
end

return connect
