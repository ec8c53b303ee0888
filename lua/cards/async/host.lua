--- Where this runs: plain Lua, or inside of nginx. The one place that chooses; how calls wait and functions run beside each other in the two is in
-- cards.async.plain and
-- cards.async.nginx, tables of the same functions.

local core = require "cards.core"

local ngx = rawget(_G, "ngx")
if type(ngx) == "table" and type(ngx.get_phase) == "function" then
  return require "cards.async.nginx.host"
end

local contexts = setmetatable({}, { __mode = "k" })

local host = {
  is_nginx = false,
  --- The dicts that the workers of nginx share, by name; nil outside of it.
  shared = nil,
}

--- The table of contexts by coroutine that holds here. @param make whether there is to be one; else it may be nil
function host.contexts(make) -- luacheck: ignore
  return contexts
end

--- What tells the running coroutine from others, as long as it runs; nil where nothing does, as nginx uses coroutines again.
function host.thread()
  return coroutine.running() or false
end

--- Calls a function beside what runs now, where that is possible, else at once.
function host.later(call)
  call()
end

--- Tells the operator.
function host.warn(text)
  io.stderr:write("cards: ", core.redact(text), "\n")
end

return host
