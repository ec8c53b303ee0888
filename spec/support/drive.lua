--- Calls of any provider against the sandbox, for the specs that every provider passes. Nothing here knows a provider.

local cards = require "cards"
local cjson = require "cjson"
local module = require "support.module"
local sandbox = require "support.sandbox"

local drive = {}

local clients = {}

--- A client with one attempt per call, unless the overrides say otherwise; kept, so that connections are reused. With overrides: a new one.
function drive.client(provider, overrides)
  if not overrides and clients[provider] then return clients[provider] end
  local config = sandbox.config(provider, overrides)
  config.retries = config.retries or 0
  local client = module(provider).new(config)
  if not overrides then clients[provider] = client end
  return client
end

--- What cards.describe says of a provider's one operation.
function drive.about(provider) return cards.describe(module(provider), sandbox.operation(provider)) end

--- One call that asks for the misbehaviours `case` ("" or nil for none).
-- @param more { client, params, id, options }, each optional
-- @return record, err, id
function drive.call(provider, case, more)
  more = more or {}
  local client = more.client or drive.client(provider)
  local id = more.id or sandbox.unique_id(provider)
  local options = {}
  for key, value in pairs(more.options or {}) do options[key] = value end
  if case and case ~= "" then options.headers = { ["X-Sandbox"] = case } end
  -- a call without options takes a shorter way through the library
  local record, err = client[sandbox.operation(provider)](client, more.params or sandbox.params(provider, id), next(options) and options or nil)
  return record, err, id
end

--- The parameter by which the sandbox knows a call.
function drive.id_param(provider)
  for name, value in pairs(sandbox.params(provider, "\1")) do
    if value == "\1" then return name end
  end
end

function drive.is_secret(value) return type(value) == "userdata" and getmetatable(value) == "cards.secret" end

--- A record with its secrets revealed, to compare it.
function drive.revealed(value)
  if drive.is_secret(value) then return value:reveal() end
  if type(value) ~= "table" then return value end
  local copy = {}
  for key, inner in pairs(value) do copy[key] = drive.revealed(inner) end
  return copy
end

--- Calls visit(path, value) for every leaf of a record; elements of arrays have the path of the array and "[]".
function drive.leaves(value, visit, path)
  for key, inner in pairs(value) do
    local name = type(key) == "number" and "[]" or key
    local below = path and path .. "." .. name or name
    if type(inner) == "table" then drive.leaves(inner, visit, below) else visit(below, inner) end
  end
end

--- The value at a dotted path, or nil.
function drive.at(value, path)
  for key in path:gmatch "[^.]+" do
    if type(value) ~= "table" then return nil end
    value = value[key]
  end
  return value
end

local function shell(s) return "'" .. s:gsub("'", "'\\''") .. "'" end

--- The body that the sandbox gives to the request it saw last for this id, sent once more with curl:
-- the answer as it is, without the library. Decoded, nulls absent.
function drive.raw_answer(id, case)
  local last = sandbox.seen(id).last
  local command = "curl -sS -m 10 -X " .. last.method
  for _, name in ipairs { "access-token", "authorization", "content-type" } do
    if last.headers[name] then command = command .. " -H " .. shell(name .. ": " .. last.headers[name]) end
  end
  if case then command = command .. " -H " .. shell("X-Sandbox: " .. case) end
  if last.body ~= "" then command = command .. " --data-binary " .. shell(last.body) end
  local pipe = io.popen(command .. " " .. shell(sandbox.url "HTTP_URL" .. last.uri))
  local text = pipe:read "*a"
  pipe:close()
  local function without_null(value)
    if type(value) ~= "table" then return value end
    local copy = {}
    for key, inner in pairs(value) do
      if inner ~= cjson.null then copy[key] = without_null(inner) end
    end
    return copy
  end
  return without_null(cjson.decode(text))
end

--- The percent-encoding of RFC 3986.
function drive.encoded(s)
  return (s:gsub("[^%w%-._~]", function(c) return ("%%%02X"):format(c:byte()) end))
end

return drive
