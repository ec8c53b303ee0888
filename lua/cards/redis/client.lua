--- The client libraries of plain Lua: lua-redis over luasocket. Debian installs lua-redis, which is plain Lua, for Lua 5.1 to 5.3 only: Lua 5.4 reads the file
-- of 5.3.

local HOW = "install it (Debian: lua-redis lua-socket lua-sec; LuaRocks: redis-lua luasocket luasec)"

local function require_redis()
  local ok, library = pcall(require, "redis")
  local path = not ok and package.searchpath and package.searchpath("redis", (package.path:gsub("5%.4", "5.3")))
  if path then
    return assert(loadfile(path))()
  end
  return ok and library
end

local client = {}

--- Loads the libraries. @return lua-redis and luasocket; or nil and a sentence that says what to install
function client.load()
  local redis, ok, socket = require_redis(), pcall(require, "socket")
  if type(redis) ~= "table" or not redis.connect then
    return nil, "Redis is spoken to by the Lua library redis-lua: " .. HOW
  elseif not ok then
    return nil, "Redis is spoken to over the Lua library luasocket: " .. HOW
  end
  return redis, socket
end

return client
