--- A socket for lua-redis whose functions never wait: they yield what is to be waited for. They run in a coroutine of their own.

local reader = require "cards.redis.reader"

local yield = coroutine.yield

local wire = {
  --- What they yield.
  READ = {}, WRITE = {},
}

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

--- Lets others go on: one can write at once, but not after the time, and not before they had their turn.
local function give_turn()
  yield(wire.WRITE)
end

--- Reads what there is. @return it; or nil and why there is no more
local function more(self)
  if self.is_early then
    yield(wire.READ) -- instead of looking for a reply that cannot be there yet
    self.is_early = false
  end
  while true do
    local text, why, partial = self.socket:receive(reader.PIECE)
    text = text or partial
    if text ~= "" then
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
  local made = setmetatable({ socket = socket, sent = false, is_early = false }, metatable)
  made.reader = reader.new(function() return more(made) end, give_turn)
  return made
end

return wire
