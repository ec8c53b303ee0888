--- A socket for lua-redis whose functions never wait: they yield what is to be waited for. They run in a coroutine of their own.

local reader = require "cards.redis.reader"

local yield = coroutine.yield

local wire = {
  --- What they yield.
  READ = {}, WRITE = {},
}

local TURN = 65536 -- bytes that are read until others have a turn

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

--- Reads what there is. @return it; or nil and why there is no more
local function more(self)
  if self.got >= TURN then
    self.got = 0
    yield(wire.WRITE) -- which can be at once, but not after the time, and not before others
  elseif self.is_early then
    yield(wire.READ) -- instead of looking for a reply that cannot be there yet
  end
  self.is_early = false
  while true do
    local text, why, partial = self.socket:receive(reader.PIECE)
    text = text or partial
    if text ~= "" then
      self.got = self.got + #text
      return text
    elseif WANTS[why] == nil then
      return nil, why
    end
    yield(WANTS[why] or wire.READ)
  end
end

--- Begins a command.
function methods:begin()
  self.sent, self.is_early = false, true
  self.reader:begin()
end

--- Receives a line, or so many bytes. @return them; or nil and why not
function methods:receive(what)
  if what == "*l" then
    return self.reader:line()
  end
  return self.reader:text(what)
end

--- @param socket of luasocket or luasec, with a timeout of 0
function wire.new(socket)
  local made = setmetatable({ socket = socket, sent = false, is_early = false, got = 0 }, metatable)
  made.reader = reader.new(function() return more(made) end)
  return made
end

return wire
