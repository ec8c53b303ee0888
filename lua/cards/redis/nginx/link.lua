--- The cosocket of a lua-resty-redis, with what that does not tell: whether a command was sent, what broke, and one time limit for all that a command takes.

local core = require "cards.core"
local reader = require "cards.redis.reader"

local ngx = ngx -- luacheck: ignore

local methods = {}
local metatable = { __index = methods }

--- Begins a command.
-- @param ends seconds on the clock of core.now when it has to be done
function methods:begin(ends)
  self.sent, self.broken, self.refused, self.ends = false, false, false, ends
  self.reader:begin()
end

--- Has what follows take no longer than until the end of the command.
local function limit(self)
  self.socket:settimeout(math.max(1, math.ceil((self.ends - core.now()) * 1000)))
end

--- Connects; what it returns is the socket's own.
function methods:connect(...)
  limit(self)
  return self.socket:connect(...)
end

--- Sends a text.
function methods:send(...)
  limit(self)
  local sent, why = self.socket:send(...)
  self.sent = sent ~= nil
  self.broken = sent == nil
  return sent, why
end

--- Reads what there is. nginx begins the time limit of a socket anew with each byte that comes.
-- @return it; or nil and why there is no more
local function more(self)
  if core.now() >= self.ends then
    return nil, "timeout"
  end
  limit(self)
  return self.socket:receiveany(reader.PIECE)
end

--- Receives a line, or so many bytes.
function methods:receive(size)
  local text, why
  if size then
    text, why = self.reader:text(size)
  else
    text, why = self.reader:line()
    self.refused = self.refused or (text ~= nil and text:byte() == 45) -- "-": an error
  end
  self.broken = self.broken or not text
  return text, why
end

--- How often the connection was used before.
function methods:getreusedtimes()
  return self.socket:getreusedtimes()
end

--- Speaks TLS; what it returns is the socket's own.
function methods:sslhandshake(...)
  limit(self)
  return self.socket:sslhandshake(...)
end

--- Has a certificate shown to the server; nil and why not where nginx cannot.
function methods:setclientcert(...)
  if not self.socket.setclientcert then
    return nil, "this nginx cannot show a certificate to Redis: its lua module is older than 0.10.22"
  end
  return self.socket:setclientcert(...)
end

--- Gives the connection to nginx's pool; closes it where more came than was asked for.
function methods:setkeepalive(...)
  if not self.reader:is_empty() then
    return self:close()
  end
  return self.socket:setkeepalive(...)
end

--- Closes it.
function methods:close()
  return self.socket:close()
end

--- Puts a link in the place of a client's socket.
-- @return it; nil where the client keeps its socket elsewhere
return function(client, ends)
  local socket = rawget(client, "_sock")
  if not socket then
    return nil
  end
  local link = setmetatable({ socket = socket }, metatable)
  link.reader = reader.new(function() return more(link) end, function() ngx.sleep(0) end)
  link:begin(ends)
  client._sock = link
  return link
end
