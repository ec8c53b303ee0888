--- A connection of lua-redis that waits without blocking others. Its commands run in a coroutine, which yields what is to be waited for to the function that
-- waits: so errors of lua-redis are caught on Lua 5.1, too, where nothing can yield through a pcall.

local connect = require "cards.redis.plain.connect"
local core = require "cards.core"
local library = require "cards.redis.plain.library"
local wait = require "cards.async.readiness"
local wire = require "cards.redis.plain.wire"

local connection = {}

local DONE = {} -- what the coroutine yields beside the wishes of the wire
local NO_MEMORY = "not enough memory"

local methods = {}
local metatable = { __index = methods }

local sends = {} -- by command: lua-redis' function that sends it and reads the reply

local function send_of(command)
  local send = sends[command]
  if not send then
    send = (library.load()).command(command)
    sends[command] = send
  end
  return send
end

local function serve(send, client, arguments)
  while true do
    send, client, arguments = coroutine.yield(DONE, (send(client, arguments)))
  end
end

--- What lua-redis calls for errors, in the place of its own function.
local function raise(message)
  error({ message = message }, 0)
end

--- What the coroutine has raised, as a problem: of an error reply { reply }, else { kind, why, sent }. What cannot be read is not repeated: it may be anything.
local function problem_of(self, raised)
  local link, message = self.wire, type(raised) == "table" and raised.message or ""
  local reply, cause = message:match "^redis error: (.*)$", message:match "^connection error: (.*)$"
  if raised == NO_MEMORY then
    error(raised, 0)
  elseif not reply or link.reader.lines > 1 then -- an error in a list: the rest of that was not read
    self:close()
  end
  if reply then
    return nil, { reply = reply }
  end
  cause = cause or type(raised) == "table" and link.reader.lines == 0 and message
  return nil, { kind = cause and "network" or "protocol", why = cause or "what it replied is none of a Redis", sent = link.sent }
end

--- Waits for what the coroutine wants. @return true; or nil and the problem
local function rest(self, what, ends)
  local left, ready, why = ends - core.now(), false, nil
  if left > 0 then
    ready, why = wait(self.fd, what == wire.WRITE, left)
  end
  if self.process ~= core.process() then
    self:close()
    return nil, { kind = "network", why = "this process was forked while it waited for Redis", sent = self.wire.sent }
  elseif not ready then
    self:close()
    return nil, { kind = why and "network" or "timeout", why = why or "no reply in time", sent = self.wire.sent }
  end
  return true
end

--- Runs a command.
-- @param arguments a list of strings
-- @param ends seconds on the clock of core.now when it has to be done
-- @return true and the reply: false for a null; or nil and the problem. After one that is no error reply, or of one in the middle of a list, it is closed
function methods:run(command, arguments, ends)
  local thread, link = self.thread, self.wire
  if not thread then
    thread = coroutine.create(serve)
    self.thread = thread
  end
  link:begin()
  local ok, what, reply = coroutine.resume(thread, send_of(command), self.client, arguments)
  while ok and what ~= DONE do
    local rested, problem = rest(self, what, ends)
    if not rested then
      return nil, problem
    end
    ok, what, reply = coroutine.resume(thread)
  end
  if not ok then
    self.thread = nil
    return problem_of(self, what)
  elseif reply == nil then
    return true, false
  end
  return true, reply == true and "OK" or reply -- lua-redis makes true of a status
end

--- Whether an idle connection can be used: it is this process's, and nothing came over it, not even its end.
function methods:is_usable()
  if self.process ~= core.process() or not self.wire.reader:is_empty() then
    return false
  end
  local _, why = self.socket:receive(0)
  return why == "timeout" or why == "wantread"
end

--- Closes it. One of the parent of a forked process stays open there.
function methods:close()
  if self.is_closed then
    return
  end
  self.is_closed = true
  if self.process == core.process() then
    core.forget(self.fd)
  else
    core.detach(self.fd)
  end
  self.socket:close()
end

--- Connects.
-- @param server { host, port, tls }
-- @param ends seconds on the clock of core.now
-- @return a connection; or nil and the problem
function connection.open(server, ends)
  local socket, problem = connect.open(server, ends)
  if not socket then
    return nil, problem
  end
  local link = wire.new(socket)
  local client = (library.load()).connect { socket = link }
  client.error = raise
  return setmetatable({ socket = socket, fd = socket:getfd(), wire = link, client = client, process = core.process(), is_closed = false }, metatable)
end

return connection
