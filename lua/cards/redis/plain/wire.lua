--- A socket for lua-redis whose functions never wait: they yield what is to be waited for. They run in a coroutine of their own.

local yield = coroutine.yield

local wire = {
  --- What they yield.
  READ = {}, WRITE = {},
}

local LONGEST_LINE = 65536      -- bytes
local LONGEST_TEXT = 512 * 2^20 -- bytes of a string in Redis

-- What luasocket and luasec answer where they would wait.
local WANTS = { timeout = false, wantread = wire.READ, wantwrite = wire.WRITE }

local methods = {}
local metatable = { __index = methods }

--- Sends all of a text. @return true; or nil and why not
function methods:send(text)
  local socket = self.socket
  local last, why, partial = socket:send(text)
  while not last do
    self.sent = self.sent or partial > 0
    if WANTS[why] == nil then
      return nil, why
    end
    yield(WANTS[why] or wire.WRITE)
    last, why, partial = socket:send(text, partial + 1)
  end
  self.sent = true
  return true
end

--- Yields until more can be read. @return nothing; or why there is no more
local function wait_for_more(why)
  if WANTS[why] == nil then
    return why
  end
  yield(WANTS[why] or wire.READ)
end

local function receive_line(self)
  local socket = self.socket
  local line, why, partial = socket:receive "*l"
  self.lines = self.lines + 1
  while not line do
    why = #partial > LONGEST_LINE and "a line without an end" or wait_for_more(why)
    if why then
      return nil, why
    end
    line, why, partial = socket:receive("*l", partial)
  end
  return line
end

local function receive_text(self, length)
  local socket, parts = self.socket, nil
  if length < 0 or length > LONGEST_TEXT + 2 then
    return nil, "a length that is out of range"
  end
  while true do
    local text, why, partial = socket:receive(length)
    if text then
      return parts and table.concat(parts) .. text or text
    end
    parts = parts or {}
    parts[#parts + 1] = partial
    length = length - #partial
    why = wait_for_more(why)
    if why then
      return nil, why
    end
  end
end

--- Receives a line, or so many bytes. @return them; or nil and why not
function methods:receive(what)
  if what == "*l" then
    return receive_line(self)
  end
  return receive_text(self, what)
end

--- @param socket of luasocket or luasec, with a timeout of 0
function wire.new(socket)
  return setmetatable({ socket = socket, sent = false, lines = 0 }, metatable)
end

return wire
