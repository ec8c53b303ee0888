--- The connections of a server in plain Lua. A connection runs one command at a time; those that are idle are kept for a while. Callers beyond MOST wait in
-- order.

local connection = require "cards.redis.plain.connection"
local core = require "cards.core"
local library = require "cards.redis.plain.library"
local new_semaphore = require "cards.resilience.semaphore"
local owner = require "cards.async.owner"

local plain = {}

local MOST = 64 -- connections of a server: as many as the calls at once of cards.each
local IDLE = 60 -- seconds that one is kept without use
local TIDY = 0.1 -- seconds between searches for those that are to be closed

local methods = {}
local metatable = { __index = methods }

--- Closes the connections of functions that were cancelled in the middle of a command, and those that were idle for long.
local function tidy(self)
  local now = core.now()
  if now < self.tidied + TIDY then
    return
  end
  self.tidied = now
  for held, permit in pairs(self.held) do
    if owner.is_dead(permit) then
      self.held[held] = nil
      held:close()
    end
  end
  while self.idle[1] and now - self.idle[1].used > IDLE do
    table.remove(self.idle, 1):close()
  end
end

--- A connection that can be used: the one that was found, or another that is idle; or nil.
local function usable(self, found)
  while found and not found:is_usable() do
    found:close()
    found = table.remove(self.idle)
  end
  return found
end

--- A new connection. @return it; or nil and the problem
local function open(self, permit, ends, prepare)
  local made, problem = connection.open(self.server, ends)
  if not made then
    return nil, problem
  end
  made.is_new = true
  self.held[made] = permit
  return prepare(made, ends)
end

--- Takes a connection, waiting for one and connecting where it has to be.
-- @param ends seconds on the clock of core.now
-- @param prepare function(connection, ends) that returns a new one when it is prepared; or closes it, and returns nil and the problem
-- @return the connection; or nil and the problem; or nil, nil and the error of a caller that was cancelled
function methods:take(ends, prepare)
  local permits = self.permits
  local idle = permits.running < MOST and table.remove(self.idle) or nil -- whose permit is there at once
  local permit, finalizer = permits:acquire(math.max(0, ends - core.now()), idle and idle.permit)
  if idle then
    finalizer = idle.finalizer
  elseif not permit then
    return nil, not finalizer and { kind = "busy", why = "all connections are in use, and none got free in time", sent = false } or nil, finalizer
  end
  tidy(self)
  local taken, problem = usable(self, idle or table.remove(self.idle)), nil
  if not taken then
    taken, problem = open(self, permit, ends, prepare)
  end
  if not taken then
    permits:release(permit)
    return nil, problem
  end
  taken.permit, taken.finalizer = permit, finalizer
  self.held[taken] = permit
  return taken
end

--- Gives a connection back, which is kept unless it was closed.
function methods:give(taken)
  local permit = taken.permit
  self.held[taken] = nil
  taken.is_new = nil
  if taken.is_ending then
    taken:close()
  elseif not taken.is_closed then
    taken.used = core.now()
    self.idle[#self.idle + 1] = taken
  end
  self.permits:release(permit)
end

--- Closes all connections; those in use when they are given back.
function methods:close()
  self.tidied = 0
  tidy(self)
  for _, one in ipairs(self.idle) do
    one:close()
  end
  self.idle = {}
  for held in pairs(self.held) do
    held.is_ending = true
  end
end

--- @param server { host, port, tls, … } @return its connections; or nil and which library is missing
function plain.new(server)
  local ok, why = library.load()
  if ok and server.tls then
    ok, why = library.tls()
  end
  if not ok then
    return nil, why
  end
  local held = setmetatable({}, { __mode = "k" }) -- a connection that nobody holds any more is closed by the collector
  return setmetatable({ server = server, permits = new_semaphore(MOST), idle = {}, held = held, tidied = 0 }, metatable)
end

return plain
