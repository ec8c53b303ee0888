--- The host of this VM: plain Lua or nginx. Only this module looks for nginx. cards.async chooses the way of waiting by it.

local check = require "cards.util.check"

local ngx = rawget(_G, "ngx")
if type(ngx) == "table" and type(ngx.get_phase) == "function" then
  return require "cards.async.nginx.host"
end

local contexts = setmetatable({}, { __mode = "k" })

local host = {
  is_nginx = false,
  --- The shared dicts of nginx by name; nil elsewhere.
  shared = nil,
}

--- The table of contexts by coroutine.
-- @param make whether to create it where there is none; else nil is returned
function host.contexts(make) -- luacheck: ignore
  return contexts
end

--- An identity of the running coroutine; nil in nginx, which reuses coroutines.
function host.thread()
  return coroutine.running() or false
end

--- Calls a function in the background where the host can, else at once.
function host.later(call)
  call()
end

--- Calls a function in some seconds, see cards.async.nginx.host; nil where the host has no timers.
host.after = nil

--- The id of the request that is served; nil where there is none.
function host.request_id()
  return nil
end

--- Warns the operator.
function host.warn(text)
  io.stderr:write("cards: ", check.line(text), "\n")
end

return host
