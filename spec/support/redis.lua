--- A real redis-server of a spec's own, and a relay in front of it that stalls, delays or cuts.
--
--     local server = redis.start { users = { "worker on >secret ~cards:* +@all" } }
--     server.url "payouts"                   -- "redis://127.0.0.1:PORT/payouts"
--     server.cli "XLEN cards:{payouts}:rows" -- what redis-cli prints
--     server.kill()                          -- kill -9
--     server.run()                           -- again, on the same port, with what it had on disk
--     local relay = redis.relay(server)      -- relay.url "payouts"
--     relay.stall()                          -- a partition: nothing passes until relay.go()
--     teardown(redis.stop_all)
--
-- A server that a spec left behind ends by itself after LONGEST seconds.

local program = require "support.program"
local sandbox = require "support.sandbox"

local redis = {}

local LONGEST = 900 -- seconds
local TAKEN = "Address already in use" -- what Redis says of a port

--- What never stops to reply, for redis.torrent: what it says first, what again and again, and the seconds between; what the error of a command says, and the
-- seconds that the command has, which some use up.
redis.TORRENTS = {
  { "*999999999\r\n", '(":1\\r\\n"):rep(100000)', 0, "a length that is out of range", 4 },
  { "*1000000\r\n", '("*1000000\\r\\n"):rep(1000)', 0, "a length that is out of range", 4 },
  { "+", '("x"):rep(1000000)', 0, "a line without an end", 4 },
  { "$500000000\r\n", '("x"):rep(1000000)', 0, "no reply in time", 0.3 },
  { "*1000000\r\n", '("$1000\\r\\n" .. ("x"):rep(1000) .. "\\r\\n"):rep(100)', 0, "no reply in time", 0.3 },
  { "$1000\r\n", '"x"', 0.02, "no reply in time", 0.3 },
  { "", '":"', 0.02, "no reply in time", 0.3 },
}

local running = {}
local quote = program.quote

local function contents(path)
  local file = io.open(path, "rb")
  local text = file and file:read "*a"
  return text, file and file:close()
end

--- A port that nobody listens on; another one each time.
local function free_port()
  return require("support.nginx").free_port()
end

--- The folder of the sandbox's certificates.
function redis.certificates()
  return (sandbox.url("CA_FILE"):match "^(.*)/")
end

--- Writes a configuration.
local function configure(self, options, path)
  local lines = {
    "bind 127.0.0.1", (options.tls and "tls-port %d\nport 0" or "port %d"):format(self.port), "dir " .. self.folder, "pidfile " .. self.folder .. "/pid",
    "logfile " .. self.folder .. "/log", 'save ""', "appendonly " .. (options.append and "yes\nappendfsync always" or "no"),
  }
  if options.tls then
    table.insert(lines, ("tls-cert-file %s/%s.pem"):format(redis.certificates(), options.certificate or "server"))
    table.insert(lines, ("tls-key-file %s/%s.key"):format(redis.certificates(), options.key or "server"))
    table.insert(lines, ("tls-ca-cert-file %s/client_ca.pem"):format(redis.certificates()))
    table.insert(lines, "tls-auth-clients " .. (options.client_certificate and "yes" or "no"))
  end
  if options.memory then
    table.insert(lines, "maxmemory " .. options.memory .. "\nmaxmemory-policy noeviction")
  end
  for _, user in ipairs(options.users or {}) do
    table.insert(lines, "user " .. user)
  end
  for _, line in ipairs(options.lines or {}) do
    table.insert(lines, line)
  end
  local file = assert(io.open(path, "wb"))
  file:write(table.concat(lines, "\n"), "\n")
  file:close()
end

--- Starts a redis-server.
-- @param options { tls = true (with the sandbox's certificates; certificate and key name other ones), client_certificate = true (wants one of the sandbox's
--   client_ca), users = { "NAME on >PASSWORD ~KEYS +COMMANDS" }, append = true (an AOF that is written with each command), memory = "3mb" (noeviction),
--   lines = { "more of redis.conf" } }
-- @return { port, pid, folder, url(name), cli(words), kill(), run(), signal(name), log(), stop() }
function redis.start(options)
  options = options or {}
  local self = { folder = program.shell "mktemp -d":match "%S+" }
  running[self] = true
  local path = self.folder .. "/redis.conf"
  local words = options.tls and ("--tls --insecure --cert %s/client.pem --key %s/client.key"):format(redis.certificates(), redis.certificates()) or ""

  --- What redis-cli prints for these words of a shell, without the last line end.
  function self.cli(command)
    return (program.shell(("redis-cli -p %d %s %s"):format(self.port, words, command)):gsub("\n$", ""))
  end

  --- Its address; user and query are optional.
  function self.url(name, user, query)
    return ("redis%s://%s%s:%d/%s%s"):format(options.tls and "s" or "", user and user .. "@" or "", options.tls and "localhost" or "127.0.0.1", self.port, name,
      query or "")
  end

  local process -- while it is started

  --- Starts it, again after kill, too, and waits until it answers.
  function self.run()
    os.remove(self.folder .. "/pid")
    program.shell(("setsid timeout -k 1 %d redis-server %s </dev/null >>%s/out 2>&1 &"):format(LONGEST, quote(path), quote(self.folder)))
    process = nil
    self.pid = program.wait_for("redis-server to start", function()
      if self.log():find(TAKEN, 1, true) then error(TAKEN, 0) end
      local pid = tonumber((contents(self.folder .. "/pid")))
      local said = pid and self.cli "PING" or ""
      return (said:find "PONG" or said:find "NOAUTH") and pid
    end)
    process = program.process(self.pid)
  end

  --- Sends it a signal, such as "STOP".
  function self.signal(name)
    if process then process.signal(name) end
  end

  --- Ends it as a power cut does, and waits until it is gone.
  function self.kill()
    self.signal "KILL"
    program.wait_for("redis-server to end", function() return not process.runs() end)
  end

  function self.log()
    return (contents(self.folder .. "/log") or "") .. (contents(self.folder .. "/out") or "")
  end

  function self.stop()
    if not running[self] then return end
    running[self] = nil
    self.signal "KILL"
    program.shell("rm -rf " .. quote(self.folder))
  end

  local ok, why
  for _ = 1, 5 do -- somebody else may take the port in between
    for _, name in ipairs { "log", "out" } do os.remove(self.folder .. "/" .. name) end
    self.port = free_port()
    configure(self, options, path)
    ok, why = pcall(self.run)
    if ok or not tostring(why):find(TAKEN, 1, true) then break end
  end
  if not ok then
    why = tostring(why) .. "\n" .. self.log()
    self.stop()
    error(why, 2)
  end
  return self
end

--- Starts a relay in front of a server.
-- @param server what redis.start returned, or a port
-- @return { port, url(…) as the server's, lines(pattern), stop(), and what it does from then on: go(), stall() (nothing passes, connections stay), mute()
--   (commands pass, replies do not), delay(seconds) (each reply), cut_after(bytes) (of the replies of each connection), cut() (ends all connections), down()
--   (the same, and refuses new ones; go() ends that), to(port) (of another server, for new connections), wait_for_cut() (of what cut_after ends) }
function redis.relay(server)
  local log_name = program.file ""
  local pipe = io.popen(("exec lua5.4 spec/support/relay_server.lua %s %d"):format(log_name, type(server) == "table" and server.port or server), "w")
  local self, sent = {}, 0
  running[self] = true

  --- The lines of its log that have this, by their captures or whole: "open N", "closed N".
  function self.lines(pattern)
    local found = {}
    for line in io.lines(log_name) do
      found[#found + 1] = line:match(pattern)
    end
    return found
  end

  local function wait(pattern)
    return program.wait_for(pattern, function() return self.lines(pattern)[1] end)
  end

  for _, word in ipairs { "go", "stall", "mute", "delay", "cut_after", "cut", "down", "to" } do
    self[word] = function(value)
      sent = sent + 1
      pipe:write(word, value and " " .. value or "", "\n")
      pipe:flush()
      wait(("^did %d$"):format(sent))
    end
  end

  --- Waits until all connections have ended.
  function self.wait_for_cut()
    program.wait_for("the relay to cut", function() return #self.lines "^open" == #self.lines "^closed" end)
  end

  function self.url(...)
    return (server.url(...):gsub(":%d+/", (":%d/"):format(self.port)))
  end

  function self.stop()
    if not running[self] then return end
    running[self] = nil
    pipe:write "quit\n"
    pipe:close()
    os.remove(log_name)
  end

  self.port = tonumber(wait "^port (%d+)$")
  return self
end

--- Starts a server of names, on a port of UDP, that says of each one that it is 127.0.0.1: for nginx, whose sockets look up names only there.
-- @return { port, stop() }
function redis.names()
  local log_name = program.file ""
  local pipe = io.popen("exec lua5.4 spec/support/names_server.lua " .. log_name, "w")
  local self = {}
  running[self] = true

  function self.stop()
    if not running[self] then return end
    running[self] = nil
    pipe:write "quit\n"
    pipe:close()
    os.remove(log_name)
  end

  self.port = program.wait_for("the server of names", function() return tonumber((contents(log_name))) end)
  return self
end

--- Starts what is no Redis, and never stops: to the first line that it is sent it replies a text, and then another one again and again.
-- @param pause seconds between them; 0 for as fast as they are read
-- @return { url(name), stop() }
function redis.torrent(first, again, pause)
  local self, port = {}, free_port()
  local process = program.start(([[
    local socket = require "socket"
    local listener = assert(socket.bind("127.0.0.1", %d))
    listener:settimeout(%d)
    while true do
      local peer = assert(listener:accept())
      if peer:receive "*l" then
        peer:send(%q)
        while peer:send(%s) do socket.sleep(%g) end
      end
      peer:close()
    end]]):format(port, LONGEST, first, again, pause))
  running[self] = true

  function self.url(name)
    return ("redis://127.0.0.1:%d/%s"):format(port, name)
  end

  function self.stop()
    if not running[self] then return end
    running[self] = nil
    process.signal "KILL"
    process.finish()
  end

  program.wait_for("a torrent", function()
    local peer = require "socket".connect("127.0.0.1", port)
    return peer and peer:close()
  end)
  return self
end

--- For a teardown.
function redis.stop_all()
  for self in pairs(running) do self.stop() end
end

return redis
