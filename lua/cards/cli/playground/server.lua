--- The playground's way of a request: who may ask, what there is, and what is said of what went wrong.
--
-- Only a browser on this machine that has the address may ask: the host is this machine by its own name, the first name of the path is the token, and a POST
-- is one that the page itself sends.

local core = require "cards.core"

if not core.is_yieldable then
  error("module 'cards.core' not found: there is one for Lua 5.1, which is not LuaJIT", 0)
end

local assets = require "cards.cli.playground.assets"
local catalogue = require "cards.cli.playground.catalogue"
local check = require "cards.util.check"
local examine = require "cards.cli.playground.examine"
local relay = require "cards.cli.playground.relay"
local run = require "cards.cli.playground.run"
local to_json = require "cards.cli.json"

local server = {}

local LARGEST = 262144 -- bytes of a body

local CSP = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; base-uri 'none'; form-action 'none'; "
  .. "frame-ancestors 'none'"

local token, port

--- Begins a worker. Its folder has the token.
-- @param own number of the port that pages come from
-- @param relayed that of the port that calls go to
function server.begin(own, relayed)
  local text = assert(core.read_file(ngx.config.prefix() .. "token", 64))
  token, port = text, own
  relay.begin(relayed)
end

--- Whether two texts are the same, in a time that does not depend on where they differ.
local function is_same(one, other)
  local difference = #one == #other and 0 or 1
  for i = 1, #other do
    difference = bit.bor(difference, bit.bxor(one:byte(i) or 0, other:byte(i)))
  end
  return difference == 0
end

local function is_own(host)
  return host == ("127.0.0.1:%d"):format(port) or host == ("localhost:%d"):format(port)
end

--- Answers with a status and a table as JSON.
local function say(status, value)
  local text, wrong = to_json(value)
  if not text then
    status, text = 500, to_json { error = { kind = "internal", message = "an answer that is no JSON: " .. wrong } }
  end
  ngx.status = status
  ngx.header["Content-Type"] = "application/json"
  ngx.header["Content-Length"] = #text
  ngx.print(text)
end

local function refuse(status, message)
  say(status, { error = { kind = "refused", message = message } })
end

--- What is wrong with who asks, as a status and a message; nil where nothing is.
local function stranger(headers)
  local origin, site = headers.origin, headers["sec-fetch-site"]
  if type(headers.host) ~= "string" or not is_own(headers.host) then
    return 403, "another host"
  elseif origin ~= nil and not (type(origin) == "string" and origin:find "^http://" and is_own(origin:sub(8))) then
    return 403, "another origin"
  elseif ngx.req.get_method() ~= "POST" then
    return nil
  elseif origin == nil and site ~= "same-origin" then
    return 403, "no origin"
  elseif type(headers["content-type"]) ~= "string" or not headers["content-type"]:lower():find "^application/json%f[%z; ]" then
    return 415, "a body is application/json"
  end
end

--- The body's value, or a status and a message.
local function body(headers)
  local length = tonumber(headers["content-length"])
  if not length then
    return nil, 411, "a body has a length"
  elseif length > LARGEST then
    return nil, 413, ("a body has at most %d bytes"):format(LARGEST)
  end
  ngx.req.read_body()
  local value, wrong = core.json_decode(ngx.req.get_body_data() or "")
  if type(value) ~= "table" then
    return nil, 400, wrong and "no JSON: " .. wrong or "an object is expected"
  end
  return value
end

local routes = {
  ["api/catalogue"] = { "GET", catalogue },
  ["api/run"] = { "POST", run },
  ["api/check"] = { "POST", examine },
}

local function answer(route, headers)
  if ngx.req.get_method() ~= route[1] then
    return refuse(405, "use " .. route[1])
  end
  local value, status, message
  if route[1] == "POST" then
    value, status, message = body(headers)
    if not value then
      return refuse(status, message)
    end
  end
  local ok, made, wrong = xpcall(route[2], function(why) return debug.traceback(check.line(why), 2) end, value)
  if not ok then
    ngx.log(ngx.ERR, made)
    return say(500, { error = { kind = "internal", message = "the playground failed, see its error.log" } })
  elseif not made then
    return refuse(400, wrong)
  end
  say(200, made)
end

--- Answers a request.
function server.serve()
  for name, value in pairs { ["Cache-Control"] = "no-store", ["Content-Security-Policy"] = CSP, ["Referrer-Policy"] = "no-referrer",
    ["X-Content-Type-Options"] = "nosniff", ["X-Frame-Options"] = "DENY", ["Cross-Origin-Resource-Policy"] = "same-origin",
    ["Cross-Origin-Opener-Policy"] = "same-origin" } do
    ngx.header[name] = value
  end
  local headers = ngx.req.get_headers(0)
  local given, path = ngx.var.uri:match "^/([^/]*)/(.*)$"
  local status, message = stranger(headers)
  if status then
    return refuse(status, message)
  elseif not given or not is_same(given, token) then
    return refuse(403, "another token")
  elseif routes[path] then
    return answer(routes[path], headers)
  elseif ngx.req.get_method() ~= "GET" and ngx.req.get_method() ~= "HEAD" then
    return refuse(405, "use GET")
  end
  local kind, content = assets.find(path)
  if not kind then
    return refuse(404, "there is no such page")
  end
  ngx.header["Content-Type"] = kind
  ngx.header["Content-Length"] = #content
  ngx.print(content)
end

return server
