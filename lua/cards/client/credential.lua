--- Credentials that `new` reads itself, so that they never become a Lua string: { env = "NAME" } and { file = "PATH" }.
--
-- A variable counts as it was when the client was made. A file that holds a credential of calls is read again after a 401: who changes what is in it, as
-- Kubernetes does with a secret that was rotated, need not restart anything.

local check = require "cards.util.check"
local core = require "cards.core"

local credential = {}

local READ = { env = core.secret.from_env, file = core.secret.from_file }

local function is_place(value)
  return type(value) == "table" and not check.is_callable(value) and (rawget(value, "env") ~= nil or rawget(value, "file") ~= nil)
end

--- Reads a place.
-- @param name of the credential, for messages
-- @return a secret; or nil and what is wrong, a string, or an error where there is no memory for it
local function read(place, name)
  local kind = next(place)
  local text = rawget(place, kind)
  if next(place, kind) ~= nil or type(text) ~= "string" or text == "" or text:find "%z" then
    return nil, ("%s must be { env = \"NAME\" } or { file = \"PATH\" }, and nothing else in it"):format(name)
  end
  local made, err = READ[kind](text)
  if made then
    return made
  end
  core.vain() -- which is told here
  return nil, err.kind == "busy" and err or ("%s: %s"):format(name, err.message)
end

--- A copy of a table with another value at a key. What the table inherits stays.
local function with(original, key, value)
  local copy = {}
  for other, content in pairs(original) do
    copy[other] = content
  end
  copy[key] = value
  return setmetatable(copy, { __index = original })
end

--- The source of a credential that came from a file, see cards.client.config. It takes part in calls as one of a function does.
local function file_source(name, path, held)
  local function call()
    if check.not_open(held) then -- the client was made before this process was forked
      local made, err = core.secret.from_file(path)
      if not made then
        core.vain()
        return nil, err
      end
      held = made
    end
    return held
  end
  --- Whether another value is in the file than the one that a provider refused. What cannot be read is no other value.
  local function changed(refused)
    local made = core.secret.from_file(path)
    if not made then
      core.vain()
    elseif refused == nil or not made:equals(refused) then
      held = made
      return true
    end
    return false
  end
  return { name = name, call = call, changed = changed }
end

--- Reads all places in a configuration.
-- @param about the provider
-- @param config a table
-- @return the configuration with secrets in the place of places, and a list of sources for the files among those; or nil and what is wrong, as read returns it
function credential.read(about, config)
  local sources, wrong = {}, nil
  local function within(holder, key, name)
    if wrong or type(holder) ~= "table" or not is_place(holder[key]) then
      return holder
    end
    local made
    made, wrong = read(holder[key], name)
    return made and with(holder, key, made) or holder
  end
  local function nested(key, of)
    local made = within(config[key], of, ("%s.%s"):format(key, check.shown(of)))
    config = made ~= config[key] and with(config, key, made) or config
  end
  for _, known in ipairs(about.credentials) do
    local place = known.kind == "value" and config[known.name] or nil
    config = known.kind == "value" and within(config, known.name, known.name) or config
    if is_place(place) and not wrong and rawget(place, "file") then
      table.insert(sources, file_source(known.name, rawget(place, "file"), config[known.name]))
    end
  end
  nested("proxy", "password")
  nested("tls", "key_password")
  for _, name in ipairs(check.keys(config.headers)) do
    nested("headers", name)
  end
  if wrong then
    return nil, wrong
  end
  return config, sources
end

return credential
