--- What nginx has that plain Lua does otherwise, see cards.async.host. With the other files of this folder the only one that names ngx.

local core = require "cards.core"
local get_request = require("resty.core.base").get_request

local ngx = ngx -- luacheck: ignore

core.prepare_seal() -- in the master, where this is required in init_by_lua: then all workers have the same key

local init_contexts = {}

local host = {
  is_nginx = true,
  shared = ngx.shared,
}

--- Contexts are those of a request: nginx uses the coroutines of those that are gone again.
function host.contexts(make)
  if not get_request() then
    return init_contexts
  end
  local request = ngx.ctx
  if make and not request.cards_contexts then
    request.cards_contexts = {}
  end
  return request.cards_contexts
end

function host.thread()
  return nil
end

--- Calls a function soon, outside of any request. Does nothing where nginx starts no timer.
function host.later(call)
  ngx.timer.at(0, function(over)
    if not over then
      call()
    end
  end)
end

function host.warn(text)
  ngx.log(ngx.WARN, text)
end

return host
