--- The connections of a server in nginx: lua-resty-redis (nginx.redis in Debian's lua-nginx-redis) over cosockets, which nginx keeps in a pool of the worker by
-- host, port, user and database. The authorities of TLS are those of lua_ssl_trusted_certificate, and not of the environment.

local core = require "cards.core"
local new_link = require "cards.redis.nginx.link"
local secure = require "cards.redis.nginx.secure"

local ngx = ngx -- luacheck: ignore
local null = ngx.null

local nginx = {}

local MOST = 64  -- idle connections that a worker keeps of a server
local IDLE = 60  -- seconds that one is kept without use

local PHASES = {
  rewrite = true, server_rewrite = true, access = true, content = true, timer = true, preread = true, ssl_cert = true, ssl_session_fetch = true,
}

local function require_library()
  for _, name in ipairs { "resty.redis", "nginx.redis" } do
    local ok, found = pcall(require, name)
    if ok and type(found) == "table" then
      return found
    end
  end
end

--- Why the running function cannot wait for a socket, or nil.
local function no_socket()
  local phase = ngx.get_phase()
  if not PHASES[phase] then
    return ("nginx's phase '%s' has no sockets: a call of Redis belongs into rewrite, access or content, or a timer"):format(phase)
  elseif not core.is_yieldable() then
    return "a function of C has called this one, such as string.gsub, table.sort or require, and nothing can wait there"
  end
end

local connection = {}
local metatable_of_connection = { __index = connection }

--- Makes false of each null. @return the reply, and the first error in a list
local function without_nulls(reply)
  if reply == null then
    return false
  elseif type(reply) ~= "table" then
    return reply
  end
  local wrong = reply[1] == false and #reply == 2 and reply[2] -- as an error is given in a list
  for i = 1, #reply do
    local inner
    reply[i], inner = without_nulls(reply[i])
    wrong = wrong or inner
  end
  return reply, wrong
end

--- Runs a command: as that of cards.redis.plain.connection.
function connection:run(command, arguments, ends)
  local link = self.link
  link:begin(ends)
  local client = self.client
  local ok, reply, why = pcall(client[command:lower()], client, unpack(arguments))
  if ok and not link.broken and (reply or link.refused) then
    local wrong
    reply, wrong = without_nulls(reply)
    if link.refused then
      return nil, { reply = wrong or why }
    end
    return true, reply
  end
  self:close()
  if not link.broken then
    return nil, { kind = "protocol", why = "what it replied is none of a Redis", sent = link.sent }
  end
  local is_late = why == "timeout"
  return nil, { kind = is_late and "timeout" or "network", why = is_late and "no reply in time" or tostring(why), sent = link.sent }
end

--- Closes it.
function connection:close()
  if not self.is_closed then
    self.is_closed = true
    self.link:close()
  end
end

local methods = {}
local metatable = { __index = methods }

--- Connects, or takes a connection of nginx's pool. @return it; or nil and the problem
local function open(self, ends)
  local server = self.server
  local client, why = self.library:new()
  local link = client and new_link(client, ends)
  if not link then
    return nil, { kind = "network", why = why or "this version of lua-resty-redis is not known", sent = false }
  end
  local host = server.host:find(":", 1, true) and ("[%s]"):format(server.host) or server.host
  local ok
  ok, why = link:connect(host, server.port, self.options)
  if not ok then
    return nil, { kind = why == "timeout" and why or "network", why = why == "timeout" and "no connection in time" or tostring(why), sent = false }
  end
  local made = setmetatable({ client = client, link = link, is_closed = false, is_new = link:getreusedtimes() == 0 }, metatable_of_connection)
  if made.is_new and server.tls then
    ok, why = secure(link, server.host)
    if not ok then
      made:close()
      return nil, { kind = "tls", why = why, sent = false }
    end
  end
  return made
end

--- Takes a connection: as that of cards.redis.plain.
function methods:take(ends, prepare)
  local why = no_socket()
  if why then
    return nil, { kind = "busy", why = why, sent = false }
  end
  local made, problem = open(self, ends)
  if made and made.is_new then
    return prepare(made, ends)
  end
  return made, problem
end

--- Gives a connection back to nginx's pool.
function methods:give(taken) -- luacheck: ignore
  if not taken.is_closed then
    taken.is_closed = true
    taken.link:setkeepalive(IDLE * 1000, MOST)
  end
end

--- Has the connections that nginx keeps used by nobody any more; nginx closes them when they were idle for long.
function methods:close()
  self.closed = self.closed + 1
  self.options.pool = ("%s:%d"):format(self.pool, self.closed)
end

--- @param server { host, port, tls, user, db, … } @return its connections; or nil and which library is missing
function nginx.new(server)
  local library = require_library()
  if not library then
    return nil, "the Lua library resty.redis is missing: install lua-nginx-redis (Debian) or openresty/lua-resty-redis (opm)"
  end
  local pool = ("cards:%s:%s:%d:%s:%d"):format(server.tls and "tls" or "tcp", server.host, server.port, server.user or "", server.db)
  return setmetatable({ server = server, library = library, pool = pool, closed = 0, options = { pool = pool, pool_size = MOST } }, metatable)
end

return nginx
