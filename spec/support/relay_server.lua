--- relay_server.lua LOG TARGET_PORT: the relay of redis.lua. Each line of its standard input is a command, noted in LOG once it has taken effect; it ends with
-- its standard input. Runs on lua5.4 with lua-cqueues.

local condition = require "cqueues.condition"
local cqueues = require "cqueues"
local socket = require "cqueues.socket"

local log_name, target = arg[1], assert(tonumber(arg[2]))
local log = assert(io.open(log_name, "a"))
local loop, changed = cqueues.new(), condition.new()
local mode, number = "go", 0
local open = {}
local listener, port

local function note(...)
  log:write(table.concat({ ... }, " "), "\n")
  log:flush()
end

local function quiet(made)
  made:onerror(function(_, _, code) return code end)
  made:setmode("bn", "bn")
  return made
end

local function close(pair)
  if not open[pair] then return end
  open[pair] = nil
  pair.client:close()
  pair.server:close()
  note("closed", pair.number)
end

local function held(pair, by_mute)
  while open[pair] and (mode == "stall" or by_mute and mode == "mute") do changed:wait() end
  return open[pair]
end

-- What of a reply goes on to the client.
local function allowed(pair, bytes)
  if mode == "delay" then
    cqueues.sleep(number)
  elseif mode == "cut_after" then
    pair.passed = pair.passed or 0
    local part = bytes:sub(1, math.max(0, number - pair.passed))
    pair.passed = pair.passed + #part
    return part, pair.passed >= number
  end
  return bytes
end

local function pour(pair, from, to, is_reply)
  while true do
    local bytes = from:read(-65536)
    if not bytes or not held(pair, is_reply) then break end
    local is_last
    if is_reply then bytes, is_last = allowed(pair, bytes) end
    if not open[pair] or not to:write(bytes) or is_last then break end
  end
  close(pair)
end

local count = 0

local function serve(client)
  local server = quiet(socket.connect("127.0.0.1", target))
  count = count + 1
  local pair = { client = quiet(client), server = server, number = count }
  open[pair] = true
  note("open", count)
  if not server:connect(5) then return close(pair) end
  loop:wrap(function() pcall(pour, pair, client, server) end)
  pcall(pour, pair, server, client, true)
end

local function listen()
  local made = socket.listen { host = "127.0.0.1", port = port or 0, reuseaddr = true }
  assert(made:listen())
  listener = made
  port = port or select(3, made:localname())
  loop:wrap(function()
    while listener == made do
      local ok, client = pcall(made.accept, made, { nodelay = true }) -- raises where it was closed meanwhile
      if ok and client then loop:wrap(serve, client) end
    end
  end)
end

local function cut()
  for pair in pairs(open) do close(pair) end
end

local function obey(line)
  local word, value = line:match "^(%S+) ?(%S*)$"
  if word == "cut" then
    cut()
  elseif word == "down" then
    listener:close()
    listener = nil
    cut()
  elseif word == "to" then
    target = tonumber(value)
  else
    if not listener then listen() end
    mode, number = word, tonumber(value)
    changed:signal()
  end
end

listen()
loop:wrap(function()
  io.stdin:setvbuf "no" -- else two lines at once would be one that poll knows of
  local turn = 0
  while true do
    cqueues.poll { pollfd = 0, events = "r" }
    local line = io.read "l"
    if not line or line == "quit" then os.exit(0) end -- a program that was started meanwhile may hold the other end
    turn = turn + 1
    obey(line)
    note("did", turn)
  end
end)
note("port", port)
while true do
  local ok, why = loop:step()
  if not ok then io.stderr:write("relay_server: ", tostring(why), "\n") end
end
