--- Credentials that `new` reads itself, so that they never become a Lua string: { env = "NAME" } and { file = "PATH" }.
--
-- A variable counts as it was when the client was made. A file that holds a credential of calls is read again after a 401: who changes what is in it, as
-- Kubernetes does with a secret that was rotated, need not restart anything.

local check = require "cards.util.check"
local core = require "cards.core"

local credential = {}

local READ = { env = core.secret.from_env, file = core.secret_in_file }

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
  core.missing() -- which is told here
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

--- Reads the files of a client again.
-- @param takes whether what is in one may take the place of a secret, a function of both
-- @return whether another value took its place
local function read_again(private, takes)
  local changed = false
  for _, file in ipairs(private.files) do
    local made = core.secret_in_file(file.path)
    if not made then
      core.missing() -- the credential stays what it is, and the call's own error says more
    elseif takes(made, private.credentials[file.name]) then
      private.credentials[file.name], changed = made, true
    end
  end
  return changed
end

--- After a 401: whether the client has another credential than the call had, as something else is in a file.
-- @param private the client's private table
-- @param started when the call began, on the clock of core.now
function credential.renew(private, started)
  if private.files and private.files.renewed and private.files.renewed > started then
    return true
  elseif not private.files or not read_again(private, function(made, held) return not made:equals(held) end) then
    return false
  end
  private.files.renewed = core.now()
  return true
end

--- Reads what was read before this process was forked, and is gone in it. @return whether there was something
function credential.reopen(private)
  return private.files ~= nil and read_again(private, function(_, held) return check.not_open(held) ~= nil end)
end

--- Reads all places in a configuration.
-- @param about the provider
-- @param config a table
-- @return the configuration with secrets in the place of places, and a list of those that are files, { name, path }, or nil for none; or nil and what is
-- wrong, as read returns it
function credential.read(about, config)
  local files, wrong
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
      files = files or {}
      table.insert(files, { name = known.name, path = rawget(place, "file") })
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
  return config, files
end

return credential
