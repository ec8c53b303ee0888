--- A real nginx of a spec's own, with `cards` on LuaJIT in it, and a client for it.
--
-- The client runs on lua-cqueues: what nginx.together runs, runs at the same time. Everything a server needs is below build/nginx-<name>;
-- its sockets' folders too, as it gets a TMPDIR of its own. Waits are for conditions; one that is not met is an error.
--
-- It is Debian's nginx with Debian's modules, or another one: NGINX_BIN is its path (NGINX means something to nginx itself), NGINX_MODULES the folder of its
-- modules (without it, they are built in), RESTY_CORE the folders of its lua-resty-core and lua-resty-lrucache, with a colon between. The sandbox runs in
-- Debian's in any case.

local program = require "support.program"
local sandbox = require "support.sandbox"

local nginx = {}

local build = sandbox.directory():match "^(.*)/[^/]+/?$" or "build"
local MODULES = { "/usr/lib/nginx/modules", "/usr/share/nginx/modules", "/usr/lib64/nginx/modules" }

local function exists(path)
  local file = io.open(path)
  return file and file:close() and true
end

local function contents(path)
  local file = io.open(path, "rb")
  if not file then return "" end
  local text = file:read "*a"
  file:close()
  return text or ""
end

local function write(path, text)
  local file = assert(io.open(path, "wb"))
  file:write(text)
  file:close()
end

local OTHER = os.getenv "NGINX_BIN"

--- The lines that load Lua's module for "http" or "stream", and what it needs; nil where it is not there.
function nginx.modules(kind)
  if OTHER and not os.getenv "NGINX_MODULES" then
    local built_in = program.shell(program.quote(OTHER) .. " -V"):find(kind == "stream" and "stream[-_]lua" or "lua")
    return built_in and "" or nil
  end
  for _, place in ipairs(OTHER and { os.getenv "NGINX_MODULES" } or MODULES) do
    if exists(("%s/ngx_%s_lua_module.so"):format(place, kind)) then
      local ndk = exists(place .. "/ndk_http_module.so") and ("load_module %s/ndk_http_module.so;\n"):format(place) or ""
      return ndk .. ("load_module %s/ngx_%s_lua_module.so;\n"):format(place, kind)
    end
  end
end

local function resty_core()
  return ((os.getenv "RESTY_CORE" or ""):gsub("[^:]+", "%0/?.lua"):gsub("[^:]$", "%0:"):gsub(":", ";"))
end

--- What a command of the shell that runs `nginx` begins with.
nginx.PATH = ("PATH=%s$PATH:/usr/sbin:/sbin "):format(OTHER and program.quote(OTHER:match "^(.*)/") .. ":" or "")

--- Why no nginx can be started here, or nil.
function nginx.missing()
  if program.lua ~= "5.4" then
    return "these specs run on one Lua: what runs inside nginx is LuaJIT, whichever Lua asks"
  elseif not exists(build .. "/luajit/cards/core.so") then
    return build .. "/luajit/cards/core.so is missing: run make all LUA=luajit first"
  elseif not nginx.modules "http" then
    return "nginx has no Lua module: apt-get install libnginx-mod-http-lua"
  elseif not pcall(require, "cqueues") then
    return "lua-cqueues is missing"
  end
end

--- Whether the specs of a file cannot run here; then it has said so with busted's `pending`.
function nginx.is_missing(what, pending)
  local why = nginx.missing()
  if why then
    pending(("nginx, %s: %s"):format(what, why))
  end
  return why ~= nil
end

-- Waiting -------------------------------------------------------------------------

--- Calls `condition` until it returns something true, which is returned; an error after 20 (or so many) seconds.
function nginx.wait_for(what, condition, seconds)
  local cqueues = require "cqueues"
  local ends = cqueues.monotime() + (seconds or 20)
  repeat
    local value = condition()
    if value then return value end
    cqueues.sleep(0.02)
  until cqueues.monotime() > ends
  error("waited in vain for " .. what, 2)
end

--- Seconds of a clock that only goes forward.
function nginx.now() return require "cqueues".monotime() end

--- Runs functions at the same time until all have ended; raises what the first one raises.
function nginx.together(...)
  local loop = require "cqueues".new()
  local failed, failure
  for _, run in ipairs { ... } do
    loop:wrap(function()
      local ok, why = xpcall(run, function(why) return type(why) == "string" and debug.traceback(why) or why end)
      if not ok and not failed then failed, failure = true, why end
    end)
  end
  while not failed and not loop:empty() do assert(loop:step(1)) end
  loop:close()
  if failed then error(failure, 0) end
end

-- Processes -----------------------------------------------------------------------

--- Whether a process lives: one that has ended and was not reaped does not.
function nginx.alive(pid)
  local state = contents(("/proc/%d/stat"):format(pid)):match "^.*%) (%a)"
  return state ~= nil and state ~= "Z" and state ~= "X"
end

function nginx.signal(pid, name)
  return os.execute(("kill -%s %d 2>/dev/null"):format(name, pid))
end

--- The resident memory of a process, in KiB.
function nginx.resident(pid)
  return tonumber(contents(("/proc/%d/status"):format(pid)):match "VmRSS:%s*(%d+)")
end

--- What a process has open: descriptor -> { what, closes = whether a program that it starts gets it not }.
function nginx.open_files(pid)
  local found = {}
  local list = io.popen(("find /proc/%d/fd -type l -printf '%%f %%l\\n' 2>/dev/null"):format(pid))
  for line in list:lines() do
    local fd, what = line:match "^(%d+) (.*)$"
    local flags = contents(("/proc/%d/fdinfo/%s"):format(pid, fd)):match "flags:%s*(%d+)"
    if flags then
      found[tonumber(fd)] = { what, closes = math.floor(tonumber(flags, 8) / tonumber("2000000", 8)) % 2 == 1 }
    end
  end
  list:close()
  return found
end

-- Requests ------------------------------------------------------------------------

local function receive(connection)
  local line, why = connection:read "*l"
  local status = line and tonumber(line:match "^HTTP/1%.%d (%d%d%d)")
  if not status then return nil, "no answer: " .. tostring(line or why) end
  local headers = {}
  for header in connection:lines "*l" do
    header = header:gsub("\r$", "")
    if header == "" then break end
    local name, value = header:match "^([^:]+):%s*(.*)$"
    if name then headers[name:lower()] = value end
  end
  -- not up to the end of the connection: a program that nginx has started may hold it open
  local length = tonumber(headers["content-length"])
  local body = length == 0 and "" or connection:read(length or "*a") or ""
  if length and #body < length then return nil, "the body is cut short" end
  return { status = status, headers = headers, body = body }
end

--- One GET over a connection of its own.
-- @param options { headers = { name = value }, timeout = seconds (30), give_up = function() that is called once the request is sent: then the connection
--  is closed without reading }
-- @return { status, headers, body }, or nil and why
function nginx.get(port, path, options)
  options = options or {}
  local socket = require "cqueues.socket"
  local connection = socket.connect("127.0.0.1", port)
  connection:onerror(function(_, _, why) return why end)
  connection:setmode("b", "b")
  connection:settimeout(options.timeout or 30)
  local lines = { ("GET %s HTTP/1.0"):format(path), "Host: localhost" }
  for name, value in pairs(options.headers or {}) do lines[#lines + 1] = name .. ": " .. value end
  local sent, why = connection:write(table.concat(lines, "\r\n") .. "\r\n\r\n")
  sent = sent and connection:flush()
  local answer
  if not sent then
    why = "not sent: " .. tostring(why)
  elseif options.give_up then
    options.give_up()
    why = "given up"
  else
    answer, why = receive(connection)
  end
  connection:close()
  return answer, why
end

-- Servers -------------------------------------------------------------------------

local server = {}
server.__index = server

--- One GET that has to be answered with 200. @return the body
function server:body(path, options)
  local answer, why = nginx.get(self.port, path, options)
  if not answer then error(path .. ": " .. why, 2) end
  if answer.status ~= 200 then error(("%s: %d\n%s\n%s"):format(path, answer.status, answer.body, self:log()), 2) end
  return answer.body
end

--- One GET, whatever comes of it: see nginx.get.
function server:get(path, options) return nginx.get(self.port, path, options) end

--- The number of calls that a worker's I/O thread has.
function server:calls() return tonumber(self:body "/calls") end

--- Waits until so many calls are in flight.
function server:wait_for_calls(count, seconds)
  return nginx.wait_for(count .. " calls in flight", function() return self:calls() == count end, seconds)
end

--- The ids of the workers, those of former configurations too: a list.
function server:workers()
  local found = {}
  for pid in contents(("/proc/%d/task/%d/children"):format(self.pid, self.pid)):gmatch "%d+" do
    if nginx.alive(pid) then found[#found + 1] = tonumber(pid) end
  end
  return found
end

function server:alive() return nginx.alive(self.pid) end

--- The error log since the start, or since forget_log.
function server:log() return contents(self.prefix .. "/error.log"):sub((self.log_from or 0) + 1) end

--- What is in the log by now is expected.
function server:forget_log() self.log_from = #contents(self.prefix .. "/error.log") end

--- Lines of the log that say that something went wrong: a list.
function server:complaints()
  local found = {}
  for line in self:log():gmatch "[^\n]+" do
    -- A worker whose first timer starts while it ends leaves a connection (-2) that nginx' Lua module watches timers by, and which nobody closes any more.
    -- "aborting" is said then, as it is behind any other connection that is left.
    line = (line:find "open socket #%-2 left in connection" or line:find "#%d+: aborting$") and "" or line
    if line:find "exited on signal" or line:find "%[alert%]" or line:find "%[emerg%]" or line:find "%[crit%]" or line:find "%[error%]" then
      found[#found + 1] = line
    end
  end
  return found
end

--- The folders of sockets that are there: a list of names.
function server:socket_folders()
  local found = {}
  local list = io.popen(("ls -A %s/tmp"):format(program.quote(self.prefix)))
  for name in list:lines() do found[#found + 1] = name end
  list:close()
  return found
end

--- Whether a worker takes no connection any more: it ends, or has ended.
local function is_leaving(pid)
  return not nginx.alive(pid) or contents(("/proc/%d/cmdline"):format(pid)):find("shutting down", 1, true) ~= nil
end

--- Loads the configuration anew, and waits until its workers answer, and no others. @return the ids of the workers before
function server:reload()
  local before = self:workers()
  local old = {}
  for _, pid in ipairs(before) do old[tostring(pid)] = true end
  nginx.signal(self.pid, "HUP")
  nginx.wait_for("new workers", function()
    local answer = self:get "/worker"
    return answer and not old[answer.body]
  end)
  -- nginx tells them a while after the new ones have begun
  for _, pid in ipairs(before) do nginx.wait_for("a former worker to leave", function() return is_leaving(pid) end) end
  return before
end

--- Waits for the end of the whole server, so many seconds at most.
function server:wait_for_end(seconds)
  nginx.wait_for("nginx to end", function() return not self:alive() end, seconds)
end

--- Ends the server, at once where it does not end by itself.
function server:stop()
  if self:alive() then
    local workers = self:workers()
    nginx.signal(self.pid, "TERM")
    if not pcall(self.wait_for_end, self, 5) then
      for _, pid in ipairs(workers) do nginx.signal(pid, "KILL") end
      nginx.signal(self.pid, "KILL")
    end
  end
  os.remove(self.prefix .. "/nginx.pid")
end

-- Starting ------------------------------------------------------------------------

local TEMPLATE = [[
@modules@@streams@@user@worker_processes @workers@;
worker_rlimit_nofile @files@;
pid nginx.pid;
error_log error.log notice;
env TMPDIR=@prefix@/tmp;
env CARDS_SANDBOX=@sandbox@;
@main@
events { worker_connections @files@; }
http {
  access_log off;
  default_type text/plain;
  client_body_temp_path temp/body; proxy_temp_path temp/proxy; fastcgi_temp_path temp/fastcgi; uwsgi_temp_path temp/uwsgi; scgi_temp_path temp/scgi;
  keepalive_requests 10000000;
  @package@
  lua_shared_dict facts 1m;
  lua_max_running_timers @timers@;
@http@
  server {
    listen 127.0.0.1:@port@ backlog=8192;
@server@
    location = /static { return 200 static; }
    location = /worker { return 200 $pid; }
    location = /calls { content_by_lua_block { ngx.print(require("cards.core").calls()) } }
    location = /fact { content_by_lua_block { ngx.print(tostring(ngx.shared.facts:get(ngx.var.arg_name))) } }
@locations@  }
}
@stream@
]]

-- Of http, and of stream where there is one.
local PACKAGE = [[
lua_package_path "@resty@@prefix@/?.lua;@here@/lua/?.lua;@here@/lua/?/init.lua;@here@/spec/?.lua;;";
  lua_package_cpath "@here@/@build@/luajit/?.so;;";]]

--- A path from the folder in which the specs run.
function nginx.absolute(path)
  if path:sub(1, 1) == "/" then return path end
  return nginx.root() .. "/" .. path
end

--- The folder in which the specs run.
function nginx.root()
  nginx.folder = nginx.folder or (program.shell "pwd"):match "^[^\n]*"
  return nginx.folder
end

--- The command that runs an nginx of examples with the sandbox behind it.
-- @param folder a copy of the project
-- @param name of its folder below build
-- @param conf its configuration, below examples
-- @param more arguments, or nil
function nginx.of_examples(folder, name, conf, more)
  local user = program.shell "id -u":match "^0%s" and "-g 'user root;'" or ""
  return (nginx.PATH .. "ALIX_URL=%s CA_FILE=%s ALIX_ACCESS_TOKEN=%s nginx -p %s/ -e %s/build/%s/error.log -c examples/%s %s %s"):format(
    sandbox.url "HTTPS_URL" .. "/alix", program.quote(sandbox.url "CA_FILE"), sandbox.credentials "alix".access_token, folder, folder, name, conf, user,
    more or "")
end

local last_port

--- A port that nobody listens on, outside of those that connections are given; another one each time.
function nginx.free_port()
  local socket = require "cqueues.socket"
  if not last_port then
    local random = assert(io.open("/dev/urandom", "rb")) -- busted seeds math.random with the time, and so in every process
    local high, low = random:read(2):byte(1, 2)
    last_port = (256 * high + low) % 9000
    random:close()
  end
  for _ = 1, 100 do
    last_port = (last_port + 1) % 9000
    local port = 21000 + last_port
    local listener = socket.listen("127.0.0.1", port)
    local free = pcall(listener.listen, listener)
    listener:close()
    if free then return port end
  end
  error "no free port"
end

local function locations(handlers)
  local text = {}
  for path, handler in pairs(handlers or {}) do
    text[#text + 1] = ("    location = %s { content_by_lua_block {\n%s\n    } }\n"):format(path, handler)
  end
  return table.concat(text)
end

local function configure(self, options)
  local values = {
    modules = nginx.modules "http", streams = options.stream and nginx.modules "stream":gsub("load_module [^\n]*ndk[^\n]*\n", "") or "",
    resty = resty_core(), stream = options.stream or "", user = program.shell "id -u":match "^0%s" and "user root;\n" or "",
    workers = options.workers or 1, files = options.files or 4096, timers = options.timers or 1024,
    prefix = self.prefix, sandbox = nginx.absolute(sandbox.directory()),
    here = nginx.root(), build = build, port = self.port,
    main = options.main or "", http = options.http or "", server = options.server or "", locations = locations(options.locations),
  }
  write(self.prefix .. "/nginx.conf", (TEMPLATE:gsub("@(stream)@", values):gsub("@(package)@", { package = PACKAGE }):gsub("@(%w+)@", values)))
end

--- Runs nginx with the configuration in the prefix, again after a stop, too. @return self, or nil and what nginx said
function server:run()
  self.log_from = nil
  os.remove(self.prefix .. "/error.log")
  local command = (nginx.PATH .. "nginx -p %s/ -e error.log -c nginx.conf"):format(program.quote(self.prefix))
  local output, status = program.shell(command .. " </dev/null")
  if status ~= 0 then return nil, output end
  self.pid = nginx.wait_for("nginx to start", function() return tonumber(contents(self.prefix .. "/nginx.pid")) end)
  nginx.wait_for("nginx to answer", function() return nginx.get(self.port, "/static") end)
  return self
end

-- One that a former run left behind.
local function end_former(prefix)
  local pid = tonumber(contents(prefix .. "/nginx.pid"))
  if pid and nginx.alive(pid) and contents(("/proc/%d/cmdline"):format(pid)):find(prefix, 1, true) then
    setmetatable({ prefix = prefix, pid = pid }, server):stop()
  end
end

--- Starts a server.
-- @param name of its folder, build/nginx-<name>
-- @param options, each of them configuration text unless it says something else:
--   app        Lua source of a module that `require "app"` gives in there
--   locations  { ["/path"] = "Lua source of its content" }; /static, /worker, /calls and /fact?name= are there in any case
--   server, http, main   more lines of these contexts
--   stream     the context of that name, with @package@ for where modules are found
--   workers    1; files 4096 (the number of connections and files of a worker); timers 1024 (that run at once)
-- @return { port, prefix, pid, … }; raises what nginx says where it does not start
function nginx.start(name, options)
  local self = setmetatable({ name = name, prefix = nginx.absolute(build .. "/nginx-" .. name) }, server)
  end_former(self.prefix)
  program.shell(("rm -rf %s && mkdir -p %s/tmp %s/temp"):format(program.quote(self.prefix), program.quote(self.prefix), program.quote(self.prefix)))
  if options.app then write(self.prefix .. "/app.lua", options.app) end
  local ok, why
  for _ = 1, 5 do -- somebody else may take the port in between
    self.port = nginx.free_port()
    configure(self, options)
    ok, why = self:run()
    if ok then return self end
    if not why:find("Address already in use", 1, true) then break end
  end
  error("nginx does not start: " .. why, 2)
end

--- A folder with the examples, which may be edited there, and what they need; it is the caller's to remove. They load the modules of this nginx.
function nginx.examples()
  local folder = program.shell "mktemp -d":match "%S+"
  local fill = 'chmod 755 %s && mkdir %s/build && ln -s "$PWD/lua" "$PWD/spec" %s/ && ln -s "$PWD/build/luajit" %s/build/ && cp -r examples %s/'
  local output, status = program.shell((fill:gsub("%%s", folder)))
  assert(status == 0, output)
  for path in program.shell(("ls %s/examples/*.conf %s/examples/*/*.conf"):format(folder, folder)):gmatch "%S+" do
    local text = contents(path):gsub("load_module[^\n]*\n", ""):gsub('lua_package_path "', "%0" .. resty_core())
    write(path, nginx.modules "http" .. text)
  end
  return folder
end

return nginx
