--- The same call as code to copy: in Lua, for the program, and in nginx.

local check = require "cards.util.check"
local environment = require "cards.client.environment"

--- A plain value as Lua.
local function lua_value(value)
  return type(value) == "string" and ("%q"):format(value):gsub("\\\n", "\\n") or tostring(value)
end

local function shell_word(text)
  return text:find "^[%w_./:@%%+=,-]+$" and text or "'" .. text:gsub("'", "'\\''") .. "'"
end

--- The parameters of a call as Lua, and as options of the program. What is sensitive comes from the environment in both.
local function arguments(about, operation, params)
  local fields, options, variables = {}, {}, {}
  for _, name in ipairs(check.keys(params)) do
    local described = operation.params[name]
    if described and described.sensitive then
      local variable = environment.variable(about.name, name)
      fields[#fields + 1] = ("%s = cards.secret.from_env %q"):format(name, variable)
      variables[#variables + 1] = variable .. "=…"
    elseif described and type(params[name]) ~= "table" then
      fields[#fields + 1] = ("%s = %s"):format(name, lua_value(params[name]))
      options[#options + 1] = ("--%s %s"):format(name:gsub("_", "-"), shell_word(tostring(params[name])))
    end
  end
  return ("{ %s }"):format(table.concat(fields, ", ")), options, variables
end

local LUA = [[
local cards = require "cards"

local client = @module@.from_env()
local record, err = client:@operation@(@params@@options@)
if not record then
  error(err)
end
print(cards.card(record))                    -- secrets show their masks
print(cards.mask(cards.card(record)).number) -- plain, safe to log and to encode
]]

local NGINX = [[
# `env` lines for the variables of the credentials, and in http { … }:
#   init_by_lua_block { require "cards" }
#   init_worker_by_lua_block { local cards = require "cards"; client = @module@.from_env() }
location = /card {
  default_type application/json;
  content_by_lua_block {
    local cards, cjson = require "cards", require "cjson"
    local record, err = client:@operation@(@params@@options@)
    if not record then
      ngx.status = 502
      return ngx.say(cjson.encode { kind = err.kind, retryable = err.retryable })
    end
    ngx.say(cjson.encode(cards.mask(cards.card(record))))
  }
}
]]

--- @param about, operation as core.provider has them
-- @param params of the call
-- @param misbehaviour that the sandbox is asked for, or nil
-- @param defined whether the provider is one that the page defines: it is expected in a file of its name
-- @return { lua, cli, nginx }
return function(about, operation, params, misbehaviour, defined)
  local fields, options, variables = arguments(about, operation, params)
  local values = {
    module = (defined and 'assert(cards.load "%s.lua")' or "cards.%s"):format(about.name), operation = operation.operation, params = fields,
    options = misbehaviour and (", { headers = { [\"X-Sandbox\"] = %s } }"):format(lua_value(misbehaviour)) or "",
  }
  if defined then
    table.insert(options, 1, ("--provider %s.lua"):format(about.name))
  end
  table.insert(variables, ("cards call %s %s"):format(about.name, operation.operation))
  return {
    lua = (LUA:gsub("@(%l+)@", values)), nginx = (NGINX:gsub("@(%l+)@", values)),
    cli = ("%s%s\n"):format(table.concat(variables, " "), options[1] and " " .. table.concat(options, " ") or ""),
  }
end
