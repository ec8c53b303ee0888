--- Hosts that share a Redis: that Redis, the key that they share, for this process and for programs, and what they say to the operator.

local core = require "cards.core"
local host = require "cards.async.host"
local program = require "support.program"
local redis = require "support.redis"
local remote = require "cards.resilience.remote"

local fleet = { KEY = "a key of a fleet", PATIENCE = remote.patience, GRACE = remote.grace }

local real = os.getenv
local path

--- Has this process wait for an answer of Redis however long a loaded machine takes for it.
function fleet.be_patient()
  remote.patience, remote.grace = 30, 30
end

--- Starts a Redis and gives this process the key. @return the server, and a list that warnings go to from now on
function fleet.begin()
  local said = {}
  path = program.file(fleet.KEY)
  os.getenv = function(name) -- luacheck: ignore
    if name == "CARDS_SHARED_KEY_FILE" then return path end
    return real(name)
  end
  fleet.be_patient()
  fleet.warn = host.warn
  host.warn = function(text) said[#said + 1] = text end -- luacheck: ignore
  return redis.start(), said
end

--- Puts back what begin has changed, and ends each Redis of support.redis.
function fleet.finish()
  redis.stop_all()
  remote.patience, remote.grace = fleet.PATIENCE, fleet.GRACE
  os.getenv, host.warn = real, fleet.warn -- luacheck: ignore
  os.remove(path)
end

--- Calls a function while the clock of this process says so many seconds more. (That of cards.testing moves on by itself in the place of waiting for Redis.)
function fleet.later(seconds, call)
  local now = core.now
  core.now = function() return now() + seconds end -- luacheck: ignore
  local ok, why = pcall(call)
  core.now = now -- luacheck: ignore
  assert(ok, why)
end

--- Starts so many programs at the same time. @return what each of them printed, a list
function fleet.run(count, source)
  local started, printed = {}, {}
  source = 'require "support.fleet".be_patient() ' .. source
  for i = 1, count do started[i] = program.start(source, { CARDS_SHARED_KEY = fleet.KEY }) end
  for i, one in ipairs(started) do
    local output, status = one.finish()
    assert(status == 0, output)
    printed[i] = output
  end
  return printed
end

return fleet
