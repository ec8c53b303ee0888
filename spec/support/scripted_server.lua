--- scripted_server.lua LOG SCRIPT [CERTIFICATE KEY]: the server of scripted.lua. Ends when its standard input does; a line of it is something told.
-- Runs on lua5.4 with lua-cqueues (and lua-luaossl for TLS), as the sandbox's proxies do.

local condition = require "cqueues.condition"
local cqueues = require "cqueues"
local socket = require "cqueues.socket"

local log_name, script, certificate, key = ...
local log = assert(io.open(log_name, "a"))
local loop, changed = cqueues.new(), condition.new()
local told, numbers, count = {}, setmetatable({}, { __mode = "k" }), 0

local function note(...)
  log:write(table.concat({ ... }, " "), "\n")
  log:flush()
end

local function contents(name)
  local file = assert(io.open(name, "rb"))
  local text = file:read "a"
  file:close()
  return text
end

local function context()
  local made = require "openssl.ssl.context".new("TLS", true)
  made:setCertificate(require "openssl.x509".new(contents(certificate)))
  made:setPrivateKey(require "openssl.pkey".new(contents(key)))
  return made
end

-- What a script sees beside Lua itself.
local world = setmetatable({ sleep = cqueues.sleep, told = told, note = note }, { __index = _G })

world.BODY = '{"success":true,"message":"ok","data":{"cvv":"111","expYear":"27","expMonth":"01","cardNo":"4111111111111111"},"errorCode":0}'

--- A whole answer of Alix; more lines of its head, each with its line end.
function world.answer(more, status)
  return ("HTTP/1.1 %s Fine\r\nContent-Type: application/json\r\nContent-Length: %d\r\n%s\r\n%s"):format(status or 200, #world.BODY, more or "", world.BODY)
end

--- Waits until the spec has told this.
function world.wait_for(what)
  while not told[what] do changed:wait() end
end

local handle = assert(loadfile(script, "t", world))()

-- The next request, or nil.
local function read(client)
  local first = client:read "*l"
  local method, target = (first or ""):match "^(%S+) (%S+) HTTP/1%.1\r?$"
  if not method then return nil end
  local request, length = { method = method, target = target, id = target:match "/cards/([^/?]+)" or target, headers = {} }, 0
  for line in client:lines "*l" do
    local name, value = line:match "^([^:]+):%s*(.-)\r?$"
    if not name then break end
    request.headers[name:lower()] = value
    if name:lower() == "content-length" then length = tonumber(value) end
  end
  request.body = length > 0 and client:read(length) or ""
  return request
end

local function serve(client)
  local number, turn, open = numbers[client], 0, true
  local connection = { number = number }
  function connection.send(bytes) return client:write(bytes) and client:flush() end
  function connection.close()
    open = false
    client:shutdown "w"
    note("end", number)
  end
  repeat
    local request = read(client)
    if not request then break end
    turn = turn + 1
    request.turn, request.connection = turn, number
    note("request", number, turn, request.method, request.id)
    local bytes = handle(request, connection)
    if bytes then connection.send(bytes) end
  until not open
  while client:read(-4096) do end -- the caller's end
  note("close", number)
end

local listener = socket.listen { host = "127.0.0.1", port = 0 }
assert(listener:listen())
loop:wrap(function()
  local tls = certificate and context()
  while true do
    local client = listener:accept { nodelay = true } -- what is sent is at the caller's when send returns
    count = count + 1
    numbers[client] = count
    note("open", count)
    loop:wrap(function()
      client:onerror(function(_, _, code) return code end)
      client:setmode("b", "bn")
      client:setmaxline(1000000)
      if not tls or client:starttls(tls, 10) then pcall(serve, client) end
      client:close()
    end)
  end
end)
loop:wrap(function()
  io.stdin:setvbuf "no" -- else two lines at once would be one that poll knows of
  while true do
    cqueues.poll { pollfd = 0, events = "r" }
    local line = io.read "l"
    if not line then os.exit(0) end
    told[line] = true
    changed:signal()
  end
end)
local _, _, port = listener:localname()
note("port", port)
while true do
  local ok, why = loop:step()
  if not ok then io.stderr:write("scripted_server: ", tostring(why), "\n") end
end
