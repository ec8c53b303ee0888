--- target.lua ROW DIRECTORY ID: a process to be scanned. It takes its secrets from pipes in the directory, so that no Lua string and no buffer of Lua's
-- has them, does what the row says, and then waits in `read`: first with its secrets open, then without any.

local cases = require "memcheck.cases"
local row = cases[tonumber(arg[1])]
local other = (row.first or row.hooks) and require "other" -- a module that has its own ideas of libcurl and cJSON
if row.first then other.initialise_libcurl() end

local cards = require "cards"
local module = require "support.module"
local sandbox = require "support.sandbox"
local ways = require "memcheck.ways"

assert(cards.memory().wiping == not row.first, "somebody came first")
if row.hooks == "before" then other.put_hooks_back() end

local t = { row = row, directory = arg[2], id = arg[3], operation = sandbox.operation(row.provider) }

function t.secret(name)
  t.last_secret = assert(cards.secret.from_file(t.directory .. "/" .. name))
  return t.last_secret
end

function t.params(id) return sandbox.params(row.provider, id or t.id) end

--- A client with the row's configuration and the given one; false takes a key away. Credentials that neither has come from the pipes.
function t.client(given)
  local overrides = {}
  for _, config in ipairs { row.config or {}, given or {} } do
    for key, value in pairs(config) do overrides[key] = value end
  end
  for _, name in ipairs(t.credentials) do
    if overrides[name] ~= nil then -- luacheck: ignore
    elseif name == row.environment then
      overrides[name] = assert(cards.secret.from_env "MEMCHECK_SECRET")
    else
      overrides[name] = t.secret(name)
    end
  end
  if row.asked then overrides.headers = { ["X-Sandbox"] = row.asked } end
  if row.url then overrides.base_url = sandbox.url(row.url) .. "/" .. row.provider end
  if row.url == "HTTP_URL" then overrides.insecure_http = true end
  if row.proxy then
    local password = row.secrets[1] == "proxy_password" and t.secret "proxy_password"
    overrides.proxy = password and { url = sandbox.url(row.proxy), user = "user", password = password } or sandbox.url(row.proxy)
  end
  overrides.idle_timeout = row.idle_timeout
  local config = sandbox.config(row.provider, overrides)
  return module(row.provider).new(config)
end

t.credentials = {}
for name in pairs(sandbox.credentials(row.provider)) do
  if not (row.way:find "^sign" and name == "signature") then table.insert(t.credentials, name) end
end
table.sort(t.credentials)

function t.expect(record, err)
  local got = record and "ok" or err.kind
  if got ~= t.row.kind then error(("%s instead of %s: %s"):format(got, row.kind, tostring(err)), 0) end
end

--- In the midst of many calls.
function t.between()
  if row.hooks == "between" then other.put_hooks_back() end
end

--- Waits until no connection is kept any more.
local function let_connections_go()
  local client = cards.alix.new(sandbox.config("alix", { base_url = sandbox.url "HTTP_URL" .. "/alix", insecure_http = true }))
  assert(client:private_info("c_1", { headers = { ["X-Sandbox"] = "slow_first_byte=" .. row.idle_timeout + 0.3 } }))
end

local function stage(name)
  io.stdout:write("stage ", name, "\n")
  io.stdout:flush()
  assert(io.read "*l")
end

local held = {}
ways[row.way](t, held)
if not row.found then t.last_secret = nil end
collectgarbage()
collectgarbage()
stage "open"

-- One secret is closed, what else there is goes with its owner.
local record = held.record
local number = record and (record.cardNo or record.pan)
if number then number:close() end
record, number, held, t.last_secret = nil, nil, nil, nil -- luacheck: ignore
if row.idle_timeout then let_connections_go() end
collectgarbage()
collectgarbage()
stage "closed"
