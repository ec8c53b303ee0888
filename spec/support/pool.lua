--- Clients whose connections are pooled apart from those of all others: which connection a call goes over is then theirs alone.

local cards = require "cards"
local heard = require "support.heard"
local program = require "support.program"
local sandbox = require "support.sandbox"

local pool = {}

local files = {}

--- TLS settings of their own: the sandbox's CA in a file of its own.
-- @param more { key_file = …, … }
function pool.tls(more)
  local file = assert(io.open(sandbox.url "CA_FILE"))
  files[#files + 1] = program.file(file:read "*a")
  file:close()
  local tls = { ca_file = files[#files] }
  for key, value in pairs(more or {}) do tls[key] = value end
  return tls
end

--- For a teardown.
function pool.remove()
  for _, path in ipairs(files) do os.remove(path) end
  files = {}
end

--- A client of Alix without retries, whose calls are added to `events`; overrides as those of sandbox.config.
-- @param tls what pool.tls returned
function pool.client(tls, events, overrides)
  local config = { tls = tls, retries = 0, on_event = events and heard.calls(events) or nil }
  for key, value in pairs(overrides or {}) do config[key] = value end
  return cards.alix.new(sandbox.config("alix", config))
end

--- Calls; returns the number that the sandbox has for the connection that it went over.
function pool.connection_of(client, options)
  local id = sandbox.unique_id "connection"
  local record, err = client:private_info(id, options)
  if not record then error(tostring(err), 2) end
  return sandbox.seen(id).last.connection
end

return pool
