--- What `shared` names: a dict that the workers of nginx share, or a Redis that hosts share. Outside nginx a table of this process replaces a dict, with those
-- of its methods that are used here.

local check = require "cards.util.check"
local core = require "cards.core"
local host = require "cards.async.host"
local remote = require "cards.resilience.remote"

local shared = {}

--- The checks of the options of what is shared.
shared.known = { shared = check.text, on_loss = check.one_of("local", "refuse") }

--- What is wrong with these options, or nil.
-- @param required an option that has to be given with `shared`, such as "name"
function shared.wrong(options, required)
  local name = options.shared
  if name and not options[required] then
    return ("%s is required where shared is given"):format(required)
  elseif remote.is_address(name) then
    return select(2, remote.open(name))
  elseif options.on_loss then
    return "on_loss is for what is shared in a Redis"
  elseif not name or not host.shared or host.shared[name] then
    return nil
  end
  return ("shared: there is no lua_shared_dict of that name%s"):format((check.meant(name, host.shared)))
end

--- What hosts share at that address, and whether nothing is done without it; nil where `shared` is none.
function shared.remote(options)
  if remote.is_address(options.shared) then
    return assert(remote.open(options.shared)), options.on_loss == "refuse"
  end
end

local SALT = "cards.names" -- where a dict has the key of its names, if the workers have none in common

--- The dict of that name; nil without a name or outside nginx.
function shared.dict(name)
  return name and host.shared and host.shared[name] or nil
end

local warned = false

--- The dict of that name for what lies there encrypted; nil, and a warning once, where the workers have no key in common.
function shared.vault(name)
  local dict = shared.dict(name)
  if not dict or host.has_common_key() then
    return dict
  elseif not warned then
    warned = true
    host.warn(("this worker shares no token in the shared dict '%s', and fetches one of its own: "):format(name)
      .. "require cards in init_by_lua, so that all workers have the same key")
  end
end

--- A text of a script, a number or an open secret as a name in a dict, which shows nothing of it: an HMAC under a key that the workers have inherited, or else
-- under one that lies in the dict.
-- @param dict where the name is for; nil where it stays in this process
function shared.name(key, dict)
  if not dict or host.has_common_key() then
    return assert(core.shared_name(key))
  end
  dict:add(SALT, assert(core.shared_name "a key for the names in a dict")) -- the first worker's counts
  return core.hash(dict:get(SALT), type(key) == "number" and ("%.17g"):format(key) or key)
end

--- A name as shared.name makes it, which is the same for all who share something at a place.
-- @param where the name of a dict, the address of a Redis, or nil
function shared.part(key, where)
  if remote.is_address(where) then
    return assert(assert(remote.open(where)):name(key))
  end
  return shared.name(key, shared.dict(where))
end

local methods = {}
local metatable = { __index = methods }

function methods:get(key)
  local entry = self[key]
  if entry and entry.ends and entry.ends <= core.now() then
    entry, self[key] = nil, nil
  end
  return entry and entry.value
end

function methods:set(key, value, seconds)
  self[key] = { value = value, ends = seconds and core.now() + seconds }
  return true
end

function methods:add(key, value, seconds)
  return self:get(key) == nil and self:set(key, value, seconds)
end

--- Adds to a number. A missing one begins as `init`, and expires after so many seconds; without `init` it stays missing.
function methods:incr(key, by, init, seconds)
  if self:get(key) == nil then
    if not init then
      return nil
    end
    self:set(key, init, seconds)
  end
  self[key].value = self[key].value + by
  return self[key].value
end

function methods:delete(key)
  self[key] = nil
end

--- The dict of that name, or a table that replaces it.
function shared.store(name)
  return shared.dict(name) or setmetatable({}, metatable)
end

return shared
