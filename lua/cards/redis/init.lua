--- Commands to a Redis, for what is shared beyond a process.
--
--     local server, why = redis.new("redis://cache.example/payouts", "--from")
--     local id, err = server:call("XADD", "cards:{payouts}:rows", "*", "line", "…")
--     local left, err = server:script("take", { "cards:{payouts}:limit:alix" }, { 10, 1 })

local check = require "cards.util.check"
local client = require "cards.redis.client"
local core = require "cards.core"
local url = require "cards.redis.url"

local redis = {}

local TIMEOUT = 5         -- seconds that a command may take
local LARGEST = 262144    -- bytes of a script
local HERE = debug.getinfo(1, "S").source:match "^@(.*)/[^/]*$"

local methods = {}
local metatable = { __index = methods, __name = "cards.redis" }

--- The text of an argument. Raises for what has none: a programmer wrote it.
local function text(value)
  if type(value) == "string" then
    return value
  end
  return check.digits(value) or type(value) == "number" and ("%.17g"):format(value) or error("an argument of Redis is a string or number", 4)
end

local function fail(command, kind, message, code, retryable)
  return nil, core.error {
    kind = kind, provider = "redis", operation = command:lower(), code = code, message = core.redact(message), retryable = retryable or false, attempts = 1,
  }
end

--- What lua-redis raises, as an error.
local function refused(self, command, what)
  local code, reply = tostring(what):match "redis error: (%S+)%s*(.*)"
  if code then
    return fail(command, "provider", reply, code)
  end
  self:close()
  local cause = tostring(what):match "connection error: (.*)" or tostring(what)
  return fail(command, cause == "timeout" and "timeout" or "network", ("%s: %s"):format(self.shown, cause))
end

local function raise(message)
  error(message, 0)
end

--- The connection. @return it; or nil and why there is none
local function connect(self)
  local library, socket = client.load()
  local tcp = socket.tcp()
  tcp:settimeout(TIMEOUT)
  local ok, why = tcp:connect(self.host, self.port)
  if not ok then
    return nil, why
  end
  tcp:setoption("tcp-nodelay", true)
  local made = library.connect { socket = tcp }
  made.error = raise
  self.connection, self.library = made, library
  return made
end

--- Runs a command.
-- @param command its name
-- @param … strings and numbers
-- @return the reply: a string ("OK" for a status, too), a number, a list, or false for a null (a null inside of a list is not to be relied on); or nil and an
--   error. Of an error reply the kind is "provider" and the code its first word
function methods:call(command, ...)
  local arguments = { ... }
  for i = 1, select("#", ...) do
    arguments[i] = text(arguments[i])
  end
  local connection, why = self.connection
  if not connection then
    connection, why = connect(self)
    if not connection then
      return fail(command, why == "timeout" and "timeout" or "network", ("%s: %s"):format(self.shown, why), nil, true)
    end
  end
  local ok, reply = pcall(self.library.command(command), connection, arguments)
  if not ok then
    return refused(self, command, reply)
  elseif reply == nil then
    return false
  end
  return reply == true and "OK" or reply
end

--- Loads a script into Redis. @return its name there; or nil and an error
local function load(self, name)
  local source, why = core.read_file(("%s/scripts/%s.lua"):format(HERE, name), LARGEST)
  if not source then
    error(("there is no script '%s': %s"):format(check.shown(name), why), 3)
  end
  local sha, err = self:call("SCRIPT", "LOAD", source)
  self.loaded[name] = sha
  return sha, err
end

--- Runs a script of cards/redis/scripts in one step that nothing else comes between.
-- @param name of its file, without ".lua"
-- @param keys a list
-- @param arguments a list
-- @return as call
function methods:script(name, keys, arguments)
  local sha, err = self.loaded[name]
  if not sha then
    sha, err = load(self, name)
  end
  local given = { #keys }
  for _, list in ipairs { keys, arguments } do
    for i = 1, #list do
      given[#given + 1] = list[i]
    end
  end
  local unpack = table.unpack or unpack -- luacheck: ignore
  for _ = 1, 2 do
    if not sha then
      return nil, err
    end
    local reply
    reply, err = self:call("EVALSHA", sha, unpack(given))
    if reply ~= nil or err.code ~= "NOSCRIPT" then
      return reply, err
    end
    sha, err = load(self, name)
  end
  return nil, err
end

--- Closes its connections. The next call opens one again.
function methods:close()
  if self.connection then
    self.connection.network.socket:close()
    self.connection = false
  end
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
  local ok
  ok, why = client.load()
  if not ok then
    return nil, why
  end
  made.connection, made.loaded = false, {}
  return setmetatable(made, metatable)
end

return redis
