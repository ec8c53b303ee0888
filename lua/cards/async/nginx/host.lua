--- The host functions of nginx, see cards.async.host. Only the files in this folder use ngx.

local check = require "cards.util.check"
local core = require "cards.core"
local get_request = require("resty.core.base").get_request

local ngx = ngx -- luacheck: ignore

core.prepare_seal() -- required in init_by_lua, this runs in the master process, and all workers have the same key

local init_contexts = {}

local host = {
  is_nginx = true,
  shared = ngx.shared,
}

--- Contexts belong to a request, because nginx reuses the coroutines of ended requests.
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

--- No identity: nginx reuses coroutines.
function host.thread()
  return nil
end

--- Calls a function soon, outside any request. Does nothing where nginx starts no timer.
function host.later(call)
  ngx.timer.at(0, function(over)
    if not over then
      call()
    end
  end)
end

--- Whether this worker is about to end.
function host.is_ending()
  return ngx.worker.exiting()
end

local SHORT = 0.1 -- seconds that an ending worker waits instead

--- Calls a function in some seconds, outside any request; earlier where the worker is about to end.
-- @return whether it will be called: not where nginx starts no timer, as in init_by_lua
function host.after(seconds, call)
  local ending = ngx.worker.exiting()
  local ok, started = pcall(ngx.timer.at, ending and 0 or seconds, function()
    if ending then
      ngx.sleep(SHORT)
    end
    call()
  end)
  return ok and started and true or false
end

--- Whether all workers have the key that seals and names what lies in shared dicts.
function host.has_common_key()
  return ngx.get_phase() == "init" or core.prepare_seal()
end

--- nginx makes another id each time that it is asked, unless its configuration names $request_id.
local function request_id()
  local request = ngx.ctx
  request.cards_request_id = request.cards_request_id or ngx.var.request_id
  return request.cards_request_id
end

--- The id of the request that is served, the same during all of it; nil where there is none, as in a timer.
function host.request_id()
  local ok, id = pcall(request_id)
  return ok and id or nil
end

--- Writes a warning to the log of errors.
function host.warn(text)
  ngx.log(ngx.WARN, "cards: ", check.line(text))
end

return host
