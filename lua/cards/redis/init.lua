--- Commands to a Redis, for what is shared beyond a process.
--
--     local server, why = redis.new("redis://cache.example/payouts", "--from")
--     local id, err = server:call("XADD", "cards:{payouts}:rows", "*", "line", "…")
--     local left, err = server:script("take", { "cards:{payouts}:limit:alix" }, { 10, 1 })
--
-- A call lets others go on inside of cards.all, cards.each and nginx. It takes TIMEOUT seconds at most, and no longer than a deadline around it.

local check = require "cards.util.check"
local context = require "cards.async.context"
local core = require "cards.core"
local errors = require "cards.redis.errors"
local host = require "cards.async.host"
local new_backoff = require "cards.redis.backoff"
local settings = require "cards.redis.settings"
local url = require "cards.redis.url"

local transport = require(host.is_nginx and "cards.redis.nginx" or "cards.redis.plain")

local redis = {}

local unpack = table.unpack or unpack -- luacheck: ignore

local TIMEOUT = 5         -- seconds that a command may take, beside those that it is told to wait itself
local LONGEST_WAIT = 3600 -- seconds that it may be told to wait
local LARGEST = 262144    -- bytes of a script
local HERE = debug.getinfo(1, "S").source:match "^@(.*)/[^/]*$"

local WAITS = { XREAD = true, XREADGROUP = true } -- commands with the option BLOCK

local methods = {}
local metatable = { __index = methods, __name = "cards.redis" }

--- The text of an argument. Raises for what has none: a programmer wrote it.
local function text(value)
  if type(value) == "string" then
    return value
  end
  return check.digits(value) or type(value) == "number" and ("%.17g"):format(value) or error("an argument of Redis is a string or a number", 4)
end

--- Seconds that a command is told to wait by BLOCK.
local function told_to_wait(command, arguments)
  if not WAITS[command] then
    return 0
  end
  for i = 1, #arguments - 1 do
    local word = arguments[i]:upper()
    if word == "STREAMS" then
      break
    elseif word == "BLOCK" then
      local seconds = (tonumber(arguments[i + 1]) or 0) / 1000
      if seconds <= 0 or seconds > LONGEST_WAIT then
        error(("BLOCK takes milliseconds from 1 to %d"):format(1000 * LONGEST_WAIT), 4)
      end
      return seconds
    end
  end
  return 0
end

--- The error of a problem that `run` of a connection returned.
local function error_of(self, command, problem)
  if problem.reply then
    return errors.of_reply(command, problem.reply)
  end
  return problem.err or errors.of_connection(command, self.shown, problem)
end

--- Runs a command of a new connection that has to succeed. @return true; or nil and the problem
local function must(connection, ends, command, ...)
  local ok, problem = connection:run(command, { ... }, ends)
  if ok then
    return true
  end
  local err = problem.reply and errors.of_reply(command, problem.reply)
  return nil, err and { kind = err.kind, why = err.message, err = err } or problem
end

--- Says who we are on a new connection, and which database we want.
local function prepare(self, connection, ends)
  local password, why = settings.password()
  if password == nil or self.user and not password then
    return nil, { kind = "auth", why = why or "a user of Redis has a password: set CARDS_REDIS_PASSWORD or CARDS_REDIS_PASSWORD_FILE", sent = false }
  end
  local ok, problem = true, nil
  if password and self.user then
    ok, problem = must(connection, ends, "AUTH", self.user, password)
  elseif password then
    ok, problem = must(connection, ends, "AUTH", password)
  end
  if ok and self.db > 0 then
    ok, problem = must(connection, ends, "SELECT", tostring(self.db))
  end
  if problem then
    problem.sent = false -- of the command itself
  end
  return ok, problem
end

--- Notes what became of a call.
-- @param had_time whether it had all the time that a command may take
local function note(self, began, problem, had_time)
  local kind = problem and problem.kind
  if not problem or problem.reply then
    self.backoff:succeeded()
  elseif kind == "timeout" and had_time or problem.is_unreached and kind ~= "timeout" and kind ~= "busy" and kind ~= "cancelled" then
    self.backoff:failed(began, problem)
  end
end

--- The error of a call that is not tried, as Redis was not reached.
local function refuse(self, command, pause, problem)
  local may_pass = problem.kind == "network" or problem.kind == "timeout"
  local kind, message = may_pass and "network" or problem.kind, ("%s: %s%s"):format(self.shown, may_pass and "Redis is away: " or "", problem.why)
  return errors.new(command, kind, message, { code = problem.err and problem.err.code, retryable = may_pass, retry_after = pause })
end

--- Runs a command on a connection. @return the reply; or nil, the problem, and whether another connection may do better
local function run(self, command, arguments, ends)
  local connections = self.connections
  local connection, problem, err = connections:take(ends, self.prepare)
  if not connection then
    if problem then
      problem.is_unreached = true
    end
    return nil, problem or { kind = "cancelled", err = err, why = "", sent = false }
  end
  local is_new = connection.is_new
  local ok, reply = connection:run(command, arguments, ends)
  connections:give(connection)
  if ok then
    return reply
  end
  return nil, reply, not is_new and reply.kind == "network" and not reply.sent
end

--- Runs a command.
-- @param command its name, in capitals
-- @param … strings and numbers
-- @return the reply: a string ("OK" for a status, too), a number, a list, or false for a null (in a list false or nothing); or nil and an error. Of an error
--   reply its code is the first word, and its kind "auth" where Redis refuses the user, else "provider"; of a connection the kind is "network", "timeout",
--   "tls", "protocol" or "busy". It is retryable where Redis has not run the command and may do so later
function methods:call(command, ...)
  local arguments = { ... }
  for i = 1, select("#", ...) do
    arguments[i] = text(arguments[i])
  end
  local seconds, left = TIMEOUT + told_to_wait(command, arguments), context.left()
  if left and left <= 0 then
    return nil, context.error("redis", command:lower())
  end
  local began, pause, last = self.backoff:begin()
  if not began then
    return nil, refuse(self, command, pause, last)
  end
  local ends = core.now() + math.min(seconds, left or seconds)
  local reply, problem, again = run(self, command, arguments, ends)
  if reply == nil and again then
    reply, problem = run(self, command, arguments, ends)
  end
  if self.backoff.failures > 0 or reply == nil then
    note(self, began, problem, not left or left >= seconds)
  end
  if reply ~= nil then
    return reply
  end
  local err = error_of(self, command, problem)
  if err.code == "READONLY" then
    self:close() -- this was the primary: its name may lead to another host by now
  end
  return nil, err
end

--- Loads a script into Redis. @return its name there; or nil and an error
local function load(self, name)
  local source, why = core.read_file(("%s/scripts/%s.lua"):format(HERE, name), LARGEST)
  if not source then
    error(("there is no script '%s': %s"):format(check.shown(name), why), 3)
  end
  local sha, err = self:call("SCRIPT", "LOAD", source)
  if sha ~= nil and not (type(sha) == "string" and sha:find "^%x+$") then
    return nil, errors.of_connection("SCRIPT", self.shown, { kind = "protocol", why = "what it replied is none of a Redis", sent = true })
  end
  self.loaded[name] = sha
  return sha, err
end

--- Runs a script of cards/redis/scripts in one step that nothing else comes between.
-- @param name of its file, without ".lua"
-- @param keys a list
-- @param arguments a list
-- @return as call
function methods:script(name, keys, arguments)
  local given, err = { #keys }, nil
  for _, list in ipairs { keys, arguments } do
    for i = 1, #list do
      given[#given + 1] = list[i]
    end
  end
  for _ = 1, 2 do -- a Redis that was started anew has no scripts
    local sha = self.loaded[name]
    if not sha then
      sha, err = load(self, name)
    end
    if not sha then
      return nil, err
    end
    local reply
    reply, err = self:call("EVALSHA", sha, unpack(given))
    if reply ~= nil or err.code ~= "NOSCRIPT" then
      return reply, err
    end
    self.loaded[name] = nil
  end
  return nil, err
end

--- Closes its connections. The next call opens one again.
function methods:close()
  self.connections:close()
end

--- A server. It connects with the first call.
-- @param address see cards.redis.url
-- @param what how a message names the address, such as "--from"
-- @return the server, with its `name` and `shown` (the address for messages); or nil and what is wrong: the address, or a library that is missing
function redis.new(address, what)
  local made, why = url.parse(address, what or "the address")
  if not made then
    return nil, why
  end
  made.connections, why = transport.new(made)
  if not made.connections then
    return nil, why
  end
  made.backoff, made.loaded = new_backoff(), {}
  function made.prepare(connection, ends)
    local ok, problem = prepare(made, connection, ends)
    if not ok then
      connection:close()
      return nil, problem
    end
    return connection
  end
  return setmetatable(made, metatable)
end

return redis
