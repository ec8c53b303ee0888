--- A server of a spec's own that is scripted byte by byte, keeps its connections, and notes what comes over which: what the sandbox, an nginx, cannot do.

local cards = require "cards"
local program = require "support.program"
local sandbox = require "support.sandbox"

local scripted = {}

local running = {}

--- Starts one.
-- @param script Lua source that returns a function(request, connection), called for every request of every connection: request = { method, target, id (of a
--   card, in the path), headers, body, connection (its number, from 1), turn (its number on the connection) }; connection.send(bytes), connection.close(). What
--   it returns is sent. It sees answer(more header lines, status), BODY, sleep(seconds), wait_for(what the spec tells), note(…)
-- @param options { tls = true }
-- @return { url, port, tell(what), lines(pattern), wait(pattern, count), stop() }
function scripted.start(script, options)
  local self, names = {}, { program.file "", program.file(script) }
  if options and options.tls then
    local folder = sandbox.url("CA_FILE"):match "^(.*)/"
    names[3], names[4] = folder .. "/server.pem", folder .. "/server.key"
  end
  local words = {}
  for i, name in ipairs(names) do words[i] = program.quote(name) end
  local pipe = io.popen("exec lua5.4 spec/support/scripted_server.lua " .. table.concat(words, " "), "w")
  running[self] = true

  --- The lines of the log that have this, by their captures (one each) or whole: "port N", "open N", "request N TURN METHOD ID", "end N" (by the server),
  -- "close N" (the caller's end).
  function self.lines(pattern)
    local found = {}
    for line in io.lines(names[1]) do
      found[#found + 1] = line:match(pattern)
    end
    return found
  end

  --- Waits for so many lines (1).
  function self.wait(pattern, count)
    return program.wait_for(pattern, function()
      local found = self.lines(pattern)
      return #found >= (count or 1) and found
    end)
  end

  function self.tell(what)
    pipe:write(what, "\n")
    pipe:flush()
  end

  function self.stop()
    if not running[self] then return end
    running[self] = nil
    pipe:close() -- which ends it
    os.remove(names[1])
    os.remove(names[2])
  end

  self.port = self.wait "^port (%d+)$"[1]
  self.url = (names[3] and "https://localhost:" or "http://127.0.0.1:") .. self.port
  return self
end

--- Starts one that answers nothing until it is told to go on. @return it, and a client of it
function scripted.hold()
  local server = scripted.start [[ return function() wait_for "go on" return answer() end ]]
  return server, cards.alix.new(sandbox.config("alix", { base_url = server.url, insecure_http = true, timeout = 300 }))
end

--- For a teardown.
function scripted.stop_all()
  for self in pairs(running) do self.stop() end
end

return scripted
