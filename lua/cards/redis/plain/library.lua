--- The libraries of plain Lua: lua-redis over luasocket, with TLS from luasec. Debian installs lua-redis, which is plain Lua, for Lua 5.1 to 5.3 only: Lua 5.4
-- reads the file of 5.3.

local library = {}

local HOW = "%s is missing: install %s (Debian) or %s (LuaRocks)"

local function require_redis()
  local ok, found = pcall(require, "redis")
  local path = not ok and package.searchpath and package.searchpath("redis", (package.path:gsub("5%.4", "5.3")))
  if path then
    found = assert(loadfile(path))()
    ok, package.loaded.redis = true, found
  end
  return ok and type(found) == "table" and found.connect and found
end

--- lua-redis and luasocket. @return them; or nil and a sentence that says what to install
function library.load()
  local ok, socket = pcall(require, "socket")
  local redis = require_redis()
  if not redis then
    return nil, HOW:format("the Lua library redis", "lua-redis", "redis-lua")
  elseif not ok then
    return nil, HOW:format("the Lua library socket", "lua-socket", "luasocket")
  end
  return redis, socket
end

--- luasec. @return it; or nil and such a sentence
function library.tls()
  local ok, ssl = pcall(require, "ssl")
  if not ok then
    return nil, HOW:format("the Lua library ssl, which rediss:// takes,", "lua-sec", "luasec")
  end
  return ssl
end

return library
