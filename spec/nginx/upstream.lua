--- An upstream of a spec's own: Alix's answer from another nginx, at once or only when the spec says so.
--
-- A card id that begins with "hold" is answered after release; one with "gather-<n>-" is answered once
-- n of them have arrived; "slow" after 50 ms; "missing" is not found.

local nginx = require "support.nginx"

local upstream = {}

upstream.PAN, upstream.MASKED = "4111111111111111", "************1111"
local ANSWER = '{"success":true,"message":"ok","data":{"cvv":"111","expYear":"27","expMonth":"01","cardNo":"4111111111111111"},"errorCode":0}'

local APP = [[
local semaphore = require "ngx.semaphore"
local app = { held = 0, gathered = 0, most = 0, semaphore = semaphore.new() }

function app.answer() ngx.header["Content-Type"] = "application/json" ngx.header["Content-Length"] = #app.ANSWER ngx.print(app.ANSWER) end

--- Waits to be released: a minute, or a second where the client has gone by then.
-- @param has_gone for a client that nginx does not tell of
local function wait(has_gone)
  app.held = app.held + 1
  app.most = math.max(app.most, app.held)
  if not app.semaphore:wait(1) and not (has_gone and has_gone()) then app.semaphore:wait(60) end
  app.held = app.held - 1
end

--- The state of the client's connection, nil where it is not found, which may be by chance: the file is read while connections come and go.
local function state_of_client()
  local ours, theirs = (":%04X"):format(ngx.var.server_port), (":%04X"):format(ngx.var.remote_port)
  for line in io.lines "/proc/net/tcp" do
    local here, there, state = line:match "^%s*%d+: %x+(:%x+) %x+(:%x+) (%x+)"
    if here == ours and there == theirs then return state end
  end
end

--- Whether the client has gone. Where that was before nginx looked at its request, nobody is told of it.
local function is_gone()
  local state
  for _ = 1, 3 do state = state or state_of_client() end
  return state ~= "01"
end

function app.hold()
  ngx.on_abort(function() app.held = app.held - 1 ngx.exit(499) end)
  wait(is_gone)
  app.answer()
end

function app.gather(wanted)
  app.gathered = app.gathered + 1
  if app.gathered == wanted then app.release() else wait() end
  app.answer()
end

function app.release()
  local count = app.held
  if count > 0 then app.semaphore:post(count) end
  return count
end

app.ANSWER = '@answer@'
return app
]]

local SERVER = [[
    lua_check_client_abort on;
    location ~ ^/api/v2/cards/hold { content_by_lua_block { require("app").hold() } }
    location ~ ^/api/v2/cards/gather-(?<wanted>\d+)- { lua_check_client_abort off; content_by_lua_block { require("app").gather(tonumber(ngx.var.wanted)) } }
    location ^~ /api/v2/cards/slow { content_by_lua_block { ngx.sleep(0.05) require("app").answer() } }
    location ^~ /api/v2/cards/missing { default_type application/json; return 404 '{"success":false,"message":"no card","data":null,"errorCode":404}'; }
    location /api/ { default_type application/json; return 200 '@answer@'; }
]]

--- Starts one. @param options as those of nginx.start
-- @return a server as of nginx.start, with held(), most() (at the same time), release(), and client(more), Lua source that makes a client for it
function upstream.start(name, options)
  local with = { app = (APP:gsub("@answer@", ANSWER)), server = (SERVER:gsub("@answer@", ANSWER)), files = 10000, locations = {
    ["/held"] = 'ngx.print(require("app").held)', ["/most"] = 'ngx.print(require("app").most)', ["/release"] = 'ngx.print(require("app").release())',
  } }
  for key, value in pairs(options or {}) do with[key] = value end
  local self = nginx.start(name, with)

  function self.held() return tonumber(self:body "/held") end
  function self.most() return tonumber(self:body "/most") end
  function self.release() return tonumber(self:body "/release") end
  function self.wait_for_held(count, seconds)
    return nginx.wait_for(count .. " calls to arrive", function() return self.held() == count end, seconds)
  end
  function self.client(more)
    local source = 'require("cards").alix.new { base_url = "http://127.0.0.1:%d", insecure_http = true, access_token = "t", retries = 0, %s }'
    return source:format(self.port, more or "")
  end

  return self
end

return upstream
