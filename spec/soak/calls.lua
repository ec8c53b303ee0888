--- One call as it was planned (soak.mix), and how it ended. For plain Lua and for nginx.

local cards = require "cards"
local core = require "cards.core"
local sandbox = require "support.sandbox"
local starved = require "soak.starved"

local calls = {}

local clients = {}

local function client(plan)
  local key = plan.provider .. plan.server .. tostring(plan.plain)
  if not clients[key] then
    local options = {
      base_url = sandbox.url(plan.server) .. "/" .. plan.provider, insecure_http = true, connect_timeout = 1, tls = { ca_file = sandbox.url "CA_BUNDLE" },
    }
    if plan.plain then options.timeout, options.retries = plan.timeout, plan.retries end
    clients[key] = cards[plan.provider].new(sandbox.config(plan.provider, options))
  end
  return clients[key]
end

--- What goes into the call: client, parameters, options or nil.
local function arguments(plan)
  if plan.plain then -- nginx's and the engine's short way: without options
    return client(plan), sandbox.params(plan.provider, plan.case == "" and "c_1" or "sandbox-" .. plan.case), nil
  end
  local headers = plan.case ~= "" and { ["X-Sandbox"] = plan.case } or nil
  return client(plan), sandbox.params(plan.provider), { timeout = plan.timeout, retries = plan.retries, headers = headers }
end

--- Every client that a plan can ask for, so that none is made later.
function calls.prepare(providers, servers)
  for _, provider in ipairs(providers) do
    for _, server in ipairs(servers) do
      for _, plain in ipairs { false, true } do client { provider = provider, server = server, plain = plain, timeout = 0.5, retries = 1 } end
    end
  end
end

--- How a call ended that began then.
-- @return { kind = "record", one of the table of errors, or what is wrong, late = seconds beyond its deadline, starved = of them without a processor }
local function outcome(plan, began, record, err)
  local now = core.now()
  local kind
  if type(record) == "table" then
    cards.mask(cards.card(record))
    kind = "record"
  elseif record == nil and getmetatable(err) == "cards.error" then
    kind = #tostring(err) > 0 and err.kind
  else
    kind = "neither a record nor an error: " .. tostring(err)
  end
  local deadline = began + plan.timeout
  return { kind = kind, late = now - deadline, starved = starved.since(deadline, now) }
end

function calls.run(plan)
  local self, parameters, options = arguments(plan)
  local began = core.now()
  return outcome(plan, began, self[sandbox.operation(plan.provider)](self, parameters, options))
end

--- The same for event loops.
-- @return the job, and a function that returns its outcome once it is done
function calls.start(plan)
  local self, parameters, options = arguments(plan)
  local began = core.now()
  local job = self:start(sandbox.operation(plan.provider), parameters, options)
  return job, function() return outcome(plan, began, job:result()) end
end

local SILENT = { provider = "alix", server = "SILENT_URL", case = "", timeout = 1, retries = 0 }

--- So many calls that are all under way at the same time, for a second: then there is all that so many need, and libcurl lets go of connections that
-- the server has closed.
function calls.look_around(count)
  local functions = {}
  for i = 1, count do functions[i] = function() return calls.run(SILENT) end end
  cards.all(functions)
  starved.prepare()
end

--- The same for event loops.
function calls.start_to_look_around(count)
  local finishes = {}
  for i = 1, count do finishes[i] = select(2, calls.start(SILENT)) end
  for i = 1, count do finishes[i]() end
  starved.prepare()
end

return calls
