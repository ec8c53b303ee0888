--- What nginx has that plain Lua does otherwise, see cards.async.host. With the other files of this folder the only one that names ngx.

local core = require "cards.core"
local get_request = require("resty.core.base").get_request

local ngx = ngx -- luacheck: ignore

core.prepare_seal() -- in the master, where this is required in init_by_lua: then all workers have the same key

local init_scopes = {}

local host = {
  is_nginx = true,
  shared = ngx.shared,
}

--- Scopes are those of a request: nginx uses the coroutines of those that are gone again.
function host.scopes(make)
  if not get_request() then
    return init_scopes
  end
  local context = ngx.ctx
  if make and not context.cards_scopes then
    context.cards_scopes = {}
  end
  return context.cards_scopes
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
